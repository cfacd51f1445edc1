"""The captures of Nezha (Yu et al. 2023, "Nezha: Interpretable Fine-Grained Root Causes Analysis for Microservices on Multi-modal
Observability Data"): faults injected into two systems, each in one pod of a known service, and one set without fault of each.

A file is named `<system>_<day>_<time>_<service>_<fault>.json.gz`, one without fault `<system>_baseline_...`.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import scores
from recordings import ROOT


@dataclass(frozen=True)
class Injected:
    """A fault and the service that it was injected into."""

    system: str
    service: str
    fault: str
    before: Path
    after: Path


def folder() -> Path | None:
    """`traces/nezha` of the folder of captures, which is found as the tests of `formats` find it: the one that PLATEAU_CAPTURES names,
    or else `shared/captures` in or beside a folder above."""
    named = os.environ.get("PLATEAU_CAPTURES")
    places = [Path(named)] if named else [above / "shared/captures" for above in (ROOT, *ROOT.parents)]
    return next((place / "traces/nezha" for place in places if (place / "traces/nezha").is_dir()), None)


def short(service: str) -> str:
    """A name without what all have: file names leave it out.

    >>> short("ts-travel2-service"), short("cartservice"), short("frontend"), short("productcatalog")
    ('travel2', 'cart', 'frontend', 'productcatalog')
    """
    return re.sub(r"^ts-|-?service$", "", service)


def service_named(text: str, path: Path) -> str:
    """The service of a capture that a file name means."""
    known = {process["serviceName"] for trace in scores.read(path) for process in trace["processes"].values()}
    found = [service for service in sorted(known) if short(service) == short(text)]
    if len(found) != 1:
        raise SystemExit(f"{path}: no service is {text}")
    return found[0]


def injected(place: Path) -> list[Injected]:
    """All faults of which there is a set without fault, by name of file."""
    found = []
    for path in sorted(place.glob("*.json.gz")):
        named = re.fullmatch(r"([a-z]+)_\d+_\d+_([a-z0-9]+)_(.+)\.json\.gz", path.name)
        quiet = sorted(place.glob(f"{named[1]}_baseline_*.json.gz")) if named else []
        if quiet:
            found.append(Injected(named[1], service_named(named[2], path), named[3], quiet[0], path))
    return found
