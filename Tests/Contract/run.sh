#!/bin/sh
# The contract run: the real binary against clients, verifiers and a fuzzer that nobody here wrote.
#
#   Tests/Contract/run.sh BINARY [--short] [arguments of pytest]
#
# --short takes at most three minutes. Exits with the status of pytest: 0 when nothing was found.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

if [ $# -eq 0 ] || [ ! -x "$1" ]; then
    echo "usage: $0 BINARY [--short] [arguments of pytest]" >&2
    exit 64
fi
binary=$1
shift

# tool:package, of Debian 12
missing=""
for pair in curl:curl promtool:prometheus; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
if [ -n "$missing" ]; then
    as_root=""
    [ "$(id -u)" -eq 0 ] || as_root="sudo"
    echo "contract: installing$missing"
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    # Only the tool is wanted: no service is to be started by its package.
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $missing
fi

venv=$("$here/venv.sh")

status=0
"$venv/bin/python" -B -m pytest "$here" -c "$here/pytest.ini" --rootdir "$root" --binary "$binary" -q --tb=short \
    --junitxml "$root/.build/xunit-contract.xml" "$@" || status=$?

for listener in public admin; do
    report="$root/.build/schemathesis-$listener.txt"
    [ -f "$report" ] && echo "fuzz of the $listener listener: $(tail -n 1 "$report")"
done
if [ "$status" -eq 0 ]; then
    echo "contract: nothing found"
else
    echo "contract: see above, and .build/xunit-contract.xml" >&2
fi
exit "$status"
