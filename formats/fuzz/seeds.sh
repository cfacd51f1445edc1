#!/usr/bin/env bash
# Fills a folder with small inputs to start from: seeds.sh FOLDER
#
# The hand-written ones of seeds/, the regressions, and the beginnings of the captures of the corpus. Every target
# gets all: an input that shows a reader nothing is dropped by the fuzzer at once.
set -euo pipefail
cd "$(dirname "$0")"

folder=${1:?usage: seeds.sh FOLDER}
rm -rf "$folder"
mkdir -p "$folder"
find seeds ../tests/regressions -type f -size -64k | while read -r file; do
    cp "$file" "$folder/$(basename "$(dirname "$file")")-$(basename "$file")"
done
for file in ../../corpus/captures/*/before.*.gz; do
    name=$(basename "$(dirname "$file")")-$(basename "$file" .gz)
    most=4096
    # A message cut anywhere is of no use to a reader of protobuf, and a long one is slow to learn from.
    if [ "${name%.pb}" != "$name" ]; then
        [ "$(zcat "$file" | wc -c)" -lt 16384 ] || continue
        most=16384
    fi
    head -c "$most" <(zcat "$file" 2>/dev/null) >"$folder/$name"
    gzip -nc <"$folder/$name" >"$folder/$name.gz"
done
