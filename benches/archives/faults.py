"""A run that is killed, and a disk that fills up: run again, the folder has the same bytes as that of a run in peace."""

import os
import random
import re
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import thousand
from programs import WORK
from thousand import command

SEED = 9
KILLS = 10


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file by its path; also what should not be there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def in_peace(plateau: Path, whole: Path) -> tuple[dict[str, bytes], float]:
    """The files of a run that nothing disturbs, and its seconds."""
    output, took, _ = thousand.compared(plateau, whole)
    return bytes_of(output), took


def differences(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def resume(plateau: Path, pairs: int, planted: int) -> tuple[str, bool]:
    """Killed at ten moments, run again each time."""
    whole = thousand.make(plateau, pairs, planted)
    peace, took = in_peace(plateau, whole)
    rng = random.Random(SEED)
    lines = ["| killed after | reports then | run again | files that differ |", "|--:|--:|--:|--:|"]
    held = True
    for moment in sorted(rng.uniform(0.02, 0.98) * took for _ in range(KILLS)):
        output = WORK / "killed"
        shutil.rmtree(output, ignore_errors=True)
        process = subprocess.Popen(command(plateau, whole, output), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        reports = sum(path.suffix == ".html" for path in output.rglob("*")) if output.exists() else 0
        begin = time.perf_counter()
        again = subprocess.run(command(plateau, whole, output), capture_output=True, text=True)
        seconds = time.perf_counter() - begin
        differ = differences(peace, bytes_of(output))
        held &= again.returncode == 0 and not differ
        lines.append(f"| {moment:.1f} s | {reports} | {seconds:.1f} s | {len(differ)}{' ' + differ[0] if differ else ''} |")
    return f"In peace the run of {pairs} pairs takes {took:.1f} s and leaves {len(peace)} files.\n\n" + "\n".join([*lines, ""]), held


def half_files(folder: Path) -> list[str]:
    """Pages without an end. A file still to be moved to its place begins with a dot."""
    return [path.name for path in sorted(folder.rglob("*.html"))
            if not path.name.startswith(".") and not path.read_bytes().rstrip().endswith(b"</html>")]


def disk(plateau: Path, pairs: int, planted: int) -> tuple[str, bool]:
    """A small file system where one may be mounted, and a limit on the size of files; then room again."""
    whole = thousand.make(plateau, pairs, planted)
    peace, _ = in_peace(plateau, whole)
    said, held = [], True

    def judge(what: str, failed: subprocess.CompletedProcess, output: Path) -> None:
        nonlocal held
        halves = half_files(output)
        again = subprocess.run(command(plateau, whole, output), capture_output=True, text=True)
        differ = differences(peace, bytes_of(output))
        lines = failed.stderr.strip().splitlines()
        # Where on this machine the folder lies is of no interest.
        text = re.sub(r"/\S+/", "", lines[-1] if lines else "nothing")
        good = failed.returncode == 2 and len(lines) == 1 and not halves and again.returncode == 0 and not differ
        held &= good
        said.append(f"- {what}: ended with {failed.returncode} and {len(lines)} line(s), `{text}`; half files: {len(halves)}. Run again with "
                    f"room: {again.returncode}, files that differ: {len(differ)}.")

    mounted = WORK / "small"
    mounted.mkdir(exist_ok=True)
    size = sum(len(data) for data in peace.values()) // 3
    if os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", mounted], capture_output=True).returncode == 0:
        try:
            failed = subprocess.run(command(plateau, whole, mounted / "out"), capture_output=True, text=True)
            subprocess.run(["mount", "-o", f"remount,size={size * 8}", mounted], check=True)
            judge(f"a file system of {size / 1e6:.0f} MB, a third of what is needed", failed, mounted / "out")
        finally:
            subprocess.run(["umount", mounted], check=True)
    else:
        said.append("- a small file system: left out, none may be mounted here.")

    output = WORK / "limited"
    shutil.rmtree(output, ignore_errors=True)
    limit = sorted(len(data) for name, data in peace.items() if name.endswith(".html"))[len(peace) // 4]
    failed = subprocess.run(command(plateau, whole, output), capture_output=True, text=True,
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    judge(f"files of at most {limit} bytes (`ulimit -f`)", failed, output)
    return "\n".join([*said, ""]), held
