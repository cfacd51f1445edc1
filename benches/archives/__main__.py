"""Held against archives: folders of captures, as `plateau batch` meets them.

    python3 benches/archives [rank] [hostile] [resume] [disk] [speed] [--pairs N] [--plateau PROGRAM] [--record FOLDER]

rank: a folder of 1,000 pairs with 20 planted regressions. hostile: 71 of them broken. resume: killed at ten moments and run again.
disk: a disk that fills up. speed: 10,000 small captures. Without a name, all. What is made stays in target/archives.
"""

import argparse
import datetime
import os
import subprocess
import sys
from pathlib import Path

import faults
import hostile
import speed
import thousand
from programs import ROOT

PARTS = {
    "rank": ("Planted regressions", lambda plateau, options: thousand.rank(plateau, options.pairs, options.planted)),
    "hostile": ("Broken files", lambda plateau, options: hostile.check(plateau, options.pairs, options.planted)),
    "resume": ("Killed and run again", lambda plateau, options: faults.resume(plateau, options.pairs, options.planted)),
    "disk": ("A full disk", lambda plateau, options: faults.disk(plateau, options.pairs, options.planted)),
    "speed": ("Speed and memory", lambda plateau, options: speed.measure(plateau, options.captures)),
}


def machine() -> str:
    info = Path("/proc/cpuinfo")
    models = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return f"{models[0] if models else 'processor unknown'}, {os.cpu_count()} threads, load {os.getloadavg()[0]:.1f} at the start"


def main() -> int:
    parser = argparse.ArgumentParser(prog="benches/archives", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help="of " + ", ".join(PARTS))
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--planted", type=int, default=20)
    parser.add_argument("--captures", type=int, default=10_000, help="of which speed is measured")
    parser.add_argument("--plateau", type=Path, help="one that is built; else the release build of this checkout")
    parser.add_argument("--record", default=str(ROOT / "benches/record"), help="the folder for the record, - for nowhere")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}")
    plateau = options.plateau
    if plateau is None:
        subprocess.run(["cargo", "build", "--quiet", "--release", "-p", "analyzer-cli"], cwd=ROOT, check=True)
        plateau = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/plateau"
    plateau = plateau.resolve()
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    text = [f"# Archives, {datetime.date.today()}\n\n{machine()}; commit {commit}. "
            f"`{' '.join(['python3', 'benches/archives', *sys.argv[1:]])}`\n"]
    missed = []
    for name in options.parts or PARTS:
        title, part = PARTS[name]
        said, held = part(plateau, options)
        text.append(f"## {title}\n\n{said}")
        print(text[-1], flush=True)
        if not held:
            missed.append(title)
    text.append(f"Not as it should be: {', '.join(missed)}.\n" if missed else "All as it should be.\n")
    print(text[-1])
    if options.record != "-":
        (Path(options.record) / f"archives-{datetime.date.today()}.md").write_text("\n".join(text))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
