"""Held against the truth: plateau and other tools on recordings of programs whose changes can be switched on.

    python3 benches/truth [--sizes 3k,30k,300k] [--pairs N] [--changes N] [--programs rust,go,...] [--reuse | --fresh]

Builds the corpus' programs, records pairs of the unchanged program and of every change, compares each pair by `plateau diff`,
`go tool pprof -top -diff_base -normalize`, `inferno-diff-folded -n` and `perf diff`, and prints the acceptance table and what it
is made of. Recordings stay in target/truth. A program whose tools are absent is left out, with a line that says so.
"""

import argparse
import datetime
import os
import platform
import shutil
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "judges"))

import programs
import tools
from figures import grouped, true_growth
from judge import judge
from programs import ROOT, SIZES, WORK, run
from simulated import simulated
from table import Record


def parse() -> argparse.Namespace:
    def listed(text: str) -> list[str]:
        return [word for word in text.split(",") if word]

    parser = argparse.ArgumentParser(prog="benches/truth", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=listed, default=["3k"], help="of " + ", ".join(SIZES))
    parser.add_argument("--pairs", type=int, help="pairs of the unchanged program; 60, with --reuse all there are")
    parser.add_argument("--changes", type=int, help="pairs of each change; 10, with --reuse all there are")
    parser.add_argument("--programs", type=listed, default=[each.name for each in programs.ALL])
    parser.add_argument("--only", type=listed, default=[], help="of the changes, these; none is the unchanged program")
    parser.add_argument("--tools", type=listed, default=["plateau", "pprof", "inferno", "perf"])
    parser.add_argument("--simulated", type=int, default=300, help="simulated comparisons of each kind, 0 for none")
    parser.add_argument("--reuse", action="store_true", help="compare what is recorded, record nothing")
    parser.add_argument("--fresh", action="store_true", help="delete the recordings first")
    parser.add_argument("--record-only", action="store_true", help="compare nothing")
    parser.add_argument("--record", type=Path, default=ROOT / "benches/record", help="where the tables go, - for nowhere")
    options = parser.parse_args()
    for given, known in ((options.sizes, SIZES), (options.programs, [each.name for each in programs.ALL])):
        if unknown := set(given) - set(known):
            parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    return options


def machine() -> str:
    model = "processor unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            model = line.split(":")[1].strip()
            break
    return f"{model}, {os.cpu_count()} threads, {platform.system()} {platform.release()}"


def head() -> str:
    commit = run("git", "-C", ROOT, "rev-parse", "--short", "HEAD").strip()
    others = ", ".join(tools.version(*command) for command in (("go", "version"), ("perf", "--version")))
    return f"""# Held against the truth, {datetime.date.today()}

{machine()}; commit {commit}; {others}. `{' '.join(['python3', 'benches/truth', *sys.argv[1:]])}`

The constants of analyzer-core were tuned on simulations and on the Rust program's captures of 3k samples. Four rules were made after a
look at recordings of 3k samples of all programs, so their figures are not of unseen data: interrupts count as what they
interrupt, growth of a program's start stays below the evidence, heaps are compared as they are where one row tells it, and the largest
changes are listed whatever their noise. New recordings and other sizes are for reporting. Growth is what plateau calls *grew*; of the other tools, which call nothing so, rows of 0.5 % or more.
"""


def main() -> None:
    options = parse()
    run("cargo", "build", "--quiet", "--release", "-p", "analyzer-cli", cwd=ROOT)
    if options.fresh:
        shutil.rmtree(WORK, ignore_errors=True)
    chosen = [name for name in tools.ALL if name.split()[0].split("-")[0] in options.tools]
    absent = [name for name in chosen if not tools.ALL[name][1]()]
    for name in absent:
        print(f"{name}: left out, it is not installed", file=sys.stderr)
    chosen = [name for name in chosen if name not in absent]
    outcomes, growths = [], {}
    for kind in programs.ALL:
        if kind.name not in options.programs:
            continue
        program = kind()
        if not options.reuse:
            if missing := programs.missing_tools(program):
                print(f"{program.name}: left out, {', '.join(missing)} is not installed", file=sys.stderr)
                continue
            programs.record(program, options.sizes, *(given if given is not None else usual for given, usual in
                                                      ((options.pairs, 60), (options.changes, 10))), set(options.only))
        if options.record_only:
            continue
        found = judge(program, options.sizes, chosen, set(options.only), options.pairs, options.changes)
        for key, groups in grouped(found).items():
            if key[2].truth:
                growths[key] = true_growth(program, key[2], [outcome.sides for outcome in next(iter(groups.values())).outcomes])
        outcomes += found
    if options.record_only:
        return
    record = Record(outcomes, growths, simulated(options.simulated) if options.simulated else None)
    text = "\n".join([
        head(), record.acceptance(),
        "## Simulated\n", record.simulated_table(),
        "## Without change\n", record.noise_table(),
        "## Planted growth\n",
        "*Grown by*: of the whole, from all recordings of the change together. *Detectable*: what plateau prints for a function of that "
        "share, median; both in percent.\n", record.planted_table(),
        "## Against the rivals, planted growth\n", record.duel_table(),
        "## Changes in which nothing grows\n", record.quiet_table(),
        "## Time\n", "A rival's input is converted to its format beforehand. Every process from start to end.\n", record.time_table(),
        "## Where plateau is wrong\n", "Recordings in target/truth.\n", record.suspects(),
        "## Where diff(b,a) is no mirror\n", record.unmirrored(),
    ])
    print(text)
    if str(options.record) != "-":
        options.record.mkdir(exist_ok=True)
        target = options.record / f"truth-{datetime.date.today()}.md"
        target.write_text(text)
        print(f"Written to {target}", file=sys.stderr)


if __name__ == "__main__":
    main()
