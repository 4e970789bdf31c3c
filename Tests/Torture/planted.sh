#!/bin/sh
# Shows that the torture runs can fail: the bugs of planted/ are put into a copy of the tree one after the other, and
# each must be found by the run that its first line names.
#
#   Tests/Torture/planted.sh [--build] [PATCH ...]
#
# First everything is built, in a copy of the tree: in full once, and after that only what a patch or a change of the
# tree touches; --build does no more. Then each run searches, first in the tree as it is, where it must find nothing.
# PLANTED is the folder of the copy, .build/planted by default.
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
copy=${PLANTED:-$root/.build/planted}
only_build=""
if [ "${1:-}" = "--build" ]; then
    only_build=yes
    shift
fi
[ $# -gt 0 ] || set -- "$here"/planted/*.patch
mkdir -p "$copy/built"

# Files, and those that links stand for.
sources() {
    (cd "$1" && find -L Package.swift Package.resolved Sources Tests -type f ! -name '*.pyc' 2>/dev/null | sort)
}

# The sources as they are here. What is the same is not touched, or all of it would be built again.
restore() {
    sources "$root" | while read -r file; do
        cmp -s "$root/$file" "$copy/$file" && continue
        mkdir -p "$copy/$(dirname "$file")"
        cp "$root/$file" "$copy/$file"
    done
    sources "$root" >"$copy/here"
    sources "$copy" | comm -13 "$copy/here" - | while read -r file; do rm "$copy/$file"; done
}

# build NAME; the binary is kept under this name.
build() {
    (cd "$copy" && ${SWIFT:-swift} build --product tokenbooth) >"$copy/build.log" 2>&1 || {
        tail -n 30 "$copy/build.log" >&2
        echo "planted: $1 does not build" >&2
        exit 1
    }
    cp "$copy/.build/debug/tokenbooth" "$copy/built/$1"
}

# The run that is to find a bug: a script with its arguments.
finder() {
    sed -n 's/^Found by: //p' "$1"
}

# search NAME COMMAND; its words are in run.log. A seed of its own each time, so that nothing is found by luck for ever.
search() {
    script=${2%% *}
    # shellcheck disable=SC2086
    python3 -B "$here/$script.py" "$copy/built/$1" ${2#"$script"} >"$copy/run.log" 2>&1
}

# is_shown PATCH: the model has cut down what differs, or it may have differed for any reason.
is_shown() {
    case $(finder "$1") in
        model*) ;;
        *) return 0 ;;
    esac
    grep -Eq 'minimal sequence of ([1-9]|1[0-9]) operations' "$copy/run.log" &&
        ! grep -q 'not by this sequence alone' "$copy/run.log"
}

# starts NAME: or it would be found for the wrong reason.
starts() {
    folder=$(mktemp -d)
    PYTHONPATH="$here" python3 -B -c 'import sys, booth; booth.Booth(sys.argv[1], sys.argv[2]).start().stop()' \
        "$copy/built/$1" "$folder" >"$copy/run.log" 2>&1
    result=$?
    rm -rf "$folder"
    return "$result"
}

# Before anything takes long: a patch that the tree has left behind.
for patch in "$@"; do
    patch -d "$root" -p1 -s -f --dry-run <"$patch" >/dev/null || {
        echo "planted: $(basename "$patch") does not apply any more" >&2
        exit 1
    }
done

restore
build tree
for patch in "$@"; do
    restore
    patch -d "$copy" -p1 -s -f --no-backup-if-mismatch <"$patch"
    build "$(basename "$patch" .patch)"
done
restore
[ -z "$only_build" ] || exit 0

for patch in "$@"; do finder "$patch"; done | sort -u | while read -r command; do
    search tree "$command" || {
        cat "$copy/run.log" >&2
        echo "planted: $command fails without any bug put in" >&2
        exit 1
    }
    echo "planted: $command finds nothing in the tree as it is"
done

status=0
for patch in "$@"; do
    name=$(basename "$patch" .patch)
    if ! starts "$name"; then
        tail -n 5 "$copy/run.log" >&2
        echo "planted: $name does not even start" >&2
        status=1
    elif search "$name" "$(finder "$patch")"; then
        cat "$copy/run.log" >&2
        echo "planted: $name was NOT found by $(finder "$patch")" >&2
        status=1
    elif ! is_shown "$patch"; then
        cat "$copy/run.log" >&2
        echo "planted: $name was found, but not shown by a sequence of fewer than 20 operations" >&2
        status=1
    else
        echo "planted: $name was found by $(finder "$patch")"
        sed -n '/FAILED/,$p' "$copy/run.log" | head -n 12 | cut -c 1-160 | sed 's/^/    /'
    fi
done
exit "$status"
