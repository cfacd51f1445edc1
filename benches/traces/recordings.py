"""Recordings of the corpus' services, without a fault and with each of them.

They lie in `target/traces/<clients>/<fault>/<number>.json.gz`. In a round the system is recorded several times without a
fault and once with each, in an order that differs from round to round, so that what the machine does meanwhile is on all
of them.
"""

import fcntl
import gzip
import hashlib
import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "traces"
PROGRAM = ROOT / "corpus" / "programs" / "services" / "bookstore"
PYTHON = WORK / "venv" / "bin" / "python"
REQUESTS = 400
FEW, MANY = 3, 12
"""Customers at a time; a pool of one connection is felt with many."""
QUIET_PER_ROUND = {FEW: 7, MANY: 3}


@dataclass(frozen=True)
class Fault:
    """A fault, and where it is: the frames of plateau that name it, and the service or link of the simple scores."""

    name: str
    frames: tuple[str, ...]
    places: tuple[str, ...]
    cause: tuple[str, ...] = ()
    """Codes of the causes that it may be called."""
    clients: int = FEW


FAULTS = (
    Fault("n-plus-one", ("remote:sqlite: SELECT bookstore.order_items",), ("orders -> sqlite", "orders"), ("repeated_calls",)),
    Fault("slow-dependency", ("pricing: POST /quote",), ("pricing",), ("slow_dependency",)),
    Fault("delayed-link", ("net:orders -> pricing",), ("orders -> pricing",), ("slow_link",)),
    Fault("lost-index", ("remote:sqlite: SELECT bookstore.orders",), ("orders -> sqlite", "orders"), ("slow_query",)),
    Fault("pool-of-one", ("orders: GET /orders", "orders: POST /orders", "orders: GET /orders/{id}"), ("orders",),
          ("wait_before_call",), MANY),
    Fault("retry-storm", ("catalogue: POST /stock", "net:orders -> catalogue"), ("catalogue", "orders -> catalogue"),
          ("retries",)),
    Fault("cpu-burn", ("gateway: GET /orders", "gateway: GET /start"), ("gateway",)),
)
BY_NAME = {fault.name: fault for fault in FAULTS}


def run(*command, **options) -> str:
    """The output of a command that must not fail."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace", **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr.strip()[-500:]}")
    return done.stdout


def path_of(fault: str, clients: int, number: int) -> Path:
    return WORK / str(clients) / fault / f"{number}.json.gz"


def recorded(fault: str, clients: int) -> list[Path]:
    """What there is, by number."""
    found = (WORK / str(clients) / fault).glob("[0-9]*.json.gz")
    return sorted(found, key=lambda path: int(path.name.split(".")[0]))


def prepare() -> None:
    """What the services need. Recordings of other code are not comparable."""
    WORK.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(PROGRAM.glob("*.py")))).hexdigest()
    stamp = WORK / "source.sha256"
    if stamp.exists() and stamp.read_text() != digest:
        sys.exit(f"{WORK} holds recordings of other code; --fresh deletes them")
    stamp.write_text(digest)
    if not PYTHON.exists():
        run("python3", "-m", "venv", WORK / "venv")
        run(PYTHON, "-m", "pip", "install", "--quiet", "opentelemetry-sdk==1.45.2")


def record_one(fault: str, clients: int, path: Path) -> None:
    """Records the system once; the file is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder, part = WORK / "run", path.with_name(f".{path.name}")
    run(PYTHON, "-B", "-m", "bookstore", "--fault", fault, "--requests", REQUESTS, "--clients", clients, "--dir", folder,
        "--out", folder.with_suffix(".json"), cwd=PROGRAM.parent)
    part.write_bytes(gzip.compress(folder.with_suffix(".json").read_bytes(), 6, mtime=0))
    part.rename(path)
    shutil.rmtree(folder)


def record(rounds: int) -> None:
    """Records what is not there yet of so many rounds."""
    prepare()
    with (WORK / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for number in range(rounds):
            todo = [("none", clients, number * count + at) for clients, count in QUIET_PER_ROUND.items() for at in range(count)]
            todo += [(fault.name, fault.clients, number) for fault in FAULTS]
            random.Random(number).shuffle(todo)
            missing = [(each, path_of(*each)) for each in todo if not path_of(*each).exists()]
            for (fault, clients, _), path in missing:
                record_one(fault, clients, path)
            if missing:
                load = " ".join(f"{load:.1f}" for load in os.getloadavg())
                print(f"round {number + 1} of {rounds} recorded, load {load}", file=sys.stderr, flush=True)
