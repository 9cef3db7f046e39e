# What the scripts share; it is sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Ends the script: wrong usage or input, as in gcdiff itself.
fail() {
  echo "$(basename "$0"): $*" >&2
  exit 2
}

# Prints the comment at the top of the script.
usage() {
  sed -n '2,/^[^#]/{s/^# \{0,1\}//;t print;b;:print;p}' "$0"
}

# Sets gcdiff to a binary: that of the variable GCDIFF, or a new one.
need_gcdiff() {
  gcdiff=${GCDIFF:-}
  if [ -z "$gcdiff" ]; then
    cargo build --quiet --release --manifest-path "$root/Cargo.toml" --bin gcdiff
    gcdiff=$(target_folder "$root/Cargo.toml")/release/gcdiff
  fi
  [ -x "$gcdiff" ] || fail "GCDIFF: $gcdiff is no program"
}

# Where cargo builds what a manifest describes: CARGO_TARGET_DIR, or what cargo's
# configuration says.
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

# An absolute path of a folder, which is made if need be.
folder() {
  mkdir -p "$1"
  (cd "$1" && pwd)
}

# fuzz TARGET ARGUMENTS...: runs a fuzz target on stable Rust.
fuzz() {
  (cd "$root/fuzz" && cargo fuzz run -s none --codegen-units 16 "$@")
}
