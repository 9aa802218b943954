#!/usr/bin/env bash
# Runs a command on another Linux kernel, in a virtual machine whose root is this machine's root.
#
#   test/vm/run.sh [OPTION...] KERNEL [COMMAND [ARGUMENT...]]
#
# KERNEL is 5.10, 6.1, 6.12 or 7.3. COMMAND runs as root in the current directory, with this shell's PATH and HOME; its
# stdout and stderr come out on stdout, its exit status becomes this script's. Without COMMAND: a shell on the console.
#
#   --timeout SECONDS   end the guest after so long, show the tail of its console, exit with 124 (default 900)
#   --env NAME          pass this environment variable in (may be repeated)
#   --out DIRECTORY     share this directory writable, at the same path; the guest finds it in NLBPF_VM_OUT (default:
#                       a temporary one)
#
# The guest may write everywhere, but only what it writes to NLBPF_VM_OUT reaches the host. Its clock is real time, its
# processor is emulated: 5 to 20 times slower. Exit status 125: the guest did not get as far as COMMAND's end.
# Kernels are kept in ${NLBPF_CACHE:-~/.cache/nlbpf}/kernels. NLBPF_DEBIAN_MIRROR: where they come from; by default where
# apt gets its packages.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/kernel.sh"

main() {
  local limit='' names=(PATH HOME TERM) out=''
  while [[ ${1-} == -* ]]; do
    case $1 in
      --help) sed -n '/^# Runs/,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit ;;
      --timeout) limit=${2:?--timeout needs seconds} ;;
      --env) names+=("${2:?--env needs a name}") ;;
      --out) out=${2:?--out needs a directory} ;;
      *) die "unknown option $1 (see --help)" ;;
    esac
    shift 2
  done
  (($# > 0)) || die "which kernel? One of: ${!SUITES[*]} (see --help)"
  local kernel=$1
  shift

  need_tools
  prepare_kernel "$kernel"
  work=$(mktemp -d -t nlbpf-vm.XXXXXX)
  trap finish EXIT
  trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM
  out=$(realpath -- "${out:-$(mktemp -d "$work/out.XXX")}")
  [[ -d $out ]] || die "--out: no such directory: $out"
  write_job "$@"
  pack_initramfs
  if (($# > 0)); then run_command "${limit:-900}"; else run_shell "${limit:-0}"; fi
}

finish() {
  if [[ -n ${guest-} ]]; then kill "$guest" 2>/dev/null && wait "$guest" || true; fi
  rm -rf "$work"
}

# What the guest executes, quoted for bash. main's locals (names, out) are visible here.
write_job() {
  local name
  {
    echo '#!/bin/bash'
    for name in "${names[@]}"; do [[ ! -v $name ]] || printf 'export %s=%q\n' "$name" "${!name}"; done
    printf 'export NLBPF_VM_OUT=%q\ncd %q || exit 125\n' "$out" "$PWD"
    if (($# > 0)); then printf 'exec'; printf ' %q' "$@"; else printf 'exec /bin/bash -i'; fi
    echo
  } >"$work/job"
  printf 'out=%q\nmodules=%q\ninteractive=%q\n' "$out" "$kernel_dir/modules" "$((!$#))" >"$work/settings"
}

# The kernel unpacks concatenated archives: the modules' one is cached, the scripts' one is made for this run.
pack_initramfs() {
  cp "$here/init" "$here/guest" "$work/"
  chmod +x "$work/init" "$work/guest" "$work/job"
  printf '%s\n' init guest job settings | (cd "$work" && cpio -o -H newc --quiet) >"$work/scripts.cpio"
  cat "$kernel_dir/modules.cpio" "$work/scripts.cpio" >"$work/initramfs"
}

# Usage: qemu LIMIT CONSOLE OUTPUT (the last two as for QEMU's -serial); LIMIT 0 means none.
qemu() {
  # KVM is not asked for: nested in some clouds it hangs, emulation works anywhere. One processor: with two, QEMU 7.2
  # runs stale code after the kernel has patched its own (static keys: "Oops: int3"). What costs most under emulation is
  # left out: AVX, five levels of page tables, two page tables for each process, code at another address in each
  # process, pages cleared twice, small pages, ticks set one by one. The check of the timer panics when the emulator
  # does not get its turn in time.
  local cmdline='console=ttyS0 panic=-1 quiet no_timer_check mitigations=off norandmaps init_on_alloc=0'
  cmdline+=' transparent_hugepage=always tsc=reliable highres=off nohz=off'
  exec timeout --foreground --kill-after=5 "$1" qemu-system-x86_64 \
    -machine q35 -accel tcg -cpu Nehalem -smp 1 -m 4096 -display none -monitor none -nic none -no-reboot \
    -kernel "$kernel_dir/vmlinuz" -initrd "$work/initramfs" -append "$cmdline" \
    -serial "$2" -serial "$3" -serial "file:$work/status" \
    -virtfs "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap" \
    -virtfs "local,path=${out//,/,,},mount_tag=out,security_model=none,multidevs=remap"
}

run_command() {
  local status=0
  # QEMU makes its stdout non-blocking: give it a pipe of its own, not the caller's file.
  qemu "$1" "file:$work/console" stdio </dev/null > >(exec cat) &
  guest=$!
  wait "$guest" || status=$?
  guest=
  wait # for cat, which has yet to write the last lines
  report "$status" "$1"
}

run_shell() {
  echo 'Ctrl-A X ends the guest at once, exit leaves the shell.' >&2
  local status=0
  (qemu "$1" mon:stdio null) || status=$?
  echo '(the console is above)' >"$work/console"
  report "$status" "$1"
}

report() {
  local status
  if read -r status 2>/dev/null <"$work/status"; then exit "${status%$'\r'}"; fi
  tail -n 40 "$work/console" >&2
  (($1 != 124 && $1 != 137)) || die "the guest was ended after $2 s; above, its console" 124
  die "the guest stopped before the command had ended (QEMU: $1); above, its console" 125
}

main "$@"
