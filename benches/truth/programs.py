"""The programs of the corpus: how each is built, and recorded under a change.

Recordings lie in `target/truth/<program>/<size>/<change>/`, in files named by the number of the round. In a round,
the unchanged program is recorded twice and every change once, so that what the machine does meanwhile is on all of them.
"""

import datetime
import fcntl
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import changes

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "truth"
SOURCES = ROOT / "corpus" / "programs"
SIZES = {"3k": 3_000, "30k": 30_000, "300k": 300_000}
LOAD = 1.5
LOCKS: dict = {}


def run(*command, **options) -> str:
    """The output of a command that must not fail."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace", **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr.strip()[-500:]}")
    return done.stdout


def pack(path: Path, text: bytes) -> None:
    """Whole or not at all, as a run may be stopped."""
    part = path.with_name(f".{path.name}")
    part.write_bytes(gzip.compress(text, 1, mtime=0))
    part.rename(path)


class Rust:
    """perf script of a Rust program; the perf.data stays for `perf diff`."""

    name = "rust"
    home = "rust"
    needs = ("perf", "cargo")
    source = "rust"
    suffix = "perf.txt.gz"
    sample_index = None
    changes = changes.RUST
    # Hz and orders: 2 threads; a second, four seconds, half a minute.
    effort = {"3k": (1999, 104_000), "30k": (3999, 520_000), "300k": (7999, 2_600_000)}

    def build(self):
        self.binary = WORK / "build/rust/release/orderflow"
        env = {**os.environ, "RUSTFLAGS": "-C force-frame-pointers=yes"}
        run("cargo", "build", "--quiet", "--release", "--locked", "--target-dir", WORK / "build/rust",
            cwd=SOURCES / "rust", env=env)

    def record(self, change: str, size: str, load: float, path: Path):
        hertz, orders = self.effort[size]
        data = path.with_name(path.name.removesuffix(self.suffix) + "data")
        run("perf", "record", "-q", "-N", "-e", "cpu-clock", "-F", hertz, "--call-graph", "fp", "-o", data, "--",
            self.binary, "--orders", int(orders * load), "--change", change)
        pack(path, run("perf", "script", "--header", "-i", data).encode())


class Go:
    """Go's own CPU profile; its clock gives 250 samples per second and core. The same run writes a heap profile."""

    name = "go"
    home = "go"
    needs = ("go",)
    source = "go"
    suffix = "cpu.pb.gz"
    sample_index = "cpu"
    changes = changes.GO
    effort = {"3k": 76_000, "30k": 760_000, "300k": 7_600_000}
    heap_rate = 1 << 20

    def build(self):
        self.binary = WORK / "build/billing"
        run("go", "build", "-trimpath", "-buildvcs=false", "-o", self.binary, ".", cwd=SOURCES / "go")

    def record(self, change: str, size: str, load: float, path: Path):
        cpu, heap = (path.with_name(f".{path.name}.{kind}") for kind in ("cpu", "heap"))
        run(self.binary, "-change", change, "-accounts", int(self.effort[size] * load), "-cpu", cpu, "-heap", heap,
            "-heaprate", self.heap_rate)
        stem = path.name.split(".")[0]
        heap.rename(path.with_name(f"{stem}.heap.pb.gz"))
        cpu.rename(path.with_name(f"{stem}.cpu.pb.gz"))


class GoHeap(Go):
    """What a Go program allocated; size is the number of allocations sampled."""

    name = "go-heap"
    suffix = "heap.pb.gz"
    sample_index = "alloc_space"
    changes = changes.GO_HEAP


class GoInUse(GoHeap):
    """What a Go program holds at its end, the last 512 invoices of each worker: a short run, sampled often."""

    name = "go-inuse"
    home = "go-inuse"
    sample_index = "inuse_space"
    changes = changes.GO_IN_USE
    rates = {"3k": 3_000, "30k": 300, "300k": 30}

    def record(self, change: str, size: str, load: float, path: Path):
        part = path.with_name(f".{path.name}")
        run(self.binary, "-change", change, "-accounts", int(2_500 * load), "-heap", part, "-heaprate", self.rates[size])
        part.rename(path)


class Python:
    """py-spy's folded stacks at 1,000 Hz."""

    name = "python"
    home = "python"
    needs = ("python3",)
    source = "python"
    suffix = "folded.gz"
    sample_index = None
    changes = changes.PYTHON
    effort = {"3k": 290, "30k": 2_900, "300k": 29_000}

    def build(self):
        self.tools = WORK / "build/venv/bin"
        if not (self.tools / "py-spy").exists():
            run("python3", "-m", "venv", WORK / "build/venv")
            run(self.tools / "pip", "install", "--quiet", "py-spy==0.4.3")
        self.binary = WORK / "build/shopreport"
        shutil.copytree(SOURCES / "python/shopreport", self.binary, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))

    def record(self, change: str, size: str, load: float, path: Path):
        raw = path.with_name(f".{path.name}.raw")
        run(self.tools / "py-spy", "record", "--rate", "1000", "--format", "raw", "-o", raw, "--",
            self.tools / "python", "-B", "-m", "shopreport", "--change", change, "--days", int(self.effort[size] * load),
            cwd=self.binary.parent)
        pack(path, raw.read_bytes())
        raw.unlink()


ALL = (Rust, Go, GoHeap, GoInUse, Python)


def digest_of_source(program) -> str:
    """What a program is made of: recordings of other code are not comparable."""
    digest = hashlib.sha256()
    for path in sorted((SOURCES / program.source).rglob("*")):
        if path.is_file() and "target" not in path.parts and "__pycache__" not in path.parts:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def folder(program, size: str, change: str) -> Path:
    return WORK / program.home / size / change


def missing_tools(program) -> list[str]:
    return [tool for tool in program.needs if not shutil.which(tool)]


def record(program, sizes: list[str], pairs: int, changed: int, wanted: set[str]) -> None:
    """Records what is not there yet of `pairs` rounds of the unchanged program and `changed` of every change."""
    stamp = WORK / program.home / "source.sha256"
    stamp.parent.mkdir(parents=True, exist_ok=True)
    # Held to the end of the process: two that record at once would write the same files.
    if program.home not in LOCKS:
        LOCKS[program.home] = (stamp.parent / "lock").open("w")
        fcntl.flock(LOCKS[program.home], fcntl.LOCK_EX)
    program.build()
    if stamp.exists() and stamp.read_text() != digest_of_source(program):
        sys.exit(f"{stamp.parent} holds recordings of other code; --fresh deletes them")
    stamp.write_text(digest_of_source(program))
    names = sorted({change.recording for change in program.changes if change.name in wanted or not wanted} - {"none"})
    for size in sizes:
        for number in range(max(pairs, changed)):
            todo = [("none", 2 * number), ("none", 2 * number + 1)]
            if number < changed:
                todo += [(name, number) for name in names]
            todo = [(name, folder(program, size, name) / f"{at}.{program.suffix}") for name, at in todo]
            missing = [(name, path) for name, path in todo if not path.exists()]
            for name, path in missing if number % 2 == 0 else reversed(missing):
                path.parent.mkdir(parents=True, exist_ok=True)
                load = name == "load"
                program.record("none" if load else name, size, LOAD if load else 1.0, path)
            if not missing:
                continue
            # How busy the machine was: what else runs is in the recordings.
            with (WORK / program.home / size / "rounds.tsv").open("a") as rounds:
                print(number, datetime.datetime.now().isoformat(timespec="seconds"), *os.getloadavg(), sep="\t", file=rounds)
            print(f"{program.name} {size}: round {number + 1} done", file=sys.stderr, flush=True)
