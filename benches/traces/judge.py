"""One comparison after another: where the culprit stands, what is found where nothing changed, whether the figures add up."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nezha
import plateau
import recordings
import scores
from plateau import Report, Row
from recordings import FAULTS, FEW, MANY, Fault

PLATEAU = "plateau diff"
LEAST_SHARE, LEAST_US = 0.01, 500.0
"""What a simple score has to grow by, of the mean request and in microseconds, to be taken for a finding: plateau's own bars."""
LISTED = 200
"""Contributions that plateau lists at most."""
SWAPPED = {"grew": "shrank", "may_have_grown": "may_have_shrunk", "shrank": "grew", "may_have_shrunk": "may_have_grown",
           "new": "gone", "gone": "new", "more": "fewer", "fewer": "more"}


@dataclass
class Outcome:
    """What one score says of one set with a fault."""

    system: str
    fault: str
    score: str
    before: list[Path]
    after: Path
    rank: int | None
    """Of the first right answer, from 1."""
    rows: list[Row]
    report: Report | None = None
    """Plateau's."""
    named: bool | None = None
    """Whether a right cause is named; none where no known pattern is behind the fault."""
    named_first: bool | None = None
    beside: list[str] = field(default_factory=list)
    """Causes that are named and are not right."""


@dataclass
class Quiet:
    """What one score says of two sets without fault."""

    clients: int
    baselines: int
    disjoint: bool
    """Whether no recording is in two such comparisons."""
    score: str
    before: list[Path]
    after: Path
    found: dict[str, list[str]]
    """By kind of finding."""

    @property
    def alarm(self) -> bool:
        return any(self.found.values())


@dataclass
class Mirror:
    before: Path
    after: Path
    wrong: list[str]


@dataclass
class Paths:
    """Whether the segments of critical paths come to the duration of the root."""

    path: Path
    requests: int
    wrong: list[str]


def simple_rows(score: str, before: list[Path], after: Path) -> list[Row]:
    """What grew by a simple score. A row is about the service of its operation, and about the service it calls where its spans are the
    caller's side of a call: as generous as plateau's links are."""
    sides = [scores.summed(path).calls for path in (*before, after)]
    calls = {name: callee for side in sides for name, callee in side.items()}
    rows = []
    for name, delta in scores.growth(score, before, after):
        if delta > 0:
            services = {name.split(": ")[0]} | ({calls[name]} if name in calls else set())
            rows.append(Row(name, delta, frozenset(services)))
    return rows


def ranked(system: str, fault: str, before: list[Path], after: Path, is_right: Callable[[str, Row], bool]) -> list[Outcome]:
    """Every score on one comparison; plateau first."""
    report = plateau.diff(before, after)
    answers = [(PLATEAU, report.rows, report)]
    answers += [(score, simple_rows(score, before, after), None) for score in scores.SCORES]
    outcomes = []
    for score, rows, own in answers:
        rank = next((at for at, row in enumerate(rows, 1) if is_right(score, row)), None)
        outcomes.append(Outcome(system, fault, score, before, after, rank, rows, own))
    return outcomes


def is_right_cause(fault: Fault, cause: dict) -> bool:
    return cause["code"] in fault.causes and cause["frame"] in (None, *fault.frames, *fault.about)


def judge_causes(fault: Fault, outcome: Outcome) -> None:
    causes = outcome.report.causes
    right = [is_right_cause(fault, cause) for cause in causes]
    if fault.causes:
        outcome.named, outcome.named_first = any(right), bool(right) and right[0]
    outcome.beside = [cause["code"] for cause, held in zip(causes, right)
                      if not held and not (cause["code"] in fault.follows and cause["frame"] in fault.frames)]


def judge_faults(counts: tuple[int, ...]) -> list[Outcome]:
    """Every recording with a fault against the recordings without one that are nearest to it, `counts` of them."""
    outcomes = []
    for fault in FAULTS:
        def is_right(score: str, row: Row) -> bool:
            return row.name in (fault.frames if score == PLATEAU else fault.operations)

        for after in recordings.recorded(fault.name, fault.clients):
            for count in counts:
                before = recordings.baselines(fault.clients, recordings.number_of(after), count)
                if len(before) == count:
                    found = ranked("bookstore", fault.name, before, after, is_right)
                    judge_causes(fault, found[0])
                    outcomes += found
        say(f"{fault.name}: compared")
    return outcomes


def judge_nezha(place: Path) -> list[Outcome]:
    """A row is right when it is about the faulty service: its operation, a link to or from it, or it as a callee without spans."""
    outcomes = []
    for each in nezha.injected(place):
        outcomes += ranked(f"nezha {each.system}", f"{each.service} {each.fault}", [each.before], each.after,
                           lambda _, row, each=each: each.service in row.services)
    say("nezha: compared")
    return outcomes


def quiet_sets(clients: int, count: int) -> list[tuple[bool, list[Path], Path]]:
    """Sets without fault to be compared: first such that no recording is in two of them; where there is more than one of before, also
    each recording in turn as after, with those nearest to it as before."""
    every = recordings.recorded("none", clients)
    size = count + 1
    sets = [(True, every[at:at + count], every[at + count]) for at in range(0, len(every) - count, size)]
    if count > 1:
        for at, after in enumerate(every):
            before = sorted((path for path in every if path != after), key=lambda path: (abs(every.index(path) - at), every.index(path)))
            if len(before) >= count:
                sets.append((False, before[:count], after))
    return sets


def judge_quiet(counts: tuple[int, ...]) -> list[Quiet]:
    outcomes = []
    for clients in (FEW, MANY):
        for count in counts:
            for disjoint, before, after in quiet_sets(clients, count):
                outcomes.append(Quiet(clients, count, disjoint, PLATEAU, before, after, plateau.diff(before, after).found))
                mean = sum(scores.summed(path).duration for path in before) / len(before)
                for score in scores.SCORES:
                    rows = [f"{row.name} {row.delta_us:+.0f} us" for row in simple_rows(score, before, after)
                            if row.delta_us >= max(LEAST_US, LEAST_SHARE * mean)]
                    outcomes.append(Quiet(clients, count, disjoint, score, before, after, {"grown": rows}))
    say("without fault: compared")
    return outcomes


def near(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * (abs(one) + abs(other)) + 1e-6


def unmirrored(before: Path, after: Path) -> list[str]:
    """diff(b,a) against diff(a,b): the same frames, tiers swapped, changes and their intervals negated."""
    there, back = (plateau.diff([one], other).findings for one, other in ((before, after), (after, before)))
    wrong = []
    if not all(near(there["mean"][f"{one}_us"], back["mean"][f"{other}_us"]) for one, other in (("before", "after"), ("after", "before"))):
        wrong.append("mean")
    if not near(there["mean"]["mix_us"], -back["mean"]["mix_us"]):
        wrong.append("mix")
    mirror = {row["frame"]: row for row in back["contributions"]}
    # A long list ends with what is below the evidence, growth before shrinkage: there the mirrored one ends otherwise.
    whole = len(mirror) < LISTED
    frames = [{row["frame"] for row in side["contributions"] if whole or row["tier"] in plateau.SURE} for side in (there, back)]
    wrong += [f"{frame}: only one way round" for frame in sorted(frames[0] ^ frames[1])]
    for row in there["contributions"]:
        twin = mirror.get(row["frame"])
        if not twin:
            continue
        if twin["tier"] != SWAPPED.get(row["tier"], row["tier"]) and not near(row["delta_us_per_request"], 0):
            wrong.append(f"{row['frame']}: {row['tier']} and {twin['tier']}")
        for key, other in (("delta_us_per_request", "delta_us_per_request"), ("calls_us_per_request", "calls_us_per_request"),
                           ("low", "high"), ("high", "low")):
            if None not in (row[key], twin[other]) and not near(row[key], -twin[other]):
                wrong.append(f"{row['frame']}: {key} {row[key]:.3f} and {other} {twin[other]:.3f}")
    calls = {(row["caller"], row["called"]): row["code"] for row in back["structure"]}
    for row in there["structure"]:
        if SWAPPED[row["code"]] != calls.pop((row["caller"], row["called"]), None):
            wrong.append(f"{row['caller']} calls {row['called']}: {row['code']}")
    return wrong + [f"{caller} calls {called}: only one way round" for caller, called in calls]


def judge_mirrors(outcomes: list[Outcome], quiet: list[Quiet]) -> list[Mirror]:
    """All comparisons of one set with one."""
    pairs = [(each.before[0], each.after) for each in (*outcomes, *quiet) if each.score == PLATEAU and len(each.before) == 1]
    mirrors = [Mirror(*pair, unmirrored(*pair)) for pair in pairs]
    say("mirrored: compared")
    return mirrors


def judge_paths(files: list[Path]) -> list[Paths]:
    """The durations are those in the file itself."""
    found = []
    for path in files:
        roots = scores.summed(path).roots
        wrong = []
        told = plateau.critical_paths(path)
        if sorted(each["trace_id"] for each in told) != sorted(roots):
            wrong.append(f"{len(told)} paths of {len(roots)} requests")
        for each in told:
            whole = sum(segment["end_us"] - segment["start_us"] for segment in each["segments"])
            if not near(whole, each["duration_us"]) or each["duration_us"] not in roots.get(each["trace_id"], ()):
                wrong.append(f"{each['trace_id']}: segments {whole}, told {each['duration_us']}, in the file {roots.get(each['trace_id'])}")
        found.append(Paths(path, len(told), wrong))
    say("critical paths: added up")
    return found


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
