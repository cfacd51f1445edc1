"""Plateau and its rivals: which functions each says have grown, in its order.

A rival calls nothing *grown*; rows of 0.5 % of the whole or more are taken for that. A rival reads what it reads best: its
input is converted once, which its time does not hold.
"""

import json
import os
import re
import shutil
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from programs import ROOT, run

PLATEAU = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/plateau"
WIDE = 0.005


@dataclass
class Answer:
    """What a tool says of two captures."""

    ranked: list[str]
    """Functions that have more after than before, in the tool's order."""
    grew: list[str]
    """Those it calls grown."""
    seconds: float = 0.0
    report: dict = field(default_factory=dict)
    """Plateau's report."""


def timed(*command) -> tuple[str, float]:
    begin = time.perf_counter()
    text = run(*command)
    return text, time.perf_counter() - begin


def index_option(program) -> list[str]:
    return ["--sample-index", program.sample_index] if program.sample_index else []


def converted(program, path: Path, form: str) -> Path:
    """The capture in a rival's format, beside the recording."""
    target = path.with_name(f"{path.name}.{program.sample_index or 'samples'}.{form}")
    if not target.exists():
        part = target.with_name(f".{target.name}")
        run(PLATEAU, "convert", path, *index_option(program), "-o", part)
        part.rename(target)
    return target


def plateau(program, before: Path, after: Path) -> Answer:
    text, seconds = timed(PLATEAU, "diff", "-q", *index_option(program), before, after, "--format", "json")
    report = json.loads(text)
    rows = [row for row in report["plateaus"] if row["growth"]["value"] > 0]
    return Answer([row["function"] for row in rows], [row["function"] for row in rows if row["tier"] == "grew"], seconds, report)


def pprof(program, before: Path, after: Path) -> Answer:
    own = before.name.endswith(".pb.gz")
    sides = [path if own else converted(program, path, "pb.gz") for path in (before, after)]
    index = [f"-sample_index={program.sample_index}"] if program.sample_index else []
    text, seconds = timed("go", "tool", "pprof", "-top", "-nodecount=500", "-normalize", *index, f"-diff_base={sides[0]}", sides[1])
    rows = re.findall(r"^\s*(-?[\d.]+)\S*\s+(-?[\d.]+)%.*?%\s+\S+\s+\S+%\s+(.*)$", text, re.M)
    rows = [(name.removesuffix(" (inline)"), float(share) / 100) for value, share, name in rows if float(value) > 0]
    return Answer([name for name, _ in rows], [name for name, share in rows if share >= WIDE], seconds)


def inferno_path() -> str | None:
    places = (os.environ.get("RIVALS_BIN", ""), ROOT / "target/rivals/bin")
    found = (Path(place) / "inferno-diff-folded" for place in places if place)
    return next((str(path) for path in found if path.exists()), shutil.which("inferno-diff-folded"))


def inferno(program, before: Path, after: Path) -> Answer:
    sides = [converted(program, path, "folded") for path in (before, after)]
    text, seconds = timed(inferno_path(), "-n", *sides)
    deltas, whole = Counter(), 0
    for line in text.splitlines():
        stack, one, other = line.rsplit(" ", 2)
        deltas[stack.split(";")[-1]] += int(other) - int(one)
        whole += int(other)
    rows = [(name, delta / whole) for name, delta in deltas.most_common() if delta > 0]
    return Answer([name for name, _ in rows], [name for name, share in rows if share >= WIDE], seconds)


def perf(program, before: Path, after: Path) -> Answer | None:
    """`perf diff` of the perf.data; names are the program's own there, so none can be given another."""
    sides = [path.with_name(f"{path.name.split('.')[0]}.data") for path in (before, after)]
    if not before.name.endswith("perf.txt.gz") or "renamed" in after.name or not all(side.exists() for side in sides):
        return None
    text, seconds = timed("perf", "diff", "-q", *sides)
    rows = re.findall(r"^\s*(?:[\d.]+%)?\s+([+-][\d.]+)%\s+\S+\s+\[.\]\s+(.*?)\s*$", text, re.M)
    rows = [(name, float(delta) / 100) for delta, name in rows if float(delta) > 0]
    return Answer([name for name, _ in rows], [name for name, share in rows if share >= WIDE], seconds)


ALL = {
    "plateau diff": (plateau, lambda: PLATEAU.exists()),
    "pprof -top -normalize": (pprof, lambda: shutil.which("go") is not None),
    "inferno-diff-folded -n": (inferno, lambda: inferno_path() is not None),
    "perf diff": (perf, lambda: shutil.which("perf") is not None),
}


def version(*command) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip().split("\n")[0]
    except OSError:
        return "absent"
