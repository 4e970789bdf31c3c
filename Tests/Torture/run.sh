#!/bin/sh
# The torture run: the real binary killed, raced and held to a model.
#
#   Tests/Torture/run.sh BINARY [--short] [--seed N]
#
# --short takes some four minutes, the whole run well over an hour. Every part prints its seed, and what it has
# found is in .build/xunit-torture-*.xml for the table of threats. Exits 1 when anything was found.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
results="$here/../../.build"
if [ $# -eq 0 ] || [ ! -x "$1" ]; then
    echo "usage: $0 BINARY [--short] [--seed N]" >&2
    exit 64
fi
binary=$1
shift
short=""
if [ "${1:-}" = "--short" ]; then
    short=yes
    shift
fi

status=0
python=python3
run() {
    name=$1
    shift
    "$python" -B "$here/$name.py" "$binary" --junit "$results/xunit-torture-$name.xml" "$@" || status=1
}

if [ -n "$short" ]; then
    run crash --short "$@"
    run powercut --cuts 25 "$@"
    run model "$@"
    run races --rounds 20 "$@"
    minutes=1
else
    run crash --kills 1000 --points "$@"
    run powercut --cuts 1000 "$@"
    run model --operations 1000000 "$@"
    run races --rounds 1000 --chains 10000 "$@"
    run denials "$@"
    run pruning "$@"
    minutes=10
fi
# Its verifiers are those of the contract run.
python="$("$here/../Contract/venv.sh")/bin/python"
run rotation --minutes "$minutes"
exit "$status"
