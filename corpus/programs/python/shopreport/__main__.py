"""`python -m shopreport [--change NAME] [--days N]`: a fixed amount of work; prints a digest over all reports."""

import argparse
import hashlib
import random

from . import changes
from .catalogue import Catalogue
from .events import receive_day
from .report import report_day

EVENTS_EACH = 400


def run(change: str, days: int) -> str:
    rng, spare = random.Random(11), random.Random(12)
    catalogue = Catalogue(rng, change)
    total = hashlib.sha256()
    for day in range(days):
        text = receive_day(rng, catalogue.aliases, EVENTS_EACH)
        total.update(report_day(day % 20, text, catalogue, change).encode())
        if change == "all-slower" and day % 2 == 0:
            report_day(day % 20, receive_day(spare, catalogue.aliases, EVENTS_EACH), catalogue, change)
    return total.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(prog="shopreport")
    parser.add_argument("--change", choices=changes.KNOWN, default="none")
    parser.add_argument("--days", type=int, default=400)
    options = parser.parse_args()
    print(run(options.change, options.days))


if __name__ == "__main__":
    main()
