"""Plateau's answers: what it ranks first, what it calls found, the causes it names."""

import json
import os
import subprocess
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from recordings import ROOT, run

PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/plateau"
SURE = ("grew", "shrank")


@dataclass(frozen=True)
class Row:
    """A row of a ranking."""

    name: str
    delta_us: float
    services: frozenset[str]
    """The services that it is about: of an operation its own, of a link both ends, of a callee without spans that callee."""


@dataclass
class Report:
    """What `plateau diff` says of one set against others."""

    text: str
    findings: dict
    seconds: float

    @property
    def rows(self) -> list[Row]:
        """Contributions that have more after than before, in plateau's order."""
        return [Row(row["frame"], row["delta_us_per_request"], services_of(row["frame"]))
                for row in self.findings["contributions"] if row["delta_us_per_request"] > 0]

    @property
    def causes(self) -> list[dict]:
        return self.findings["causes"]

    @property
    def found(self) -> dict[str, list[str]]:
        """Anything that is said to differ, by kind of finding."""
        findings = self.findings
        return {
            "contributions": [f"{row['frame']} {row['tier']}" for row in findings["contributions"] if row["tier"] in SURE],
            "causes": [f"{row['code']}: {row['title']}" for row in findings["causes"]],
            "structure": [f"{row['caller']} calls {row['called']}: {row['code']}" for row in findings["structure"]],
            "tags": [f"{row['service']}: {', '.join(row['pairs'])}" for row in findings["tags"]],
        }


def services_of(frame: str) -> frozenset[str]:
    """The services that a frame is about.

    >>> sorted(services_of("net:shop -> cart")), sorted(services_of("cart: GET /x: y")), sorted(services_of("remote:db: SELECT a"))
    (['cart', 'shop'], ['cart'], ['db'])
    """
    if frame.startswith("net:"):
        return frozenset(frame.removeprefix("net:").split(" -> "))
    return frozenset([frame.removeprefix("remote:").split(": ")[0]])


def diff(before: list[Path], after: Path) -> Report:
    options = [word for path in before for word in ("--before", path)] + [after] if len(before) > 1 else [before[0], after]
    begin = time.perf_counter()
    text = run(PROGRAM, "diff", "-q", "--format", "json", *options)
    seconds = time.perf_counter() - begin
    report = json.loads(text)
    return Report(report["verdict"]["text"], report["traces"], seconds)


@lru_cache(maxsize=1)
def has_paths() -> bool:
    """Whether this plateau tells the critical path of every request."""
    done = subprocess.run([PROGRAM, "trace", "--help"], capture_output=True, text=True)
    return done.returncode == 0 and "--critical-path" in done.stdout


def critical_paths(path: Path) -> list[dict]:
    """`trace_id`, `duration_us` and `segments` of every request of a set."""
    text = run(PROGRAM, "trace", "-q", "--critical-path", "--format", "json", path)
    return json.loads(text)["traces"]["critical_paths"]
