#!/usr/bin/env bash
# Builds the fuzz targets the way OSS-Fuzz and ClusterFuzzLite ask for it.
#
#   $SRC    the folder that holds this repository, as gcdiff
#   $OUT    where the targets go, with options and starting inputs
#   $WORK   for what is needed in between
#
# SANITIZER is `address`, `coverage` or `none`.
set -euo pipefail

cd "$SRC/gcdiff"
. scripts/common.sh
sanitizer=none
[ "${SANITIZER:-none}" != address ] || sanitizer=address
host=$(rustc -vV | sed -n 's/^host: //p')

# Inputs are made by the program itself. The flags of the fuzzing build are not
# for it.
if [ -z "${GCDIFF:-}" ]; then
  env -u RUSTFLAGS cargo build --release --bin gcdiff --target-dir "$WORK/gcdiff"
  GCDIFF=$WORK/gcdiff/release/gcdiff
fi

# A folder's files as an archive without paths.
archive() {
  rm -f "$2"
  (cd "$1" && zip -q -r "$2" .)
}

build=$(target_folder fuzz/Cargo.toml)
for source in fuzz/fuzz_targets/*.rs; do
  target=$(basename "$source" .rs)
  cargo fuzz build -s "$sanitizer" --codegen-units 16 "$target"
  cp "$build/$host/release/$target" "$OUT/$target"
  cp ".clusterfuzzlite/$target.options" "$OUT/$target.options"
  inputs=$WORK/inputs/$target
  rm -rf "$inputs"
  from=()
  [ "$target" != module ] || from=(--from corpus)
  "$GCDIFF" inputs --target "$target" --cases 100 --out "$inputs" "${from[@]}"
  archive "$inputs" "$OUT/${target}_seed_corpus.zip"
done
