#!/bin/sh
# Compiles the BPF programs; the objects lie beside their sources and are committed.
#   bpf/build.sh           build all
#   bpf/build.sh --check   build elsewhere, and fail where a committed object has other instructions than its source
# Needs clang 19, llvm 19, GCC 12 for BPF and the kernel's headers (Debian: clang-19 llvm-19 gcc-bpf linux-libc-dev). CLANG,
# STRIP, OBJDUMP and BPF_GCC name other ones.
set -eu
cd "$(dirname "$0")/.."

: "${CLANG:=clang-19}" "${STRIP:=llvm-strip-19}" "${OBJDUMP:=llvm-objdump-19}" "${BPF_GCC:=bpf-gcc}"

# -mcpu=v2: what every kernel since 4.14 runs. File names are relative to the repository. Of the debug information only
# BTF stays; .rodata.str1.1 holds the trace texts once more, though the instructions carry them.
compile() { # SOURCE OBJECT [FLAGS]
  source=$1 object=$2
  shift 2
  "$CLANG" -target bpf -mcpu=v2 -O2 -g -std=gnu11 -Wall -Wextra -Werror -ffile-prefix-map="$PWD"=. \
    -idirafter "/usr/include/$(uname -m)-linux-gnu" "$@" -c "$source" -o "$object"
  "$STRIP" --strip-debug --remove-section=.rodata.str1.1 "$object"
}

# What the other compiler makes of the same: symbols, relocations and BTF of another style.
compile_by_gcc() { # SOURCE OBJECT
  "$BPF_GCC" -mcpu=v2 -O2 -g -gbtf -std=gnu11 -isystem /usr/include -isystem "/usr/include/$(uname -m)-linux-gnu" \
    -c "$1" -o "$2"
  "$STRIP" --strip-debug "$2"
}

build() { # FOLDER: where the tree of objects is made
  mkdir -p "$1/bpf" "$1/test/bpf"
  for source in bpf/*.c test/bpf/*.c; do
    compile "$source" "$1/${source%.c}.o"
  done
  compile test/bpf/legacy_maps.c "$1/test/bpf/legacy_maps.nobtf.o" -g0
  for name in callback globals sections slots; do
    compile_by_gcc "test/bpf/$name.c" "$1/test/bpf/$name.gcc.o"
  done
}

# Instructions and relocations of every program section, without the object's own path.
instructions() { # OBJECT TEXT
  "$OBJDUMP" -d -r "$1" >"$folder/dump"
  sed '/file format/d' "$folder/dump" >"$2"
}

check() {
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  build "$folder"
  failed=0
  for object in $(cd "$folder" && find . -name '*.o' | sort); do
    if [ ! -f "$object" ]; then
      echo "$object: not committed; run bpf/build.sh" >&2
      failed=1
      continue
    fi
    instructions "$folder/$object" "$folder/built"
    instructions "$object" "$folder/committed"
    if ! diff -u "$folder/committed" "$folder/built" >&2; then
      echo "$object: its instructions differ from its source's; run bpf/build.sh" >&2
      failed=1
    fi
  done
  for object in bpf/*.o test/bpf/*.o; do
    if [ ! -f "$folder/$object" ]; then
      echo "$object: has no source" >&2
      failed=1
    fi
  done
  return "$failed"
}

case "${1-}" in
  '') build . ;;
  --check) check ;;
  *) echo "usage: bpf/build.sh [--check]" >&2; exit 2 ;;
esac
