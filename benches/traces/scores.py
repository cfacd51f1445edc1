"""Three simple scores of where requests got slower, as tools that know spans by name have them.

Each gives every `service: operation` a time per request (microseconds): summed over its spans, of its spans' own work, or on the
critical path, where all of a span's part is its own operation's. Names are ranked by how much that grew. Written without a look at
how plateau does it, and slow: what it reads are Jaeger's files whole.

    python3 benches/traces/scores.py BEFORE AFTER    # what is ranked by the critical path, for the benches
"""

import gzip
import json
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path


@dataclass
class Span:
    """A span of one trace, times in microseconds."""

    name: str
    """`service: operation`."""
    service: str
    start: int
    end: int
    id: str
    children: list["Span"] = field(default_factory=list)
    """Those that it may have waited for."""
    is_root: bool = True


def read(path: Path) -> list:
    """The traces of a file as Jaeger answers them."""
    opened = gzip.open(path) if path.name.endswith(".gz") else path.open("rb")
    with opened as file:
        return json.load(file)["data"]


def spans_of(trace: dict) -> list[Span]:
    """The spans, linked. A process is known by its number in this trace only."""
    services = {key: process["serviceName"] for key, process in trace["processes"].items()}
    spans, by_id = [], {}
    for record in trace["spans"]:
        service = services[record["processID"]]
        start = record["startTime"]
        span = Span(f"{service}: {record['operationName']}", service, start, start + record["duration"], record["spanID"])
        spans.append(span)
        by_id.setdefault(record["spanID"], span)
    for record, span in zip(trace["spans"], spans):
        for reference in record["references"]:
            parent = by_id.get(reference["spanID"])
            if parent and parent is not span:
                span.is_root = False
                if reference["refType"] == "CHILD_OF":
                    parent.children.append(span)
                break
    return spans


def span_time(spans: list[Span], into: Counter) -> None:
    """All of every span."""
    for span in spans:
        into[span.name] += span.end - span.start


def self_time(spans: list[Span], into: Counter) -> None:
    """What no child covers.

    >>> found = Counter()
    >>> child = [Span("b", "b", start, end, "") for start, end in ((2, 5), (4, 6), (8, 12))]
    >>> self_time([Span("a", "a", 0, 10, "", child)], found); found["a"]
    4
    """
    for span in spans:
        reached, covered = span.start, 0
        for start, end in sorted((child.start, child.end) for child in span.children):
            start, end = max(start, reached), min(end, span.end)
            if end > start:
                covered += end - start
                reached = end
        into[span.name] += span.end - span.start - covered


def critical_path(spans: list[Span], into: Counter) -> None:
    """From the end of each root backwards: the child that ended last, then the one that ended last before that one began.

    >>> found = Counter()
    >>> child = [Span("b", "b", 2, 5, "1"), Span("c", "c", 4, 6, "2"), Span("d", "d", 8, 12, "3"), Span("e", "e", 0, 3, "4")]
    >>> critical_path([Span("a", "a", 0, 10, "", child)], found); sorted(found.items())
    [('a', 3), ('c', 2), ('d', 2), ('e', 3)]
    """
    waiting = [(span, span.start, span.end) for span in spans if span.is_root]
    while waiting:
        span, low, high = waiting.pop()
        ends = []
        for child in span.children:
            start, end = max(child.start, low), min(child.end, high)
            if end > start:
                ends.append((-end, start, child.id, child))
        ends.sort(key=lambda each: each[:3])
        now = high
        for end, start, _, child in ends:
            if -end <= now:
                into[span.name] += now + end
                waiting.append((child, start, -end))
                now = start
        into[span.name] += now - low


SCORES = {"span time": span_time, "self time": self_time, "critical path": critical_path}


@dataclass
class Sums:
    """What a file comes to."""

    requests: int
    spans: int
    duration: float
    """The mean request, microseconds."""
    per_request: dict[str, dict[str, float]]
    """By score, by `service: operation`, microseconds."""
    calls: dict[str, str]
    """The service that most spans of a name call, where most are the caller's side of a call: their only child is a span of
    another service."""
    roots: dict[str, list[int]]
    """Durations of the spans without a parent, by trace."""


@lru_cache(maxsize=None)
def summed(path: Path, scores: tuple[str, ...] = tuple(SCORES)) -> Sums:
    data = read(path)
    sums = {score: Counter() for score in scores}
    called: dict[str, Counter] = defaultdict(Counter)
    number, roots = 0, {}
    for trace in data:
        spans = spans_of(trace)
        number += len(spans)
        roots[trace["traceID"]] = [span.end - span.start for span in spans if span.is_root]
        for score, into in sums.items():
            SCORES[score](spans, into)
        for span in spans:
            only = span.children[0].service if len(span.children) == 1 else span.service
            called[span.name][only if only != span.service else ""] += 1
    calls = {name: callees.most_common(1)[0][0] for name, callees in called.items()
             if 2 * callees.most_common(1)[0][1] > callees.total()}
    requests = len(data)
    duration = sum(max(each, default=0) for each in roots.values()) / max(1, requests)
    per_request = {score: {name: value / requests for name, value in into.items()} for score, into in sums.items()}
    return Sums(requests, number, duration, per_request, {name: callee for name, callee in calls.items() if callee}, roots)


def growth(score: str, before: list[Path], after: Path) -> list[tuple[str, float]]:
    """Names by how much more time per request they have than in the mean of before, microseconds; all of them."""
    sides = [summed(path).per_request[score] for path in before]
    then = summed(after).per_request[score]
    names = sorted(set(then).union(*sides))
    rows = [(name, then.get(name, 0.0) - sum(side.get(name, 0.0) for side in sides) / len(sides)) for name in names]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def main(before: Path, after: Path) -> None:
    """Requests and spans of both files, then what grew most on the critical path."""
    sides = [summed(path, ("critical path",)) for path in (before, after)]
    print(*(f"{side.requests} {side.spans}" for side in sides))
    then, now = (side.per_request["critical path"] for side in sides)
    rows = sorted(((now.get(name, 0.0) - then.get(name, 0.0), name) for name in sorted(set(then) | set(now))), reverse=True)
    for delta, name in rows[:20]:
        print(f"{delta:+.1f} us per request: {name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
