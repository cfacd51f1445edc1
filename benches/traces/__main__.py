"""Held against faults: whether plateau names the culprit of sets of traces, and finds nothing where nothing changed.

    python3 benches/traces [--rounds N] [--reuse | --fresh | --record-only] [--nezha FOLDER] [--simulated N] [--record FOLDER]

Records the corpus' services without a fault and with each, lets `plateau diff` and three simple scores rank the culprit, here and on
captures of faults with known culprits, compares sets without fault, and prints the acceptance table and what it is made of.
Recordings stay in target/traces.
"""

import argparse
import datetime
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "judges"))

import judge
import nezha
import plateau
import recordings
from recordings import FAULTS, FEW, MANY, ROOT, run
from table import Record

COUNTS = (1, 3)
"""Recordings without fault that one with a fault is compared with."""


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benches/traces", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds to be recorded; 5")
    parser.add_argument("--reuse", action="store_true", help="compare what is recorded, record nothing")
    parser.add_argument("--fresh", action="store_true", help="delete the recordings first")
    parser.add_argument("--record-only", action="store_true", help="compare nothing")
    parser.add_argument("--nezha", type=Path, help="folder of Nezha's captures, - for none; that of the shared captures")
    parser.add_argument("--simulated", type=int, default=300, help="simulated pairs without fault of each size, 0 for none")
    parser.add_argument("--plateau", type=Path, help="a program that is built; the release build of this checkout")
    parser.add_argument("--record", type=Path, default=ROOT / "benches/record", help="where the tables go, - for nowhere")
    options = parser.parse_args()
    if options.reuse and (options.fresh or options.record_only):
        parser.error("--reuse records nothing")
    if options.nezha and str(options.nezha) != "-" and not options.nezha.is_dir():
        parser.error(f"{options.nezha} is no folder")
    return options


def machine() -> str:
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"^model name\s*:\s*(.*)$", text, re.M)
    return f"{model[1] if model else 'processor unknown'}, {os.cpu_count()} threads, {platform.system()} {platform.release()}"


def head() -> str:
    commit = run("git", "-C", ROOT, "describe", "--always", "--dirty").strip()
    load = " ".join(f"{load:.1f}" for load in os.getloadavg())
    return f"""# Held against faults, {datetime.date.today()}

{machine()}; load {load}; commit {commit}; {run(plateau.PROGRAM, '--version').strip()}. `{' '.join(['python3', 'benches/traces', *sys.argv[1:]])}`

Tuned on what: the bars of analyzer-core (1 %, 0.5 ms, how patterns are told) were chosen on simulated sets and looked at on recordings of
the bookstore, all of its faults among them, and on the captures of Nezha; the rules for causes were written knowing these faults. Figures of the
bookstore's first recordings are therefore of seen data; recordings made later, and other systems, are for reporting.

Culprit: of the bookstore, a frame that names the fault exactly (`Fault.frames`), for the simple scores an operation that does
(`Fault.operations`, more generous); of Nezha, for all scores alike, a row about the faulty service: its operation, a link to or from it, or it
as a callee without spans. A simple score's row is about the service that its spans call, too, where they are the caller's side of a call. Only
rows with more time after than before count. Of the simple scores, growth of 1 % of the mean request and 0.5 ms or more is a finding.
"""


def simulated(pairs: int) -> list[tuple[int, int, int]]:
    """Requests of a set, pairs with a finding, pairs: what `cargo test -p analyzer-core --test requests` prints."""
    done = subprocess.run(
        ["cargo", "test", "--quiet", "--release", "-p", "analyzer-core", "--test", "requests", "--", "--nocapture", "where_nothing_changed"],
        cwd=ROOT, env={**os.environ, "REQUESTS": str(pairs)}, capture_output=True, text=True)
    found = re.findall(r"(\d+) requests: (\d+) of (\d+) pairs with a finding", done.stdout)
    return [tuple(map(int, row)) for row in found]


def main() -> None:
    options = parse()
    if options.plateau:
        plateau.PROGRAM = options.plateau.resolve()
    else:
        run("cargo", "build", "--quiet", "--release", "-p", "analyzer-cli", cwd=ROOT)
    if not options.reuse:
        recordings.record(options.rounds, options.fresh)
    if options.record_only:
        return
    faults = judge.judge_faults(COUNTS)
    place = options.nezha or nezha.folder()
    if place is None or str(place) == "-":
        place = None
        print("nezha: left out, no shared captures here; --nezha or PLATEAU_CAPTURES can name their folder", file=sys.stderr)
    known = judge.judge_nezha(place) if place else []
    quiet = judge.judge_quiet(COUNTS)
    mirrors = judge.judge_mirrors([*faults, *known], quiet)
    files = [path for clients in (FEW, MANY) for path in recordings.recorded("none", clients)]
    files += [path for fault in FAULTS for path in recordings.recorded(fault.name, fault.clients)]
    files += sorted(place.glob("*.json.gz")) if place else []
    paths = []
    if plateau.has_paths():
        paths = judge.judge_paths(files)
    else:
        print("critical paths: left out, this plateau does not tell them by request", file=sys.stderr)
    record = Record(faults, known, quiet, mirrors, paths, simulated(options.simulated) if options.simulated else [])
    text = "\n".join([
        head(), record.acceptance(),
        "## Culprits\n", record.rank_table(),
        "First, then in the first 3, of each fault:\n", record.fault_table(),
        "## Causes\n", record.cause_table(),
        "## Without fault\n", record.quiet_table(),
        "## Time\n", "Whole processes, on a machine that does this only if its load above says so.\n", record.time_table(),
        "## Where plateau is wrong\n", "What it says first there. Recordings in target/traces.\n", record.suspects(),
        "## What it finds where nothing changed\n", record.alarms(),
        "## What is not exact\n", record.inexact(),
    ])
    print(text)
    if str(options.record) != "-":
        options.record.mkdir(exist_ok=True)
        target = options.record / f"traces-{datetime.date.today()}.md"
        target.write_text(text)
        print(f"Written to {target}", file=sys.stderr)


if __name__ == "__main__":
    main()
