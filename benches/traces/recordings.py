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
    """A fault, and what is a right answer to it.

    The program's own table says more: corpus/programs/services/bookstore/faults.py.
    """

    name: str
    frames: tuple[str, ...]
    """Frames of plateau that name it, exactly."""
    operations: tuple[str, ...]
    """`service: operation` that name it where a score knows no links and no callees without spans. Generous: both ends of a
    slow call, the caller's span and the callee's, unless the callee is as fast as ever; of a statement, what sends it."""
    causes: tuple[str, ...] = ()
    """Codes of the causes that it may be called; none where no known pattern is behind it."""
    about: tuple[str, ...] = ()
    """Frames that a cause may be about beside `frames`: what is waited for."""
    follows: tuple[str, ...] = ()
    """Codes of causes that are true as well where they are about the same frames, neither right nor wrong."""
    clients: int = FEW


FAULTS = (
    Fault("n-plus-one", ("remote:sqlite: SELECT bookstore.order_items",),
          ("orders: SELECT bookstore.order_items", "orders: GET /orders"), ("n_plus_one",)),
    Fault("slow-dependency", ("pricing: POST /quote",), ("pricing: POST /quote", "orders: POST pricing"), ("slow_dependency",)),
    Fault("delayed-link", ("net:orders -> pricing",), ("orders: POST pricing",), ("slow_link",)),
    Fault("lost-index", ("remote:sqlite: SELECT bookstore.orders",), ("orders: SELECT bookstore.orders", "orders: GET /orders"),
          ("slow_query",)),
    Fault("pool-of-one", ("orders: GET /orders", "orders: POST /orders", "orders: GET /orders/{id}"),
          ("orders: GET /orders", "orders: POST /orders", "orders: GET /orders/{id}"), ("pool_wait",),
          ("remote:sqlite: SELECT bookstore.orders", "net:orders -> catalogue", "catalogue: POST /stock"), clients=MANY),
    Fault("retry-storm", ("catalogue: POST /stock", "net:orders -> catalogue"), ("catalogue: POST /stock", "orders: POST catalogue"),
          ("retries",), follows=("errors",)),
    Fault("cpu-burn", ("gateway: GET /orders", "gateway: GET /start"), ("gateway: GET /orders", "gateway: GET /start"),
          follows=("slow_work",)),
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
    return sorted(found, key=number_of)


def round_of(clients: int, number: int) -> int:
    """The round in which a recording without fault was made; one with a fault has the round's number."""
    return number // QUIET_PER_ROUND[clients]


def number_of(path: Path) -> int:
    return int(path.name.split(".")[0])


def baselines(clients: int, round_number: int, count: int) -> list[Path]:
    """Recordings without fault nearest to a round: its own first, then those of the rounds beside it."""
    quiet = recorded("none", clients)
    return sorted(quiet, key=lambda path: (abs(round_of(clients, number_of(path)) - round_number), number_of(path)))[:count]


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


def record(rounds: int, fresh: bool) -> None:
    """Records what is not there yet of so many rounds; all of them when `fresh`."""
    if fresh:
        shutil.rmtree(WORK, ignore_errors=True)
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
