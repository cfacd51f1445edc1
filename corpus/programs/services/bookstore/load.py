"""The load: a fixed mix of requests from a seed, by a few customers who think between two requests."""

import json
import random
import threading
import time

from .database import CUSTOMERS, GENRES, ORDERS, BOOKS
from .web import send

THINK_S = (0.015, 0.060)
# Of each 20 requests: order lists, single orders, book lists, start pages, new orders.
MIX = ("list",) * 6 + ("show",) * 4 + ("books",) * 4 + ("start",) * 3 + ("place",) * 3


def plan(rng: random.Random, count: int) -> list:
    """`count` requests: method, path, body."""
    kinds = [MIX[index % len(MIX)] for index in range(count)]
    rng.shuffle(kinds)
    return [make_request(rng, kind) for kind in kinds]


def make_request(rng: random.Random, kind: str) -> tuple:
    customer, genre = rng.randint(1, CUSTOMERS), rng.choice(GENRES)
    if kind == "place":
        items = [{"book": book, "quantity": rng.randint(1, 3)} for book in rng.sample(range(1, BOOKS + 1), rng.randint(1, 4))]
        return "POST", "/orders", {"customer": customer, "items": items}
    path = {"list": f"/orders?customer={customer}", "show": f"/orders/{rng.randint(1, ORDERS)}",
            "books": f"/books?genre={genre}", "start": f"/start?customer={customer}&genre={genre}"}[kind]
    return "GET", path, None


def run_client(port: int, requests: list, seed: int) -> None:
    rng = random.Random(seed)
    for method, path, body in requests:
        time.sleep(rng.uniform(*THINK_S))
        send(port, method, path, json.dumps(body).encode() if body else None, {"content-type": "application/json"})


def run(port: int, count: int, parallel: int) -> None:
    """Sends `count` requests by `parallel` customers at once."""
    requests = plan(random.Random(5), count)
    clients = [threading.Thread(target=run_client, args=(port, requests[index::parallel], index))
               for index in range(parallel)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
