#!/bin/sh
# Makes the Python environment of the contract run, anew when what it should hold has changed, and prints its folder.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
venv="$(cd "$here/../.." && pwd)/.build/contract-venv"

if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
    if ! python3 -c 'import ensurepip, venv' >/dev/null 2>&1; then
        as_root=""
        [ "$(id -u)" -eq 0 ] || as_root="sudo"
        echo "installing python3-venv" >&2
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >&2
    fi
    echo "preparing Python packages" >&2
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" "$venv/requirements.txt"
fi
echo "$venv"
