#!/usr/bin/env bash
# Builds a sample of Linux 5.10, tc_l2_redirect_kern.c, and loads it: a map of iproute2's form, pinned under tc/globals, and
# programs in sections whose names say no type. Source and object come from Debian's linux-source-5.10 and stay in
# ~/.cache/nlbpf (NLBPF_CACHE). The headers are those of user space: what the sample needs of the kernel's own, which want
# a configured kernel, is one macro. Needs root, bpftool, clang 19, apt, Python, and nlbpf built (npm run build).
set -euo pipefail
cd "$(dirname "$0")/../.."
source test/vm/kernel.sh
: "${CLANG:=clang-19}"
NAME=tc_l2_redirect_kern

# Of the package's archive only what the sample is built from.
unpack_source() { # DEB FOLDER
  dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
    tar -xJ -C "$2" --strip-components=1 --wildcards '*/samples/bpf/tc_l2_redirect*' '*/tools/lib/bpf/*.h' \
      '*/include/uapi/linux/bpf.h' '*/scripts/bpf_*.py'
}

build_sample() { # FOLDER
  apt_of bullseye "$1/apt" || die 'the package lists could not be downloaded'
  (cd "$1/apt/archives" && apt-get "${apt[@]}" download linux-source-5.10 >&2) || die 'linux-source-5.10 not downloaded'
  unpack_source "$1"/apt/archives/linux-source-5.10_*.deb "$1"
  mkdir "$1/bpf" "$1/net"
  ln -s /usr/include "$1/uapi"
  cp "$1"/tools/lib/bpf/*.h "$1/bpf"
  python3 "$1/scripts/bpf_helpers_doc.py" --header --filename "$1/include/uapi/linux/bpf.h" >"$1/bpf/bpf_helper_defs.h"
  printf '%s\n' '#include <stdbool.h>' '#define htons __builtin_bswap16' >"$1/net/ipv6.h"
  "$CLANG" -target bpf -mcpu=v2 -O2 -g -w -I"$1" -idirafter "/usr/include/$(uname -m)-linux-gnu" \
    -c "$1/samples/bpf/$NAME.c" -o "$1/$NAME.o"
}

cache=${NLBPF_CACHE:-$HOME/.cache/nlbpf}/samples/5.10
if [[ ! -f $cache/$NAME.o ]]; then
  mkdir -p "$cache"
  partial=$(mktemp -d "$cache/partial.XXXXXX")
  trap 'rm -rf "$partial"' EXIT
  build_sample "$partial"
  mv "$partial/$NAME.o" "$cache"
fi
# In a mount namespace of its own, whose bpffs goes with it.
unshare --mount node test/samples/tc_l2_redirect.mjs "$cache/$NAME.o"
