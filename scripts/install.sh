#!/bin/sh
# Installs a binary that is built, and what it says of itself: scripts/install.sh BINARY, with PREFIX (/usr/local),
# SYSCONFDIR (/etc) and DESTDIR (nothing) from the environment. A configuration that is there stays as it is.
set -eu
cd "$(dirname "$0")/.."
binary=${1:?the path of the binary}
prefix=${PREFIX:-/usr/local}
sysconfdir=${SYSCONFDIR:-/etc}
root=${DESTDIR:-}
test -x "$binary" || { echo "install: there is no $binary: run make build first" >&2; exit 1; }
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

"$binary" manual > "$made/manual"
for shell in bash zsh fish; do "$binary" completion "$shell" > "$made/$shell"; done
sed -e "s|/usr/bin/tokenbooth|$prefix/bin/tokenbooth|" -e "s|/etc/tokenbooth|$sysconfdir/tokenbooth|" \
    packaging/systemd/tokenbooth.service > "$made/unit"

install -D -m 755 "$binary" "$root$prefix/bin/tokenbooth"
install -D -m 644 "$made/manual" "$root$prefix/share/man/man1/tokenbooth.1"
install -D -m 644 "$made/bash" "$root$prefix/share/bash-completion/completions/tokenbooth"
install -D -m 644 "$made/zsh" "$root$prefix/share/zsh/site-functions/_tokenbooth"
install -D -m 644 "$made/fish" "$root$prefix/share/fish/vendor_completions.d/tokenbooth.fish"
install -D -m 644 "$made/unit" "$root$prefix/lib/systemd/system/tokenbooth.service"
install -D -m 644 packaging/systemd/tls.conf "$root$prefix/share/doc/tokenbooth/tls.conf"
install -D -m 644 docs/operations.md "$root$prefix/share/doc/tokenbooth/operations.md"
config="$root$sysconfdir/tokenbooth/tokenbooth.yaml"
test -e "$config" || install -D -m 644 packaging/tokenbooth.yaml "$config"
