#!/bin/sh
# Runs every test of the package and keeps the results for `make threats`.
set -eu
cd "$(dirname "$0")/.."
rm -f .build/xunit*.xml
swift test --skip-build --disable-xctest --xunit-output .build/xunit.xml "$@"
