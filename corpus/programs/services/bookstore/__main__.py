"""Starts the system, sends the load, writes the traces.

`python -m bookstore [--fault NAME] [--requests N] [--clients N] --dir DIR --out FILE`
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

from . import database, faults, jaeger, load, web

# Each after the ones it calls.
SYSTEM = (("pricing", ()), ("catalogue", ()), ("orders", ("catalogue", "pricing")), ("gateway", ("orders", "catalogue")))


def start_service(name: str, peers: list, directory: Path, fault: str) -> tuple:
    """The process and its port."""
    command = [sys.executable, "-B", "-m", "bookstore.serve", name, str(directory / "bookstore.db"),
               str(directory / f"{name}.spans"), fault, *peers]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = int(process.stdout.readline())
    web.send(port, "GET", "/ready")
    return process, port


def record(fault: str, requests: int, clients: int, directory: Path) -> list:
    """The spans of all services."""
    database.create(str(directory / "bookstore.db"), fault)
    ports, processes = {}, []
    try:
        for name, calls in SYSTEM:
            process, ports[name] = start_service(name, [f"{peer}={ports[peer]}" for peer in calls], directory, fault)
            processes.append(process)
        load.run(ports["gateway"], requests, clients)
    finally:
        for process in processes:
            process.stdin.close()
            process.wait(30)
    return [json.loads(line) for name, _ in SYSTEM for line in (directory / f"{name}.spans").open()]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bookstore")
    parser.add_argument("--fault", choices=faults.KNOWN, default="none")
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--clients", type=int, default=3)
    parser.add_argument("--dir", type=Path, required=True, help="a directory of its own, made anew")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    shutil.rmtree(options.dir, ignore_errors=True)
    options.dir.mkdir(parents=True)
    spans = record(options.fault, options.requests, options.clients, options.dir)
    jaeger.write(spans, options.out)
    print(f"{len(spans)} spans")


if __name__ == "__main__":
    main()
