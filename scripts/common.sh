# Functions shared by the scripts. This file is sourced, not run.

# Without symbolic links, so that the same sources are not built for two paths.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# Ends the script because of wrong usage or input, with the exit code of gcdiff.
fail() {
  echo "$(basename "$0"): $*" >&2
  exit 2
}

# Prints the comment at the top of the script as its help.
usage() {
  sed -n '2,/^[^#]/{s/^# \{0,1\}//;t print;b;:print;p}' "$0"
}

# Sets gcdiff to the binary named by the variable GCDIFF, or builds one.
need_gcdiff() {
  gcdiff=${GCDIFF:-}
  if [ -z "$gcdiff" ]; then
    cargo build --quiet --release --manifest-path "$root/Cargo.toml" --bin gcdiff
    gcdiff=$(target_folder "$root/Cargo.toml")/release/gcdiff
  fi
  [ -x "$gcdiff" ] || fail "GCDIFF: $gcdiff is not an executable"
}

# Prints the target directory of a manifest, from CARGO_TARGET_DIR or from the
# configuration of cargo.
target_folder() {
  cargo metadata --no-deps --format-version 1 --manifest-path "$1" \
    | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}

need_cargo_fuzz() {
  cargo fuzz --version > /dev/null 2>&1 \
    || fail "cargo-fuzz is not installed; cargo install cargo-fuzz --version 0.13.2 --locked"
}

need_target() {
  [ -f "$root/fuzz/fuzz_targets/$1.rs" ] \
    || fail "no fuzz target $1; there are $(cd "$root/fuzz/fuzz_targets" && ls ./*.rs | sed 's|^\./||; s|\.rs$||' | paste -sd ' ')"
}

# Makes a folder if necessary, and prints its absolute path.
folder() {
  mkdir -p "$1"
  (cd "$1" && pwd)
}

# cargo_fuzz COMMAND ARGUMENTS...: calls cargo-fuzz with the settings with which fuzz
# targets are built. Campaigns, checks and services all use it. docs/campaigns.md has
# the reasons.
cargo_fuzz() {
  RUSTC_WRAPPER=$root/fuzz/rustc-wrapper \
    cargo fuzz "$1" --fuzz-dir "$root/fuzz" -O --no-trace-compares "${@:2}"
}

# Options of libFuzzer for a target. Those of a caller come later and win.
# .clusterfuzzlite/*.options has the same ones.
fuzz_options=(-entropic=0 -use_counters=0 -max_len=4096 -timeout=25 -rss_limit_mb=2048)

# fuzz TARGET [INPUTS...] [-- OPTIONS...]: builds and runs a fuzz target on stable
# Rust.
fuzz() {
  local inputs=()
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    inputs+=("$1")
    shift
  done
  [ $# = 0 ] || shift
  cargo_fuzz run -s none "${inputs[@]}" -- "${fuzz_options[@]}" "$@"
}
