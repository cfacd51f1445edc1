#!/usr/bin/env bash
# Records the corpus: record.sh rust | go | python | services | all
#
# Builds and runs the programs under /tmp/plateau-corpus, scrubs the captures of what names the machine, and puts them
# into captures/NAME/ only when all of NAME's are there. Exits 2 when a tool is missing, after saying how to get it.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Not configurable: the path stands in the captures.
WORK=/tmp/plateau-corpus
VENV=$WORK/venv
TOOLS=$WORK/tools

RUST_PLANT=blocklist-band
GO_PLANT=invoice-copy
PYTHON_PLANT=alias-scan
SERVICES_PLANT=n-plus-one

RUST_ORDERS=900000
GO_ACCOUNTS=300000
PYTHON_DAYS=4200
SERVICES_REQUESTS=400

need() { # need COMMAND "HOW TO INSTALL IT"
    command -v "$1" >/dev/null && return
    printf 'record.sh: %s is missing; install it with\n    %s\n' "$1" "$2" >&2
    exit 2
}

need_venv() {
    local how="python3 -m venv $VENV && $VENV/bin/pip install py-spy==0.4.3 opentelemetry-sdk==1.45.2"
    need python3 "apt-get install python3 python3-venv"
    need "$VENV/bin/$1" "$how"
    "$VENV/bin/python" -c 'import opentelemetry.sdk' 2>/dev/null || need opentelemetry-sdk "$how"
}

# The name that a change has in file names.
side() {
    if [ "$1" = none ]; then echo before; else echo after; fi
}

# Refuses a capture that names the machine it was made on.
check_clean() {
    local found
    found=$({ gzip -cdf "$1" | grep -aoFm 3 -e "$HERE" -e "$HOME/" -e /home/ -e "hostname : $(uname -n)"; } || true)
    [ -z "$found" ] && return
    printf 'record.sh: %s holds %s\n' "$1" "$found" >&2
    exit 1
}

# Moves every file of $WORK/NAME/out into captures/NAME, each by one rename.
publish() {
    local name=$1 file target
    mkdir -p "$HERE/captures/$name"
    for file in "$WORK/$name/out"/*; do
        check_clean "$file"
    done
    for file in "$WORK/$name/out"/*; do
        target=$HERE/captures/$name/${file##*/}
        cp "$file" "$target.part"
        mv "$target.part" "$target"
    done
    ls -l "$HERE/captures/$name"
}

fresh_dir() {
    rm -rf "${WORK:?}/$1"
    mkdir -p "$WORK/$1/out"
}

# --- rust: perf script and folded ---------------------------------------------------------------------------------

scrub_perf() {
    sed -E -e 's/^(# hostname : ).*/\1corpus/' -e 's/^(# os release : ).*/\1linux/' \
        -e '/^# (cpudesc|cpuid|total memory|captured on) *:/d'
}

record_rust_side() {
    local change=$1 side
    side=$(side "$change")
    perf record -q -e cpu-clock -F 997 --call-graph fp -o "$side.data" -- \
        ./orderflow --orders "$RUST_ORDERS" --change "$change"
    perf script --header -i "$side.data" | scrub_perf >"$side.perf.txt"
    inferno-collapse-perf "$side.perf.txt" | gzip -9n >"out/$side.folded.gz"
    gzip -9nc "$side.perf.txt" >"out/$side.perf.txt.gz"
}

record_rust() {
    PATH=$TOOLS/bin:$PATH
    need cargo "apt-get install cargo"
    need perf "apt-get install linux-perf"
    need inferno-collapse-perf "cargo install inferno --version 0.12.8 --root $TOOLS"
    fresh_dir rust
    (
        cd "$HERE/programs/rust"
        RUSTFLAGS="-C force-frame-pointers=yes --remap-path-prefix=$PWD=orderflow" \
            cargo build --quiet --release --locked --target-dir "$WORK/rust/target"
        cd "$WORK/rust"
        cp target/release/orderflow orderflow
        record_rust_side none
        record_rust_side "$RUST_PLANT"
    )
    publish rust
}

# --- go: CPU and heap pprof ---------------------------------------------------------------------------------------

record_go_side() {
    local change=$1 side
    side=$(side "$change")
    ./billing -change "$change" -accounts "$GO_ACCOUNTS" -cpu "out/$side.cpu.pb.gz" -heap "out/$side.heap.pb.gz"
}

record_go() {
    need go "apt-get install golang-go"
    fresh_dir go
    (
        cd "$HERE/programs/go"
        go build -trimpath -buildvcs=false -o "$WORK/go/billing" .
        cd "$WORK/go"
        record_go_side none
        record_go_side "$GO_PLANT"
    )
    publish go
}

# --- python: py-spy raw and speedscope ----------------------------------------------------------------------------

# py-spy shortens paths in raw but not in speedscope.
scrub_speedscope() {
    local stdlib
    stdlib=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
    sed -e "s#$stdlib/#/usr/lib/python3/#g" -e "s#$WORK/python/#/opt/shopreport/#g"
}

# One run a format: py-spy writes only one at a time.
record_python_format() {
    local change=$1 format=$2 out=$3
    "$VENV/bin/py-spy" record --rate 400 --format "$format" -o "$out" -- \
        "$VENV/bin/python" -B -m shopreport --change "$change" --days "$PYTHON_DAYS"
}

record_python_side() {
    local change=$1 side
    side=$(side "$change")
    record_python_format "$change" raw "$side.raw.folded"
    record_python_format "$change" speedscope "$side.speedscope.json"
    gzip -9nc "$side.raw.folded" >"out/$side.raw.folded.gz"
    scrub_speedscope <"$side.speedscope.json" | gzip -9n >"out/$side.speedscope.json.gz"
}

record_python() {
    need_venv py-spy
    fresh_dir python
    (
        cp -r "$HERE/programs/python/shopreport" "$WORK/python/"
        cd "$WORK/python"
        record_python_side none
        record_python_side "$PYTHON_PLANT"
    )
    publish python
}

# --- services: Jaeger JSON ----------------------------------------------------------------------------------------

record_services_side() {
    local fault=$1 side
    side=$(side "$fault")
    "$VENV/bin/python" -B -m bookstore --fault "$fault" --requests "$SERVICES_REQUESTS" --dir "run-$side" \
        --out "$side.jaeger.json"
    gzip -9nc "$side.jaeger.json" >"out/$side.jaeger.json.gz"
}

record_services() {
    need_venv python
    fresh_dir services
    (
        cp -r "$HERE/programs/services/bookstore" "$WORK/services/"
        cd "$WORK/services"
        record_services_side none
        record_services_side "$SERVICES_PLANT"
    )
    publish services
}

main() {
    case "${1:-}" in
    rust | go | python | services) "record_$1" ;;
    all)
        local name
        for name in rust go python services; do "record_$name"; done
        ;;
    *)
        echo "usage: record.sh rust | go | python | services | all" >&2
        exit 2
        ;;
    esac
}

main "$@"
