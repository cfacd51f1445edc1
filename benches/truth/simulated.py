"""The simulated figures: what `cargo test -p analyzer-core --test simulated` prints."""

import os
import re
import subprocess
from dataclasses import dataclass, field

from programs import ROOT


@dataclass
class Simulated:
    alarms: list[tuple[str, int, int, float]] = field(default_factory=list)
    """How drawn, alarms, comparisons, upper bound in percent."""
    planted: list[tuple[str, int, int, int, int, int, int]] = field(default_factory=list)
    """How drawn, above what is detectable, first, in the first three, other rows, rows, intervals that hold the truth."""
    quiet: list[tuple[str, int, int]] = field(default_factory=list)
    """Wrapped or renamed, alarms, comparisons."""
    failed: bool = False


def simulated(runs: int) -> Simulated:
    done = subprocess.run(
        ["cargo", "test", "--quiet", "--release", "-p", "analyzer-core", "--test", "simulated", "--", "--nocapture"],
        cwd=ROOT, env={**os.environ, "SIMULATED": str(runs)}, capture_output=True, text=True)
    found = Simulated(failed=done.returncode != 0)
    for line in done.stdout.splitlines():
        if row := re.search(r"unchanged, (\w+, \d+ samples): (\d+) of (\d+) call something grown \(at most ([\d.]+) %\)", line):
            found.alarms.append((row[1], int(row[2]), int(row[3]), float(row[4])))
        elif row := re.search(r"grown by 3 points, (\w+, \d+ samples): above what is detectable (\d+), first (\d+), in the first "
                              r"three (\d+); other rows (\d+); intervals hold (\d+) of (\d+)", line):
            shown, first, third, other, held, rows = map(int, row.groups()[1:])
            found.planted.append((row[1], shown, first, third, other, rows, held))
        elif row := re.search(r"((?:wrapped|renamed), \d+ samples): (\d+) of (\d+) call something grown", line):
            found.quiet.append((row[1], int(row[2]), int(row[3])))
    return found
