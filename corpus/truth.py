#!/usr/bin/env python3
"""The corpus's figures, computed by none of Plateau's code: samples, sums, and who grew.

`truth.py` prints each pair's figures and its largest growers and fails unless MANIFEST.toml says the same and `expect`
is the first of them; `truth.py --update` writes the figures into MANIFEST.toml. Needs Python 3.11, and go for pprof.

A profile is reduced to {stack: value} with the stack a tuple of names, leaf first. Growth is that of the self value, in
shares of the total for profiles and per trace for traces.
"""

import gzip
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter, namedtuple
from pathlib import Path

HERE = Path(__file__).resolve().parent
Capture = namedtuple("Capture", "samples total self_values unit_total")


def read_text(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode()


def from_stacks(stacks: list, samples: int) -> Capture:
    """`stacks` are (leaf, value)."""
    own = Counter()
    for leaf, value in stacks:
        own[leaf] += value
    total = sum(own.values())
    return Capture(samples, total, own, total)


def read_perf(path: Path, pair: dict) -> Capture:
    stacks = []
    for block in read_text(path).split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        if lines:
            period = int(re.search(r":\s+(\d+) \S+:\s*$", lines[0]).group(1))
            leaf = re.fullmatch(r"\s+[0-9a-f]+ (.*) \([^()]*(?:\(deleted\))?\)", lines[1]).group(1) if len(lines) > 1 else ""
            stacks.append((re.sub(r"\+0x[0-9a-f]+$", "", leaf), period))
    return from_stacks(stacks, len(stacks))


def read_folded(path: Path, pair: dict) -> Capture:
    stacks = []
    for line in read_text(path).splitlines():
        stack, _, value = line.rpartition(" ")
        leaf = re.sub(r" \([^()]*:\d+\)$", "", stack.split(";")[-1])
        stacks.append((leaf, int(value)))
    total = sum(value for _, value in stacks)
    return from_stacks(stacks, total // pair.get("period", 1))


def read_speedscope(path: Path, pair: dict) -> Capture:
    document = json.loads(read_text(path))
    frames = document["shared"]["frames"]
    stacks = []
    for profile in document["profiles"]:
        for stack, weight in zip(profile["samples"], profile["weights"]):
            stacks.append((frames[stack[-1]]["name"] if stack else "", weight))  # py-spy writes some empty stacks
    return from_stacks(stacks, len(stacks))


def read_pprof(path: Path, pair: dict) -> Capture:
    """By way of `go tool pprof -raw`."""
    text = subprocess.run(["go", "tool", "pprof", "-raw", str(path)], check=True, capture_output=True, text=True).stdout
    samples, locations = text.split("Samples:\n")[1].split("Mappings\n")[0].split("Locations\n")
    header, *rows = samples.splitlines()
    column = [name.split("/")[0] for name in header.replace("[dflt]", "").split()].index(pair["value_type"])
    names = dict(re.findall(r"^\s+(\d+): 0x[0-9a-f]+ M=\d+ (.*?) \S+:\d+ s=\d+", locations, re.M))
    stacks, count = [], 0
    for row in rows:
        match = re.fullmatch(r"([\s\d]+): ([\d ]+)", row)
        if match:
            values = [int(value) for value in match.group(1).split()]
            stacks.append((names[match.group(2).split()[0]], values[column]))
            count += values[0] if pair["value_type"] == "cpu" else 1
    return from_stacks(stacks, count)


def read_jaeger(path: Path, pair: dict) -> Capture:
    """Self time of "service: operation"; the total is that of the root spans."""
    own, total, count = Counter(), 0, 0
    traces = json.loads(read_text(path))["data"]
    for trace in traces:
        spans = {span["spanID"]: span for span in trace["spans"]}
        children = {}
        for span in trace["spans"]:
            for reference in span["references"]:
                children.setdefault(reference["spanID"], []).append(span)
            total += 0 if span["references"] else span["duration"]
        for key, span in spans.items():
            name = f"{trace['processes'][span['processID']]['serviceName']}: {span['operationName']}"
            own[name] += self_time(span, children.get(key, []))
        count += len(spans)
    return Capture(count, total, own, len(traces))


def self_time(span: dict, children: list) -> int:
    """The span's time that none of its children covers."""
    start, end = span["startTime"], span["startTime"] + span["duration"]
    left, at = span["duration"], start
    for child in sorted(children, key=lambda child: child["startTime"]):
        low = max(at, child["startTime"])
        high = min(end, child["startTime"] + child["duration"])
        left -= max(0, high - low)
        at = max(at, high)
    return left


READERS = {"perf-script": read_perf, "folded": read_folded, "speedscope": read_speedscope, "pprof": read_pprof,
           "jaeger": read_jaeger}


def growers(before: Capture, after: Capture) -> list:
    """(growth, before, after, name), the largest growth first; shares, or microseconds a trace."""
    rows = []
    for name in before.self_values | after.self_values:
        low = before.self_values[name] / before.unit_total
        high = after.self_values[name] / after.unit_total
        rows.append((high - low, low, high, name))
    return sorted(rows, reverse=True)


def measure(pair: dict) -> tuple:
    """The figures that MANIFEST.toml must state, and the growers."""
    before, after = (READERS[pair["format"]](HERE / pair[side], pair) for side in ("before", "after"))
    figures = {"samples_before": before.samples, "samples_after": after.samples,
               "sum_before": round(before.total, 6), "sum_after": round(after.total, 6)}
    return figures, growers(before, after)


def update(name: str, figures: dict) -> None:
    """Replaces the figures of one pair, the rest of the file as it was."""
    path = HERE / "MANIFEST.toml"
    head, mark, rest = path.read_text().partition(f'name = "{name}"\n')
    body, gap, tail = rest.partition("[[pair]]")
    for key, value in figures.items():
        body = re.sub(rf"^{key} = .*$", f"{key} = {value}", body, flags=re.M)
    path.write_text(head + mark + body + gap + tail)


def main() -> int:
    failed = 0
    for pair in tomllib.loads((HERE / "MANIFEST.toml").read_text())["pair"]:
        figures, rows = measure(pair)
        if "--update" in sys.argv:
            update(pair["name"], figures)
        elif {key: pair[key] for key in figures} != figures:
            print(f"{pair['name']}: MANIFEST.toml is not up to date")
            failed += 1
        failed += rows[0][3] != pair["expect"]
        print(pair["name"], figures)
        scale = 1 if pair["format"] == "jaeger" else 100
        for growth, low, high, name in rows[:4]:
            print(f"  {growth * scale:+9.2f}  {low * scale:8.2f} -> {high * scale:8.2f}  {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
