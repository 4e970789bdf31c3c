#!/bin/sh
# Measures a release build of tokenbooth: Benchmarks/run.sh BINARY [options]; --help lists them.
set -eu
cd "$(dirname "$0")"
binary=${1:?usage: run.sh BINARY [options]}
shift
case $binary in
/*) ;;
*) binary=$OLDPWD/$binary ;;
esac
exec python3 -m bench "$binary" "$@"
