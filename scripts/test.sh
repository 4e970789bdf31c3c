#!/bin/sh
# Runs tests that are built, and keeps the results for `make threats`: scripts/test.sh RUN [arguments of swift test]
set -eu
cd "$(dirname "$0")/.."
run=$1
shift
rm -f ".build/xunit-$run.xml"
swift test --skip-build --disable-xctest --xunit-output ".build/xunit-$run.xml" "$@"
