"""One comparison after another, by every tool: where the truth stands, what else is said to have grown."""

import gzip
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import tools
from changes import Change
from programs import folder

SWAPPED = {"grew": "shrank", "may_have_grown": "may_have_shrunk", "shrank": "grew", "may_have_shrunk": "may_have_grown"}


@dataclass
class Outcome:
    """What one tool says of one pair."""

    program: str
    size: str
    change: Change
    tool: str
    sides: tuple[Path, Path]
    rank: int | None
    """Of the first right answer, from 1."""
    grew: list[str]
    beside: list[str]
    """What is said to have grown and neither is the truth nor follows from it."""
    seconds: float
    detectable: dict | None = None
    """The smallest growth that plateau says it would find; none where it gives sizes only, and so cannot call anything grown."""
    unmirrored: list[str] = field(default_factory=list)
    """In what diff(b,a) is not the mirror of diff(a,b)."""


def pairs(program, size: str, change: Change) -> list[tuple[Path, Path]]:
    """What is recorded of a change: before and after of each round. An unchanged recording is in one unchanged pair only."""
    def path(name: str, number: int) -> Path:
        return folder(program, size, name) / f"{number}.{program.suffix}"

    found = []
    number = 0
    shift = change.recording == "none"
    while path("none", 2 * number).exists():
        after = path("none", 2 * number + 1) if shift else path(change.recording, number)
        if after.exists():
            found.append((path("none", 2 * number), after))
        number += 1
    return found


def given_names(path: Path, change: Change) -> Path:
    """The capture under the names of a change. Of the same length, so that lengths in a pprof file stay true."""
    if not change.renamed:
        return path
    number, suffix = path.name.split(".", 1)
    target = path.with_name(f"{number}.renamed-{change.name}.{suffix}")
    content = gzip.decompress(path.read_bytes())
    for old, new in change.renamed:
        # A digit may follow: in a pprof file, the next field's tag.
        content, times = re.subn(rf"(?<!\w){re.escape(old)}(?![A-Za-z_])".encode(), new.encode(), content)
        if not times:
            sys.exit(f"{path}: {old} is not in it, so it cannot be renamed")
    target.write_bytes(gzip.compress(content, 1, mtime=0))
    return target


def unmirrored(program, report: dict, before: Path, after: Path) -> list[str]:
    """diff(b,a) against diff(a,b): tiers swapped, k' = 1/k, delta' = -delta/k, the same order within growth and shrinkage."""
    other = tools.plateau(program, after, before).report
    k = report["scale"]["k"]
    wrong = []
    if abs(other["scale"]["k"] * k - 1) > 1e-6:
        wrong.append(f"k {k:.6f} and {other['scale']['k']:.6f}")

    def key(row: dict) -> tuple:
        return row["kind"], min(row["function"], row["renamed_from"] or row["function"])

    for sign, name in ((1, "growth"), (-1, "shrinkage")):
        here = [key(row) for row in report["plateaus"] if sign * row["growth"]["value"] > 0]
        there = [key(row) for row in other["plateaus"] if sign * row["growth"]["value"] < 0]
        if sorted(here) != sorted(there):
            wrong.append(f"{name}: rows {sorted(set(here) ^ set(there))}")
        elif here != there:
            wrong.append(f"{name}: order")
    mirror = {key(row): row for row in other["plateaus"]}
    for row in report["plateaus"]:
        twin = mirror.get(key(row))
        if not twin:
            continue
        if twin["tier"] != SWAPPED.get(row["tier"], row["tier"]):
            wrong.append(f"{row['function']}: {row['tier']} and {twin['tier']}")
        delta, back = row["growth"]["value"], twin["growth"]["value"]
        if abs(back + delta / k) > 1e-6 * abs(delta / k) + 1e-4:
            wrong.append(f"{row['function']}: delta {delta} and {back}, k {k:.6f}")
    return wrong


def compare(program, size: str, change: Change, sides: tuple[Path, Path], chosen: list[str], mirrored: bool) -> list[Outcome]:
    """The outcome of every tool that can answer."""
    before, after = sides[0], given_names(sides[1], change)
    outcomes = []
    for name in chosen:
        answer = tools.ALL[name][0](program, before, after)
        if answer is None:
            continue
        rank = next((at for at, function in enumerate(answer.ranked, 1) if change.is_truth(function)), None)
        beside = [function for function in answer.grew if not change.is_truth(function) and not change.is_follower(function)]
        outcome = Outcome(program.name, size, change, name, (before, after), rank, answer.grew, beside, answer.seconds)
        if answer.report:
            outcome.detectable = (answer.report["noise"] or {}).get("detectable_pct")
            if mirrored:
                outcome.unmirrored = unmirrored(program, answer.report, before, after)
        outcomes.append(outcome)
    return outcomes


def judge(program, sizes: list[str], chosen: list[str], wanted: set[str], pair_limit: int, change_limit: int) -> list[Outcome]:
    """Every recorded pair of a program."""
    outcomes = []
    for size in sizes:
        for change in program.changes:
            if wanted and change.name not in wanted:
                continue
            limit = pair_limit if change.name == "none" else change_limit
            for number, sides in enumerate(pairs(program, size, change)[:limit]):
                outcomes += compare(program, size, change, sides, chosen, True)
            print(f"{program.name} {size} {change.name}: compared", file=sys.stderr, flush=True)
    return outcomes
