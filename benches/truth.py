#!/usr/bin/env python3
"""Held against the truth: plateau and other tools on recordings of programs whose changes can be switched on.

    benches/truth.py [--pairs N] [--changes N] [--record FOLDER]

Builds the corpus' Rust and Go programs, records N pairs of the unchanged program and N of every change, compares each pair
with `plateau diff`, `go tool pprof -top -diff_base -normalize` and `inferno-diff-folded -n`, and prints how often noise is called
growth, at which rank the truth stands, and how many other rows are said to have grown. Recordings stay in
target/truth. Needs perf and cargo for Rust, go for Go; a program whose tools are absent is left out, with a line that says so.
"""

import argparse
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "target" / "truth"
PLATEAU = ROOT / "target" / "release" / "plateau"

# What each change does to which function, by the programs' own tables; None: nothing grows.
TRUTH = {
    "rust": {
        "blocklist-band": "match_blocklist",
        "tax-twice": "compute_tax",
        "audit-trail": "append_audit",
        "pricing-wrapper": None,
        "wrapper-leaf": "matches_rule",
    },
    "go": {
        "invoice-copy": "appendItem",
        "decode-twice": "DecodeRecord",
        "classify-regexp": "regexp",
        "rating-wrapper": None,
    },
}


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace", **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr.strip()[-500:]}")
    return done.stdout


class Rust:
    name = "rust"
    needs = ["perf", "cargo"]
    suffix = "perf.txt"

    def build(self):
        env = {**os.environ, "RUSTFLAGS": "-C force-frame-pointers=yes"}
        run("cargo", "build", "--quiet", "--release", "--locked", "--target-dir", WORK / "rust-target",
            cwd=ROOT / "corpus/programs/rust", env=env)
        self.program = WORK / "rust-target/release/orderflow"

    def record(self, change, path):
        data = path.with_suffix(".data")
        run("perf", "record", "-q", "-e", "cpu-clock", "-F", "997", "--call-graph", "fp", "-o", data, "--",
            self.program, "--orders", "200000", "--change", change)
        path.write_text(run("perf", "script", "--header", "-i", data))
        data.unlink()


class Go:
    name = "go"
    needs = ["go"]
    suffix = "cpu.pb.gz"

    def build(self):
        self.program = WORK / "billing"
        run("go", "build", "-trimpath", "-buildvcs=false", "-o", self.program, ".", cwd=ROOT / "corpus/programs/go")

    def record(self, change, path):
        run(self.program, "-change", change, "-accounts", "400", "-cpu", path, "-heap", path.with_suffix(".heap"))
        path.with_suffix(".heap").unlink()


def by_plateau(before, after):
    """Functions in the order of the report, and how many of them are said to have grown."""
    report = json.loads(run(PLATEAU, "diff", "-q", before, after, "--format", "json"))
    grown = [row for row in report["plateaus"] if row["growth"]["value"] > 0]
    return [row["function"] for row in grown], sum(row["tier"] == "grew" for row in grown)


def converted(path, form):
    target = path.parent / f"{path.name}.{form}"
    if not target.exists():
        run(PLATEAU, "convert", path, "-o", target)
    return target


def by_pprof(before, after):
    if not shutil.which("go"):
        return None
    sides = [path if path.name.endswith(".pb.gz") else converted(path, "pb.gz") for path in (before, after)]
    text = run("go", "tool", "pprof", "-top", "-normalize", f"-diff_base={sides[0]}", sides[1])
    rows = re.findall(r"^\s*(-?[\d.]+)\S*\s+(-?[\d.]+)%.*?%\s+\S+\s+\S+%\s+(.*)$", text, re.M)
    return [name for value, _, name in rows if float(value) > 0], sum(float(share) >= 0.5 for _, share, _ in rows)


def by_inferno(before, after):
    tool = shutil.which("inferno-diff-folded") or ROOT / "target/rivals/bin/inferno-diff-folded"
    if not Path(tool).exists():
        return None
    sides = [converted(path, "folded") for path in (before, after)]
    deltas, whole = Counter(), 0
    for line in run(tool, "-n", *sides).splitlines():
        stack, one, other = line.rsplit(" ", 2)
        deltas[stack.split(";")[-1]] += int(other) - int(one)
        whole += int(other)
    ranked = [(name, delta) for name, delta in deltas.most_common() if delta > 0]
    return [name for name, _ in ranked], sum(delta >= 0.005 * whole for _, delta in ranked)


TOOLS = [("plateau diff", by_plateau), ("pprof -top -normalize", by_pprof), ("inferno-diff-folded -n", by_inferno)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=60, help="pairs of the unchanged program")
    parser.add_argument("--changes", type=int, default=10, help="pairs of each change")
    parser.add_argument("--record", type=Path, default=ROOT / "benches/record", help="where the table goes, - for nowhere")
    options = parser.parse_args()
    run("cargo", "build", "--quiet", "--release", "-p", "analyzer-cli", cwd=ROOT)
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    lines = [
        "| program | change | tool | pairs | any row called grown | truth first | truth in the first 3 | other rows called grown |",
        "|---|---|---|--:|--:|--:|--:|--:|",
    ]
    for program in (Rust(), Go()):
        missing = [tool for tool in program.needs if not shutil.which(tool)]
        if missing:
            print(f"{program.name}: left out, {', '.join(missing)} is not installed", file=sys.stderr)
            continue
        program.build()
        for change, truth in [("none", None), *TRUTH[program.name].items()]:
            found = {tool: Counter() for tool, _ in TOOLS}
            count = options.pairs if change == "none" else options.changes
            for pair in range(count):
                sides = [WORK / f"{program.name}-{change}-{pair}-{side}.{program.suffix}" for side in ("before", "after")]
                # The sides take turns in coming first, so that what warms up is on neither.
                for side in sides if pair % 2 == 0 else reversed(sides):
                    program.record("none" if side == sides[0] else change, side)
                for tool, ranking in TOOLS:
                    answer = ranking(*sides)
                    if answer is None:
                        continue
                    names, certain = answer
                    rank = next((at for at, name in enumerate(names) if truth and truth in name), None)
                    tally = found[tool]
                    tally["pairs"] += 1
                    tally["any"] += certain > 0
                    tally["first"] += rank == 0
                    tally["third"] += rank is not None and rank < 3
                    tally["other"] += certain - (rank is not None and rank < certain)
                for path in WORK.glob(f"{program.name}-{change}-{pair}-*"):
                    path.unlink()
            for tool, tally in found.items():
                if tally["pairs"]:
                    ranks = (tally["first"], tally["third"]) if truth else ("", "")
                    lines.append(f"| {program.name} | {change} | {tool} | {tally['pairs']} | {tally['any']} | {ranks[0]} | {ranks[1]} "
                                 f"| {tally['other'] / tally['pairs']:.2f} |")
                    print(lines[-1], flush=True)
    text = "\n".join(lines) + "\n"
    if str(options.record) != "-":
        options.record.mkdir(exist_ok=True)
        target = options.record / f"truth-{datetime.date.today()}.md"
        head = ("# Held against the truth\n\n`benches/truth.py`. Growth is what plateau calls *grew*; of the other tools, which call "
                "nothing so, rows of 0.5 % or more.\n\n")
        target.write_text(head + text)
        print(f"Written to {target}")


if __name__ == "__main__":
    main()
