"""The SQLite database: its making, and pools of connections whose queries are CLIENT spans.

A query also sleeps ROUND_TRIP_S: the way to and from a database on another host.
"""

import queue
import random
import sqlite3
import time
from contextlib import contextmanager

from opentelemetry.trace import SpanKind

from .telemetry import tracer

ROUND_TRIP_S = 0.0008
NAME = "bookstore"
CUSTOMERS, ORDERS, BOOKS = 800, 16_000, 1_500

SCHEMA = """
CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT, genre TEXT, cents INTEGER, stock INTEGER);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, day INTEGER, total_cents INTEGER);
CREATE TABLE order_items (id INTEGER PRIMARY KEY, order_id INTEGER, book_id INTEGER, quantity INTEGER, cents INTEGER);
CREATE TABLE discounts (genre TEXT PRIMARY KEY, percent INTEGER);
CREATE INDEX orders_by_customer ON orders (customer_id, id);
CREATE INDEX books_by_genre ON books (genre, cents);
"""
ITEM_INDEX = "CREATE INDEX order_items_by_order ON order_items (order_id);"
GENRES = ("crime", "travel", "poetry", "history", "cookery", "science", "garden", "music")


def create(path: str, fault: str) -> None:
    """Makes and fills the database; the same rows every time."""
    rng = random.Random(3)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(SCHEMA + ("" if fault == "lost-index" else ITEM_INDEX))
    insert = connection.executemany
    insert("INSERT INTO discounts VALUES (?, ?)", [(genre, rng.randint(0, 20)) for genre in GENRES])
    insert("INSERT INTO books VALUES (?, ?, ?, ?, 1000000)",
           [(book, f"Book {book}", rng.choice(GENRES), rng.randint(300, 6000)) for book in range(1, BOOKS + 1)])
    orders, items = [], []
    for order in range(1, ORDERS + 1):
        lines = [(order, rng.randint(1, BOOKS), rng.randint(1, 3), rng.randint(300, 6000)) for _ in range(rng.randint(1, 5))]
        items += lines
        orders.append((order, rng.randint(1, CUSTOMERS), rng.randint(0, 700), sum(line[2] * line[3] for line in lines)))
    insert("INSERT INTO orders VALUES (?, ?, ?, ?)", orders)
    insert("INSERT INTO order_items (order_id, book_id, quantity, cents) VALUES (?, ?, ?, ?)", items)
    connection.commit()
    connection.close()


class Pool:
    """Connections to lend; to wait for one is no span, as in most clients."""

    def __init__(self, path: str, size: int):
        self.idle = queue.Queue()
        for _ in range(size):
            connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA synchronous = OFF")
            self.idle.put(connection)

    @contextmanager
    def lend(self):
        connection = self.idle.get()
        try:
            yield connection
        finally:
            self.idle.put(connection)


def query(connection: sqlite3.Connection, table: str, statement: str, parameters=()) -> list:
    """The rows of one statement; `table` is the one that names the span."""
    operation = statement.split(None, 1)[0]
    attributes = {"db.system": "sqlite", "db.name": NAME, "db.operation": operation, "db.sql.table": table,
                  "db.statement": statement}
    with tracer().start_as_current_span(f"{operation} {NAME}.{table}", None, SpanKind.CLIENT, attributes) as span:
        time.sleep(ROUND_TRIP_S)
        rows = connection.execute(statement, parameters).fetchall()
        span.set_attribute("db.rows", len(rows))
        return rows
