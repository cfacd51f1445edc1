#!/usr/bin/env bash
# Records plateau with perf while it reads a made input, and shows the recording with plateau itself.
#
#   benches/profile.sh [INPUT]    perf script text to convert; by default the distinct one, made when absent
#
# The recording, its text and the table stay in target/bench-profile. Skips with a reason where perf is absent or may not record.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
megabytes=${MEGABYTES:-200}
folder=$target/bench-profile
mkdir -p "$folder"

if ! command -v perf > /dev/null; then
    echo "skipped: perf is not installed"
    exit 0
fi
if ! perf record -q -e cpu-clock -o "$folder/probe.data" -- true 2> "$folder/probe.stderr"; then
    echo "skipped: perf may not record here: $(tail -n 1 "$folder/probe.stderr")"
    exit 0
fi

# Frame pointers cost little and make call chains short to record; the build stands apart from that of the benches.
RUSTFLAGS="-C force-frame-pointers=yes" cargo build --profile profiling -p analyzer-cli --target-dir "$target/frame-pointers"
plateau=$target/frame-pointers/profiling/plateau

input=${1:-}
if [ -z "$input" ]; then
    cargo run --release -p benches --bin rivals -- --make --megabytes "$megabytes" perf-script > /dev/null
    input=$(ls "$target"/bench-inputs/v*-"$megabytes"mb-distinct.perf.txt | tail -n 1)
fi

perf record -q -e cpu-clock -F 999 -g -o "$folder/plateau.data" -- \
    "$plateau" convert "$input" --format folded > "$folder/plateau.out"
perf script -i "$folder/plateau.data" > "$folder/plateau.perf.txt" 2> "$folder/script.stderr"
echo "plateau convert $(basename "$input"), as plateau shows it:"
"$plateau" show "$folder/plateau.perf.txt" --nodecount 25 | tee "$folder/plateau.show.txt"
