#!/bin/sh
# Runs tests that are built, and keeps the results for `make threats`: scripts/test.sh RUN [arguments of swift test]
# What failed is said once more at the end, after the thousands of lines between.
set -u
cd "$(dirname "$0")/.."
run=$1
shift
log=".build/test-$run.log"
rm -f ".build/xunit-$run.xml" "$log.failed"
{ swift test --skip-build --disable-xctest --xunit-output ".build/xunit-$run.xml" "$@" 2>&1 || touch "$log.failed"; } | tee "$log"
test -e "$log.failed" || exit 0
printf '\nWhat failed (all of it: %s):\n' "$log"
grep -aE -A 3 '^✘|error:|Fatal|Crash' "$log" | tail -n 60
exit 1
