# Sourced by run.sh and test/samples/*.sh: gets a Debian kernel and makes it ready to boot.
# prepare_kernel KERNEL sets kernel_dir, a folder that holds vmlinuz, config, modules/RELEASE/ and modules.cpio.

# Which Debian suite ships a kernel series.
declare -A SUITES=([5.10]=bullseye [6.1]=bookworm [6.12]=trixie [7.3]=trixie-backports)
# What the guest needs before it can reach its root.
BOOT_MODULES=(virtio_pci 9pnet_virtio 9p overlay)
# Command and the Debian package that has it.
TOOLS=(qemu-system-x86_64=qemu-system-x86 busybox=busybox-static cpio=cpio depmod=kmod xz=xz-utils zstd=zstd flock=util-linux)

die() {
  echo "${0##*/}: $1" >&2
  exit "${2:-125}"
}

need_tools() {
  PATH=$PATH:/usr/sbin:/sbin
  local entry missing=()
  for entry in "${TOOLS[@]}"; do
    command -v "${entry%=*}" >/dev/null || missing+=("${entry#*=}")
  done
  ((${#missing[@]} == 0)) || die "missing tools: apt-get install ${missing[*]}"
}

prepare_kernel() {
  local cache=${NLBPF_CACHE:-$HOME/.cache/nlbpf}/kernels
  [[ -v SUITES[$1] ]] || die "unknown kernel $1; one of: ${!SUITES[*]}"
  mkdir -p "$cache"
  cache=$(realpath -- "$cache")
  kernel_dir=$cache/$1
  [[ -d $kernel_dir ]] && return
  # Several runs may start at once; a folder gets its final name only when it is complete.
  (
    flock 9
    if [[ ! -d $kernel_dir ]]; then build_kernel "$1"; fi
  ) 9>"$cache/$1.lock"
  [[ -d $kernel_dir ]] || die "kernel $1 could not be prepared"
}

build_kernel() {
  local series=$1 tree=$kernel_dir.partial release
  trap 'rm -rf "$kernel_dir.partial"' EXIT
  rm -rf "$tree"
  download "$tree/apt" "${SUITES[$series]}" || die "the packages of kernel $series could not be downloaded"
  unpack "$tree"
  release=$(ls "$tree/modules")
  [[ $release == "$series".* ]] || die "suite ${SUITES[$series]} has kernel $release, not $series"
  pack_modules "$tree" "$release"
  rm -rf "$tree/apt" "$tree/unpacked"
  mv "$tree" "$kernel_dir"
}

download() {
  local state=$1 suite=$2 packages
  echo "${0##*/}: downloading the kernel of Debian $suite" >&2
  apt_of "$suite" "$state" || return
  # The metapackage names one release; its files lie in -image-, or since 7.x in -base-, -binary- and -modules-.
  packages=$(apt-cache "${apt[@]}" depends --recurse --important linux-image-amd64 |
    grep -E '^linux-(image|base|binary|modules)-[0-9]' | sort -u) || return
  (cd "$state/archives" && apt-get "${apt[@]}" download $packages >&2)
}

# apt_of SUITE STATE sets `apt`, the options with which apt finds and verifies the packages of a suite: its state is in a
# folder of its own, and the system's stays as it is.
apt_of() {
  local suite=$1 state=$2 mirror
  mirror=$(debian_mirror) || return
  mkdir -p "$state/lists/partial" "$state/archives/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$state/sources"
  apt=(-o "Dir::Etc::SourceList=$state/sources" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$state/lists"
    -o "Dir::Cache=$state" -o Dir::State::status=/dev/null -o APT::Architecture=amd64 -o APT::Sandbox::User=root -q)
  apt-get "${apt[@]}" update >&2
}

debian_mirror() {
  local mirror=${NLBPF_DEBIAN_MIRROR-}
  [[ -n $mirror ]] || mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(RELEASE)' 'Created-By: Packages' |
    awk '$2 == "Debian" && $3 !~ /-/ { print $1; exit }')
  [[ -n $mirror ]] || die 'no Debian mirror among the sources of apt: run apt-get update, or set NLBPF_DEBIAN_MIRROR'
  echo "$mirror"
}

# Debian has had three layouts for vmlinuz and the modules; here they get one.
unpack() {
  local tree=$1 deb
  for deb in "$tree"/apt/archives/*.deb; do dpkg-deb -x "$deb" "$tree/unpacked"; done
  mv "$(find "$tree/unpacked" -type d -path '*/lib/modules')" "$tree/modules"
  mv "$(find "$tree/unpacked" "$tree/modules" -name 'vmlinuz*')" "$tree/vmlinuz"
  mv "$(find "$tree/unpacked" "$tree/modules" -type f '(' -name config -o -name 'config-*' ')')" "$tree/config"
}

# The part of the initramfs that depends on the kernel only: busybox, and the boot modules in the order to load them.
pack_modules() {
  local tree=$1 release=$2 root=$1/initramfs module path number=100
  mkdir -p "$root/bin" "$root/modules" "$tree/unpacked/lib"
  ln -sfn "$tree/modules" "$tree/unpacked/lib/modules"
  depmod -b "$tree/unpacked" "$release"
  cp "$(command -v busybox)" "$root/bin/busybox"
  for module in "${BOOT_MODULES[@]}"; do
    modprobe -S "$release" -d "$tree/unpacked" --show-depends "$module"
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r path; do
    decompress "$path" >"$root/modules/$((number++)).ko"
  done
  (cd "$root" && find . | cpio -o -H newc --quiet) >"$tree/modules.cpio"
  rm -rf "$root"
}

decompress() {
  case $1 in
    *.xz) xz -dc "$1" ;;
    *.zst) zstd -dc "$1" ;;
    *) cat "$1" ;;
  esac
}
