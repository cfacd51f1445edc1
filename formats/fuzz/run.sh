#!/usr/bin/env bash
# Fuzzes every reader, the containers, the archives and the sinks: run.sh SECONDS [TARGET...]
#
# A target is the name of a format, `container`, `archive` or `sinks`; without any, all of them, two at a time, or as many as
# FUZZ_JOBS says. Ends with a table and with 1 when there is a finding; findings lie in artifacts/TARGET/.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:?usage: run.sh SECONDS [TARGET...]}
shift
host=$(rustc -vV | sed -n 's/^host: //p')
target_dir=${CARGO_TARGET_DIR:-$PWD/../../target}/fuzz

# The dependencies of the product, in its versions.
cp ../../Cargo.lock Cargo.lock
# What cargo-fuzz sets, without a sanitizer: the readers have no unsafe code. All of these are stable.
flags="-Cpasses=sancov-module -Ccodegen-units=1 --cfg fuzzing"
for option in level=4 inline-8bit-counters pc-table trace-compares; do
    flags+=" -Cllvm-args=-sanitizer-coverage-$option"
done
RUSTFLAGS=$flags cargo build --release --target "$host" --target-dir "$target_dir"
bin=$target_dir/$host/release

mapfile -t formats < <(FUZZ_FORMAT=list "$bin/reader" 2>/dev/null)
[ ${#formats[@]} -gt 0 ]
targets=("$@")
[ $# -gt 0 ] || targets=("${formats[@]}" container archive sinks)

./seeds.sh work/seeds
run() { # TARGET
    local name=$1 bin_name=reader folder=../src/${1//-/_}
    case $name in
    container) ;;
    archive) bin_name=archive ;;
    sinks) bin_name=sinks ;;
    *) export FUZZ_FORMAT=$name ;;
    esac
    mkdir -p "work/corpus/$name" "artifacts/$name"
    # The words of a format are the byte strings of its reader.
    [ -d "$folder" ] || folder=../src
    { grep -rhoE --include='*.rs' 'b"[^"\\]{1,24}"' "$folder" | sed 's/^b//' || true
      cat "dictionaries/$name.dict" 2>/dev/null || true; } | sort -u >"work/$name.dict"
    rm -f "work/$name.exit"
    local code=0
    nice -n 19 "$bin/$bin_name" "work/corpus/$name" work/seeds \
        -artifact_prefix="artifacts/$name/" -dict="work/$name.dict" -max_total_time="$seconds" \
        -max_len=65536 -len_control=20 -timeout=25 -rss_limit_mb=2048 -print_final_stats=1 \
        >"work/$name.log" 2>&1 || code=$?
    echo "$code" >"work/$name.exit"
}
for target in "${targets[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "${FUZZ_JOBS:-2}" ]; do wait -n || true; done
    run "$target" &
done
wait

findings=0
printf '%-16s %12s %8s %10s %8s  %s\n' target executions per_s coverage rss_mb finding
for target in "${targets[@]}"; do
    log=work/$target.log
    stat() { sed -n "s/^stat::$1: *//p" "$log" | tail -1; }
    coverage=$(grep -oE 'cov: [0-9]+' "$log" | tail -1 | cut -d' ' -f2) || true
    finding=-
    if [ "$(cat "work/$target.exit")" != 0 ]; then
        findings=$((findings + 1))
        finding=$(grep -oE 'Test unit written to .*' "$log" | tail -1 | cut -d' ' -f5) || true
        finding="${finding:-see formats/fuzz/$log}"
    fi
    printf '%-16s %12s %8s %10s %8s  %s\n' "$target" "$(stat number_of_executed_units)" \
        "$(stat average_exec_per_sec)" "${coverage:-?}" "$(stat peak_rss_mb)" "$finding"
done
[ "$findings" = 0 ]
