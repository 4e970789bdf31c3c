#!/bin/sh
# Shows that the torture runs can fail: the bugs of planted/ are put into a copy of the tree one after the other, and
# each must be found by the run that its first line names.
#
#   Tests/Torture/planted.sh [PATCH ...]
#
# The tree as it is must pass all of them first. PLANTED is the folder of the copy, .build/planted by default.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
copy=${PLANTED:-$root/.build/planted}
[ $# -gt 0 ] || set -- "$here"/planted/*.patch
mkdir -p "$copy"

# The sources as they are here; what a patch has changed is put back.
restore() {
    tar -C "$root" -c --exclude=./.build --exclude=./.git . | tar -C "$copy" -x
}

build() {
    (cd "$copy" && ${SWIFT:-swift} build --product tokenbooth) >"$copy/build.log" 2>&1 || {
        tail -n 30 "$copy/build.log" >&2
        echo "planted: $1 does not build" >&2
        exit 1
    }
}

# The run that is to find a bug: a script with its arguments.
finder() {
    sed -n 's/^Found by: //p' "$1"
}

# run PATCH LOG; a seed of its own each time, so that nothing is found by luck for ever.
run() {
    command=$(finder "$1")
    script=${command%% *}
    # shellcheck disable=SC2086
    python3 -B "$here/$script.py" "$copy/.build/debug/tokenbooth" ${command#"$script"} >"$2" 2>&1
}

status=0
restore
build "the tree as it is"
for patch in "$@"; do finder "$patch"; done | sort -u | while read -r command; do
    script=${command%% *}
    # shellcheck disable=SC2086
    if ! python3 -B "$here/$script.py" "$copy/.build/debug/tokenbooth" ${command#"$script"} >"$copy/run.log" 2>&1; then
        cat "$copy/run.log" >&2
        echo "planted: $command fails without any bug put in" >&2
        exit 1
    fi
    echo "planted: $command finds nothing in the tree as it is"
done

for patch in "$@"; do
    name=$(basename "$patch" .patch)
    restore
    patch -d "$copy" -p1 -s --no-backup-if-mismatch <"$patch"
    build "$name"
    if run "$patch" "$copy/run.log"; then
        cat "$copy/run.log" >&2
        echo "planted: $name was NOT found by $(finder "$patch")" >&2
        status=1
    else
        echo "planted: $name was found by $(finder "$patch")"
        sed -n '/FAILED/,$p' "$copy/run.log" | head -n 12 | cut -c 1-160 | sed 's/^/    /'
    fi
done
restore
exit "$status"
