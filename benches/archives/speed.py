"""Thousands of small pprof captures: captures per second, the most memory, one core and two, and what other ways take to read them.

A capture is 100 samples drawn from the corpus' Go program, a few kilobytes. All are the same program.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

from forms import FORMS
from programs import WORK, all_programs, draw

SEED = 5
SAMPLES = 100

def make(plateau: Path, captures: int) -> Path:
    """Two folders of half as many captures each, by hosts."""
    folder = WORK / f"small-{captures}"
    if (folder / "done").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    program = next(program for program in all_programs(plateau) if program.name == "go")
    for at in range(captures):
        side, number = ("before", "after")[at % 2], at // 2
        path = folder / side / f"host-{number // 100:03d}/{number % 100:02d}.pb.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FORMS["pb.gz"](draw(random.Random(f"{SEED}/{at}"), program, SAMPLES, 1, 0.02)))
    (folder / "done").touch()
    return folder


def totals(plateau: Path, profile: Path) -> list[tuple[str, str, int]]:
    """Name, unit and sum of every value type of a profile."""
    said = subprocess.run([plateau, "info", "--format", "json", profile], capture_output=True, text=True, check=True).stdout
    return [(each["name"], each["unit"], each["sum"]) for each in json.loads(said)[0]["value_types"]]


def captures_of(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.pb.gz"))


def run(command: list, **options) -> tuple[float, float, float, int]:
    """Seconds from start to end, of the processor, the most anonymous memory in MB, looked at every 5 ms, and the exit code."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    most = 0
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        try:
            status_text = Path(f"/proc/{process.pid}/status").read_text()
            most = max(most, *(int(line.split()[1]) for line in status_text.splitlines() if line.startswith("RssAnon")), 0)
        except OSError:
            pass
        time.sleep(0.005)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, most / 1024, process.returncode


def python_loop() -> Path | None:
    """A Python with the protobuf package and profile.proto compiled, or nothing where they cannot be had."""
    place = WORK / "venv"
    python = place / "bin/python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", place], check=True, capture_output=True)
            subprocess.run([python, "-m", "pip", "install", "-q", "protobuf"], check=True, capture_output=True)
        subprocess.run([python, "-c", "import google.protobuf"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return python


def measure(plateau: Path, captures: int) -> tuple[str, bool]:
    """The table, as Markdown, and whether memory is as flat as it should be: at most a quarter more, and 10 MB."""
    few, many = make(plateau, max(captures // 10, 2)), make(plateau, captures)
    kilobytes = sum(path.stat().st_size for path in captures_of(many)) / captures / 1000
    output = WORK / "speed-compared"
    lines = ["| task | captures | s | captures/s | processor, s | anonymous memory, MB |", "|---|--:|--:|--:|--:|--:|"]
    memory, times, held = {}, {}, True

    def row(task: str, number: int, command: list, expected: int = 0, **options) -> None:
        nonlocal held
        shutil.rmtree(output, ignore_errors=True)
        took, processor, most, code = run(command, **options)
        held &= code == expected
        memory[task, number], times[task, number] = most, took
        failed = "" if code == expected else f", **ended with {code}**"
        lines.append(f"| {task}{failed} | {number} | {took:.1f} | {number / took:.0f} | {processor:.1f} | {most:.0f} |")

    for folder in (few, many):
        number = len(captures_of(folder))
        for jobs in (1, 2):
            for report in ("none", "html"):
                row(f"`plateau batch -j {jobs} --report {report}`", number,
                    [plateau, "batch", "-q", "-j", str(jobs), "--report", report, folder / "before", folder / "after", "-o", output])
    merged, compared = WORK / "merged.pb.gz", ""
    for folder in (few, many):
        names = captures_of(folder)
        merged.unlink(missing_ok=True)
        row("`plateau merge`", len(names), [plateau, "merge", "-q", *names, "-o", merged])
    if shutil.which("go"):
        ours, go = totals(plateau, merged), WORK / "merged-by-go.pb.gz"
        for folder in (few, many):
            names = captures_of(folder)
            row("`go tool pprof -proto`, into one", len(names), ["go", "tool", "pprof", "-proto", "-output", go, *names])
        same = ours == totals(plateau, go)
        held &= same
        compared = "\nBoth merged profiles hold " + ("the same totals" if same else f"**other totals**: {ours} and {totals(plateau, go)}")
    else:
        lines.append("| `go tool pprof -proto`: not installed | | | | | |")
    loop = Path(__file__).with_name("loop.py")
    if python := python_loop():
        row("Python, `protobuf`: parse, add up by stack", captures, [python, loop, many])
    else:
        lines.append("| Python, `protobuf`: cannot be installed | | | | | |")
    lines.append(compared + ".\n" if compared else "")
    flat = []
    for task in {task for task, _ in memory if task.startswith("`plateau batch")}:
        small, large = memory[task, len(captures_of(few))], memory[task, captures]
        if large > 1.25 * small + 10:
            flat.append(f"{task}: {small:.0f} MB, then {large:.0f} MB")
    for report in ("none", "html"):
        one, two = (times[f"`plateau batch -j {jobs} --report {report}`", captures] for jobs in (1, 2))
        lines.append(f"\nTwo jobs against one, `--report {report}`: {one / two:.2f} times as fast.")
    lines.append(f"\nMemory {'grows with the number of captures: ' + '; '.join(sorted(flat)) if flat else 'is flat in the number of captures'}.\n")
    return f"Captures of {kilobytes:.1f} KB on average, {SAMPLES} samples each.\n\n" + "\n".join(lines), held and not flat
