"""A folder of pairs, a few of which hold a planted regression, and whether plateau looks at these first.

Each pair is a program of the corpus whose functions were given other shares, so that no two services are alike, and drawn twice.
"""

import functools
import json
import math
import random
import shutil
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from forms import FORMS
from programs import WORK, Program, all_programs, draw, function, noise

SEED = 20
SERVICES = ["accounts", "basket", "billing", "catalogue", "checkout", "gateway", "ledger", "mailer", "orders", "payments",
            "pricing", "refunds", "search", "sessions", "shipping", "stock", "tax", "thumbnails", "tracking", "users"]
EXTENSIONS = ["pb.gz"] * 5 + ["folded"] * 2 + ["folded.gz"] * 2 + ["perf.txt.gz"]


@dataclass
class Planted:
    """What was planted into a pair."""

    pair: str
    function: str
    share_before: float
    growth: float
    """Of the whole before."""
    deviations: float
    """The growth over the noise of its difference, by the model that the captures are drawn from."""


def plant(rng: random.Random, program: Program, samples: int, run: float, scatter: float) -> tuple[str, float, float, float] | None:
    """A function of 1 to 15 % and its growth of 2 to 10 points, eight deviations or more."""
    fit = [(name, share) for name, share in sorted(program.own().items())
           if 0.01 <= share <= 0.15 and name not in ("[unknown]", "")]
    if not fit:
        return None
    name, share = rng.choice(fit)
    growth = rng.uniform(0.02, 0.10)
    deviations = growth / noise(samples, share + growth / 2, run, scatter)
    return (name, share, growth, deviations) if deviations >= 8 else None


def make(plateau: Path, pairs: int, planted: int) -> Path:
    """The folders `before` and `after`, and `truth.json`. What is there already is kept."""
    folder = WORK / f"{pairs}-{planted}"
    if (folder / "truth.json").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    programs = all_programs(plateau)
    chosen = set(random.Random(SEED).sample(range(pairs), planted))
    truth = []
    for at in range(pairs):
        rng = random.Random(f"{SEED}/{at}")
        base = rng.choice(programs).scaled(lambda _: math.exp(rng.gauss(0, 0.5)))
        found = None
        while True:
            samples = round(math.exp(rng.uniform(math.log(500), math.log(15_000))))
            run, scatter = rng.choice([1, 1, 2, 4]), rng.choice([0, 0.01, 0.02, 0.03])
            if at not in chosen or (found := plant(rng, base, samples, run, scatter)):
                break
        extension = rng.choice(EXTENSIONS)
        service, host, hour = SERVICES[at % len(SERVICES)], at // len(SERVICES) // 5, at // len(SERVICES) % 5
        name = f"{service}/host-{host:02d}/{10 + hour}h.{extension}"
        after, work = base, 1.0
        if found:
            after, work = base.grown(found[0], found[2]), 1 + found[2]
            truth.append(Planted(name, *found))
        for side, program, work in (("before", base, 1.0), ("after", after, work)):
            path = folder / side / name
            path.parent.mkdir(parents=True, exist_ok=True)
            # The load differs, too.
            drawn = draw(rng, program, max(1, round(samples * work * rng.uniform(0.85, 1.15))), run, scatter)
            path.write_bytes(FORMS[extension](drawn))
    (folder / "truth.json").write_text(json.dumps([asdict(each) for each in truth], indent=1))
    return folder


@functools.cache
def compared(plateau: Path, folder: Path) -> tuple[Path, float, subprocess.CompletedProcess]:
    """The output of a run that nothing disturbs, and its seconds; once for all parts."""
    output = folder.with_name(folder.name + "-compared")
    shutil.rmtree(output, ignore_errors=True)
    begin = time.perf_counter()
    run = subprocess.run(command(plateau, folder, output), capture_output=True, text=True)
    return output, time.perf_counter() - begin, run


def command(plateau: Path, folder: Path, output: Path) -> list:
    return [plateau, "batch", "-q", folder / "before", folder / "after", "-o", output]


def rows(output: Path) -> list[dict]:
    return [json.loads(line) for line in (output / "results.jsonl").read_text().splitlines()]


def has_grown(row: dict) -> bool:
    return row["verdict"] is not None and row["verdict"]["code"] in ("grew", "mixed")


def rank(plateau: Path, pairs: int, planted: int) -> tuple[str, bool]:
    """What plateau says of the set, as Markdown, and whether it is as it should be: the planted ones first, and of the others at
    most 2 in 980 called grown."""
    begin = time.perf_counter()
    folder = make(plateau, pairs, planted)
    made = time.perf_counter() - begin
    output, took, run = compared(plateau, folder)
    if run.returncode != 0:
        return f"plateau batch ended with {run.returncode}: {run.stderr}", False
    found = rows(output)
    ranks = {row["pair"]: (at, row) for at, row in enumerate(found, 1)}
    truth = [Planted(**each) for each in json.loads((folder / "truth.json").read_text())]
    lines = ["| rank | pair | planted | share before | growth, points | over its noise | verdict | q | first row | right |",
             "|--:|---|---|--:|--:|--:|---|--:|---|---|"]
    right = 0
    for each in sorted(truth, key=lambda each: ranks[each.pair][0]):
        at, row = ranks[each.pair]
        first = function(row["top"][0]["function"]) if row["top"] else "none"
        right += each.function == first
        lines.append(f"| {at} | {each.pair} | `{each.function}` | {100 * each.share_before:.1f} % | {100 * each.growth:.1f} | "
                     f"{each.deviations:.0f} | {row['verdict']['code']} | {row['grew']['q']:.1e} | `{first}` | "
                     f"{'yes' if each.function == first else 'no'} |")
    names = {each.pair for each in truth}
    alarms = [row["pair"] for row in found if row["pair"] not in names and has_grown(row)]
    within = sum(ranks[name][0] <= len(truth) for name in names)
    grew = sum(has_grown(ranks[name][1]) for name in names)
    others = pairs - len(truth)
    head = (f"{within} of {len(truth)} planted regressions are among the first {len(truth)} of {len(found)} rows, {grew} are called "
            f"grown, {right} have the planted function first. Of {others} pairs without change {len(alarms)} are called grown"
            f"{': ' + ', '.join(alarms) if alarms else ''}. `plateau batch` took {took:.1f} s, {2 * pairs / took:.0f} captures/s, with a "
            f"report of each pair; making the set {made:.0f} s.\n")
    held = len(found) == pairs and within == len(truth) and len(alarms) * 980 <= 2 * others
    return "\n".join([head, *lines, ""]), held
