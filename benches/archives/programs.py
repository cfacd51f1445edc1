"""The programs of the corpus as stacks with shares, and captures drawn from them."""

import bisect
import gzip
import itertools
import math
import os
import random
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = ROOT / "corpus/captures"
WORK = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "archives"

Stack = tuple[str, ...]
"""Frames from the root to the leaf."""


def function(frame: str) -> str:
    """The function of a frame; of py-spy's `name (file:line)` the name, and without flamegraph.pl's `_[k]`.

    >>> [function(frame) for frame in ("Catalogue.find (shopreport/items.py:12)", "clear_page_erms_[k]", "orderflow::risk::score")]
    ['Catalogue.find', 'clear_page_erms', 'orderflow::risk::score']
    """
    return frame.split(" (")[0] if frame.endswith(")") and " (" in frame else frame.removesuffix("_[k]").removesuffix("_[i]")


@dataclass
class Program:
    """Stacks and how often each is sampled; shares add up to 1."""

    name: str
    stacks: list[Stack]
    shares: list[float]

    def own(self) -> Counter[str]:
        """The share of every function by itself."""
        own = Counter()
        for stack, share in zip(self.stacks, self.shares):
            own[function(stack[-1])] += share
        return own

    def scaled(self, factor) -> "Program":
        """The same where each function takes `factor(function)` of what it took, and what the whole takes then is 1."""
        factors = {name: factor(name) for name in self.own()}
        shares = [share * factors[function(stack[-1])] for stack, share in zip(self.stacks, self.shares)]
        whole = sum(shares)
        return Program(self.name, self.stacks, [share / whole for share in shares])

    def grown(self, name: str, growth: float) -> "Program":
        """The same with a function slower, so that the whole takes `growth` of itself more."""
        factor = 1 + growth / self.own()[name]
        return self.scaled(lambda each: factor if each == name else 1.0)


def read(name: str, text: str, unit: int = 1) -> Program:
    """Folded text; `unit` is the value of a sample."""
    counts = Counter()
    for line in text.splitlines():
        stack, value = line.rsplit(" ", 1)
        counts[tuple(stack.split(";"))] += int(value) / unit
    whole = sum(counts.values())
    return Program(name, list(counts), [count / whole for count in counts.values()])


def all_programs(plateau: Path) -> list[Program]:
    """Those of Rust, Go and Python, before their planted change. Go's pprof file is turned into folded text by plateau."""
    def packed(name: str) -> str:
        return gzip.decompress((CAPTURES / name).read_bytes()).decode()

    go = subprocess.run([plateau, "convert", "-q", "--sample-index", "samples", CAPTURES / "go/before.cpu.pb.gz", "--format",
                         "folded"], check=True, capture_output=True, text=True).stdout
    return [read("rust", packed("rust/before.folded.gz"), 1_003_009), read("go", go),
            read("python", packed("python/before.raw.folded.gz"))]


def draw(rng: random.Random, program: Program, samples: int, run: float, scatter: float) -> list[Stack]:
    """So many samples in the order of time. They come in runs of one stack, `run` of them on average, geometrically; and every
    function is faster or slower by a log-normal factor of deviation `scatter`, as from one run of a program to the next."""
    if scatter:
        program = program.scaled(lambda _: math.exp(rng.gauss(0, scatter)))
    sums = list(itertools.accumulate(program.shares))
    drawn: list[Stack] = []
    while len(drawn) < samples:
        stack = program.stacks[min(bisect.bisect(sums, rng.random() * sums[-1]), len(sums) - 1)]
        length = 1 if run <= 1 else 1 + int(math.log(1 - rng.random()) / math.log(1 - 1 / run))
        drawn.extend([stack] * length)
    return drawn[:samples]


def noise(samples: int, share: float, run: float, scatter: float) -> float:
    """The deviation of the difference of a function's share between two captures of unchanged code, by the model of `draw`.

    >>> shares = []
    >>> for seed in range(400):
    ...     rng, program = random.Random(seed), Program("", [("a",), ("b",), ("c",)], [0.1, 0.3, 0.6])
    ...     one, other = (draw(rng, program, 2000, 3, 0.0).count(("a",)) / 2000 for _ in range(2))
    ...     shares.append((one - other) ** 2)
    >>> 0.9 < math.sqrt(sum(shares) / 400) / noise(2000, 0.1, 3, 0.0) < 1.1
    True
    """
    burst = 2 * run - 1  # the variance of geometric runs over that of single samples
    return math.sqrt(2 * burst * share * (1 - share) / samples + 2 * (scatter * share) ** 2)
