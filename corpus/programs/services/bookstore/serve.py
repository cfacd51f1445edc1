"""One service process: `python -m bookstore.serve NAME DATABASE SPANS FAULT PEER=PORT...`.

Prints its port, serves until its standard input ends, then writes its spans.
"""

import sys
import threading

from . import telemetry
from .services import KINDS
from .web import Peer, Server


def connect(name: str, fault: str, text: str) -> Peer:
    peer, port = text.split("=")
    delayed = fault == "delayed-link" and name == "orders" and peer == "pricing"
    return Peer(peer, int(port), 0.020 if delayed else 0.0)


def main(name: str, database: str, spans: str, fault: str, *peers: str) -> None:
    kept = telemetry.start(name)
    connected = [connect(name, fault, peer) for peer in peers]
    server = Server(KINDS[name]({peer.name: peer for peer in connected}, database, fault).routes())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    server.shutdown()
    kept.write(spans)


if __name__ == "__main__":
    main(*sys.argv[1:])
