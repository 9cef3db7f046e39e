# Functions shared by the scripts. This file is sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

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

# fuzz TARGET ARGUMENTS...: runs a fuzz target on stable Rust.
fuzz() {
  (cd "$root/fuzz" && cargo fuzz run -s none --codegen-units 16 "$@")
}
