#!/usr/bin/env bash
# Builds the fuzz targets as OSS-Fuzz and ClusterFuzzLite require.
#
#   $SRC    the folder that holds this repository, as gcdiff
#   $OUT    the folder for the targets, their options and starting inputs
#   $WORK   a folder for intermediate files
#
# SANITIZER is `address`, `coverage` or `none`.
set -euo pipefail

cd "$SRC/gcdiff"
. scripts/common.sh
sanitizer=none
[ "${SANITIZER:-none}" != address ] || sanitizer=address
host=$(rustc -vV | sed -n 's/^host: //p')

# gcdiff itself makes the starting inputs. It is built without the flags of the
# fuzzing build.
if [ -z "${GCDIFF:-}" ]; then
  env -u RUSTFLAGS cargo build --release --bin gcdiff --target-dir "$WORK/gcdiff"
  GCDIFF=$WORK/gcdiff/release/gcdiff
fi

# Makes an archive of a folder's files, without the folder's path.
archive() {
  rm -f "$2"
  (cd "$1" && zip -q -r "$2" .)
}

build=$(target_folder fuzz/Cargo.toml)
for source in fuzz/fuzz_targets/*.rs; do
  target=$(basename "$source" .rs)
  cargo_fuzz build -s "$sanitizer" "$target"
  cp "$build/$host/release/$target" "$OUT/$target"
  cp ".clusterfuzzlite/$target.options" "$OUT/$target.options"
  inputs=$WORK/inputs/$target
  rm -rf "$inputs"
  from=()
  [ "$target" != module ] || from=(--from corpus)
  "$GCDIFF" inputs --target "$target" --cases 100 --out "$inputs" "${from[@]}"
  archive "$inputs" "$OUT/${target}_seed_corpus.zip"
done
