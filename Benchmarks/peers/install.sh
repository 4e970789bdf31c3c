#!/bin/sh
# Installs what the peers need: Debian's glewlwyd, without its service (it would listen, with a known password),
# and a Python environment for Authlib in the directory given.
set -eu
environment=${1:?usage: install.sh DIRECTORY}
here=$(cd "$(dirname "$0")" && pwd)
if ! command -v glewlwyd >/dev/null; then
    as_root=""
    [ "$(id -u)" -eq 0 ] || as_root="sudo"
    [ ! -d /run/systemd/system ] || $as_root systemctl mask glewlwyd
fi
"$here/../../scripts/packages.sh" glewlwyd python3-venv
# Debian's Python, which is built with every optimization; another that is first in PATH may not be.
python=/usr/bin/python3
if [ "$(readlink -f "$environment/bin/python3")" != "$(readlink -f $python)" ] \
    || ! cmp -s "$here/authlib/requirements.txt" "$environment/requirements.txt"; then
    $python -m venv --clear "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/authlib/requirements.txt"
    cp "$here/authlib/requirements.txt" "$environment/requirements.txt"
fi
