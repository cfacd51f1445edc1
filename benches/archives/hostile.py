"""The set of pairs with broken files in the place of some captures of after: the run must end, name each, leave all as it was, and
say of every other pair what it said without them."""

import gzip
import hashlib
import json
import os
import random
import shutil
import socket
import subprocess
import time
from collections import Counter
from pathlib import Path

import forms
import thousand
from programs import WORK

SEED = 50
NUMBERS = {"cut": 20, "flipped": 15, "overwritten": 10, "reference": 5, "empty": 10, "bomb": 5, "no capture": 3, "fifo": 1, "link": 1,
           "socket": 1}
"""How many of each kind; the last two cannot be read, also by root."""

CODES = {
    "cut": {"truncated"}, "flipped": {"bad_gzip", "truncated"}, "overwritten": {"bad_gzip", "unknown_format", "truncated"},
    "reference": {"bad_reference", "pprof_location_missing"}, "empty": {"empty"}, "bomb": {"too_large"}, "no capture": {"unknown_format"},
    "fifo": {"not_a_file"}, "link": {"unreadable"}, "socket": {"not_a_file"},
}
"""What plateau may call it; of a part that was compared the code is that of the note."""

LIMIT_S = 900


def bomb() -> bytes:
    """A gigabyte of folded text in about a megabyte, as members of a gzip file."""
    member = gzip.compress(b"main;work 1\n" * (1 << 22), 9, mtime=0)
    return member * 21


def broken(rng: random.Random, kind: str, at: int, packed: bytes, blown: bytes) -> bytes:
    """The bytes of a broken file; `packed` is a gzip'd capture."""
    match kind:
        case "cut":
            return packed[:rng.randrange(20, len(packed) - 8)]
        case "flipped":
            place = rng.randrange(len(packed) // 3, len(packed) - 8)
            return packed[:place] + bytes([packed[place] ^ 1 << rng.randrange(8)]) + packed[place + 1:]
        case "overwritten":
            return packed[:10] + rng.randbytes(len(packed) - 10)
        case "reference":
            # One more sample, of a location that is not there.
            sample = forms.field(1, forms.varint(1 << 40)) + forms.field(2, forms.varint(1) + forms.varint(forms.PERIOD_NS))
            return forms.packed(gzip.decompress(packed) + forms.field(2, sample))
        case "empty":
            return b""
        case "bomb":
            return blown
    return [b"\x89PNG\r\n\x1a\n" + bytes(3000), b"\x7fELF\x02\x01\x01" + rng.randbytes(3000),
            b"%PDF-1.7\n" + rng.randbytes(3000)][at % 3]


def make(plateau: Path, pairs: int, planted: int) -> tuple[Path, dict[str, str]]:
    """The folders, and the kind of every broken file."""
    whole = thousand.make(plateau, pairs, planted)
    folder = WORK / f"{pairs}-{planted}-hostile"
    shutil.rmtree(folder, ignore_errors=True)
    for side in ("before", "after"):
        shutil.copytree(whole / side, folder / side, copy_function=os.link)
    rng = random.Random(SEED)
    keep = {each["pair"] for each in json.loads((whole / "truth.json").read_text())}
    names = sorted(str(path.relative_to(folder / "after")) for path in (folder / "after").rglob("*.*") if path.is_file())
    packed = [name for name in names if name.endswith(".gz") and name not in keep]
    numbers = NUMBERS if pairs >= 1000 else {kind: max(1, number * pairs // 1000) for kind, number in NUMBERS.items()}
    rng.shuffle(packed)
    kinds, blown = {}, bomb()
    for kind, number in numbers.items():
        for at in range(number):
            name = next(name for name in packed if kind != "reference" or name.endswith(".pb.gz"))
            packed.remove(name)
            kinds[name] = kind
            path = folder / "after" / name
            original = path.read_bytes()
            path.unlink()
            if kind == "fifo":
                os.mkfifo(path)
            elif kind == "link":
                path.symlink_to("nowhere")
            elif kind == "socket":
                bind(path)
            else:
                path.write_bytes(broken(rng, kind, at, original, blown))
    # Loops of links to folders, and of links to links.
    for side in ("before", "after"):
        (folder / side / "accounts/loop").symlink_to("..")
    (folder / "after/one").symlink_to("other")
    (folder / "after/other").symlink_to("one")
    return folder, kinds


def bind(path: Path) -> None:
    """Makes a socket; its path may be longer than the kernel takes, so from within its folder."""
    here = os.getcwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(here)


def state(folder: Path) -> str:
    """A digest of all names, kinds, sizes, times and bytes of a folder."""
    digest = hashlib.blake2b()
    for base, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(folders + files):
            path = Path(base, name)
            stat = path.lstat()
            digest.update(f"{path}\0{stat.st_mode}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
            if path.is_file() and not path.is_symlink():
                digest.update(path.read_bytes())
    return digest.hexdigest()


def comparable(row: dict) -> dict:
    """What does not depend on the other pairs, nor on the folder's name."""
    chances = {way: row[way] and row[way]["p"] for way in ("grew", "shrank")}
    return {key: row[key] for key in ("pair", "status", "top")} | chances


def check(plateau: Path, pairs: int, planted: int) -> tuple[str, bool]:
    """What became of the broken files, as Markdown, and whether all is as it should be."""
    whole = thousand.make(plateau, pairs, planted)
    folder, kinds = make(plateau, pairs, planted)
    without, _, _ = thousand.compared(plateau, whole)
    output = folder.with_name(folder.name + "-compared")
    shutil.rmtree(output, ignore_errors=True)
    begin, time_s = state(folder), time.perf_counter()
    try:
        run = subprocess.run(thousand.command(plateau, folder, output), capture_output=True, text=True, timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        return f"`plateau batch` did not end within {LIMIT_S} s.\n", False
    time_s = time.perf_counter() - time_s
    untouched = state(folder) == begin
    found = {row["pair"]: row for row in thousand.rows(output)}
    sound = {row["pair"]: row for row in thousand.rows(without)}
    table, wrong = Counter(), []
    for name, kind in sorted(kinds.items()):
        row = found.get(name)
        errors = [failure for failure in row["failed"] if failure["side"] == "after"] if row else []
        error = errors[0] if errors else row["error"] if row else None
        code = error["code"] if error else "none"
        table[kind, row["status"] if row else "no row", code] += 1
        if code not in CODES[kind] or row["status"] not in ("quarantined", "partial"):
            wrong.append(f"{name} ({kind}): {row['status'] if row else 'no row'}, {code}")
    changed = [name for name, row in sound.items()
               if name not in kinds and (name not in found or comparable(found[name]) != comparable(row))]
    extra = sorted(Path(name).name for name in set(found) - set(sound))
    lines = ["| broken | status | code | files |", "|---|---|---|--:|"]
    lines += [f"| {kind} | {status} | {code} | {number} |" for (kind, status, code), number in sorted(table.items())]
    head = (f"{len(kinds)} of {pairs} captures of after are broken, and folders and links lead in circles. `plateau batch` ended after "
            f"{time_s:.1f} s with {run.returncode} (3: more files failed than 1 %). The inputs are "
            f"{'untouched' if untouched else '**changed**'}. Of the other {len(sound) - len(kinds)} pairs {len(changed)} have another "
            f"result than without the broken files. Rows of neither: {', '.join(extra) if extra else 'none'}.\n")
    tail = [f"\nNot named as expected: {'; '.join(wrong)}.\n"] if wrong else [""]
    held = run.returncode == 3 and untouched and not changed and not wrong
    return "\n".join([head, *lines, *tail]), held
