#!/usr/bin/env bash
# Runs the unit and kernel tests, the demo and a program with `using` on other releases of Node.js. Needs root.
#
#   test/node/run.sh [VERSION...]      (default: 20 22 24 26; fetch.sh tells what VERSION may be)
#
# Ends with one line per release: tests passed, failed, skipped, and seconds; before it the log of what failed. The sums
# go to the file that NLBPF_COUNTS names.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
((UID == 0)) || { echo 'run.sh: the kernel tests need root' >&2; exit 1; }
work=$(mktemp -d -t nlbpf-node.XXXXXX)
trap 'rm -rf "$work"' EXIT
export NO_COLOR=1 CI=true
# How often is for the tests on this machine's own Node.js; here it matters that it works.
export NLBPF_CYCLES=${NLBPF_CYCLES:-40} NLBPF_FUZZ_RUNS=${NLBPF_FUZZ_RUNS:-10000}
tsc=(node node_modules/typescript/bin/tsc)

# check NAME COMMAND...: counts as one test; the log is shown when it fails.
check() {
  local name=$1
  shift
  if "$@" >"$work/log" 2>&1; then
    passed=$((passed + 1))
  else
    echo "--- Node $version, $name ($*):"
    tail -n 100 "$work/log"
    failed=$((failed + 1))
  fi
}

# Every test counts; a run can also fail without a test that did, as by an unhandled rejection.
suites() {
  local counts status=0 p=0 f=0 s=0
  node node_modules/vitest/vitest.mjs run --reporter=default --reporter=json --outputFile.json="$work/$version.json" \
    >"$work/log" 2>&1 || status=$?
  counts=$(node "$here/report.mjs" "$work/$version.json" 2>"$work/failures") && read -r p f s <<<"$counts"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  if ((status == 0 && p > 0)); then return; fi
  echo "--- Node $version, the tests (PATH=${binary%/node}:\$PATH node node_modules/vitest/vitest.mjs run):"
  cat "$work/failures"
  ((f > 0)) || { tail -n 100 "$work/log"; failed=$((failed + 1)); }
}

# As in a program outside the repository that has the package installed, but without packing it.
lower_using() {
  mkdir -p "$work/caller/node_modules"
  ln -s "$PWD" "$work/caller/node_modules/nlbpf"
  "${tsc[@]}" --ignoreConfig --strict --target es2023 --lib es2023,esnext.disposable --module nodenext --types node \
    --skipLibCheck --rootDir test/node --outDir "$work/caller" test/node/using.mts &&
    grep -q '__addDisposableResource' "$work/caller/using.mjs"
}

all_nodes() {
  local begun binary version major passed failed skipped others=$PATH
  for binary in "${binaries[@]}"; do
    PATH=$(dirname "$binary"):$others
    version=$(node -p process.version) || return
    begun=$SECONDS passed=0 failed=0 skipped=0
    suites
    # Others on this machine may run the demo, which keeps its state under /run.
    check demo unshare --mount sh -c 'mount -t tmpfs tmpfs /run && exec node demo/dist/main.js'
    check 'using, lowered' node "$work/caller/using.mjs"
    major=${version#v} major=${major%%.*}
    ((major < 24)) || check 'using, native' node test/node/using.mts
    summary+=("$(printf 'Node %-9s %5d passed, %d failed, %d skipped %5d s' \
      "$version" "$passed" "$failed" "$skipped" $((SECONDS - begun)))")
    all_passed=$((all_passed + passed)) all_failed=$((all_failed + failed)) all_skipped=$((all_skipped + skipped))
    echo "${summary[-1]}"
  done
}

(($# > 0)) || set -- 20 22 24 26
paths=$("$here/fetch.sh" "$@") || exit
mapfile -t binaries <<<"$paths"
npm run --silent build || exit
lower_using || exit
summary=() all_passed=0 all_failed=0 all_skipped=0
all_nodes
if ((${#binaries[@]} > 1)); then printf '%s\n' '' "${summary[@]}"; fi
if [[ -n ${NLBPF_COUNTS:-} ]]; then echo "$all_passed $all_failed $all_skipped" >"$NLBPF_COUNTS"; fi
((${#summary[@]} == ${#binaries[@]} && all_failed == 0))
