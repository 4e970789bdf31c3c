#!/bin/sh
# Compiles one of these libraries, to be preloaded into the service, and prints where it is: build.sh NAME
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target="$here/../../.build/preload"
CC=${CC:-$(command -v cc || command -v clang)}
mkdir -p "$target"
# Several runs may want it at once; each moves a whole file into place.
"$CC" -shared -fPIC -O2 -Wall -Werror -o "$target/$1.$$" "$here/$1.c" -ldl
mv "$target/$1.$$" "$target/$1.so"
cd "$target"
echo "$(pwd)/$1.so"
