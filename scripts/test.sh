#!/bin/sh
# Runs tests that are built, and keeps the results for `make threats`: scripts/test.sh RUN [arguments of swift test]
# What failed is said once more at the end, after the thousands of lines between.
set -u
cd "$(dirname "$0")/.."
# As many at once as keep two cores busy while some wait: with all at once each waits for all, and clocks run out.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH="${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-8}"
run=$1
shift
log=".build/test-$run.log"
rm -f ".build/xunit-$run.xml" "$log.failed"
{ swift test --skip-build --disable-xctest --xunit-output ".build/xunit-$run.xml" "$@" 2>&1 || touch "$log.failed"; } | tee "$log"
test -e "$log.failed" || exit 0
printf '\nWhat failed (all of it: %s):\n' "$log"
grep -aE -A 3 '^✘|error:|Fatal|Crash' "$log" | tail -n 60
exit 1
