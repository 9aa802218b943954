#!/usr/bin/env bash
# Loads the objects of Debian's xdp-tools by bpftool and by nlbpf, and compares the tags of their programs. The objects
# stay in ~/.cache/nlbpf (NLBPF_CACHE). Needs root, bpftool, apt, and nlbpf built (npm run build).
set -euo pipefail
cd "$(dirname "$0")/../.."
source test/vm/kernel.sh

unpack_packages() { # FOLDER
  local deb
  apt_of bookworm "$1/apt" || die 'the package lists could not be downloaded'
  (cd "$1/apt/archives" && apt-get "${apt[@]}" download xdp-tools libxdp1 >&2) || die 'xdp-tools not downloaded'
  for deb in "$1"/apt/archives/*.deb; do dpkg-deb -x "$deb" "$1/root"; done
}

cache=${NLBPF_CACHE:-$HOME/.cache/nlbpf}/samples/xdp-tools
if [[ ! -d $cache ]]; then
  mkdir -p "$(dirname "$cache")"
  partial=$(mktemp -d "$cache.XXXXXX")
  trap 'rm -rf "$partial"' EXIT
  unpack_packages "$partial"
  found=$(find "$partial/root" -name xdp-dispatcher.o -print -quit)
  [[ -n $found ]] || die 'no xdp-dispatcher.o in the packages'
  mv -T "$(dirname "$found")" "$cache"
fi
# In a mount namespace of its own.
unshare --mount node test/samples/xdp_tools.mjs "$cache"
