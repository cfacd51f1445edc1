"""What the four services answer."""

import hashlib
import itertools
import time
from concurrent.futures import ThreadPoolExecutor

from opentelemetry import context

from .database import Pool, query
from .web import Failure

LIST_LENGTH = 12


class Gateway:
    """What customers talk to."""

    def __init__(self, peers: dict, database: str, fault: str):
        self.orders, self.catalogue = peers["orders"], peers["catalogue"]
        self.fault = fault
        self.threads = ThreadPoolExecutor(16)

    def routes(self) -> dict:
        return {("GET", "/orders"): self.list_orders, ("GET", "/orders/{id}"): self.show_order,
                ("POST", "/orders"): self.place_order, ("GET", "/books"): self.list_books, ("GET", "/start"): self.show_start}

    def list_orders(self, _id, arguments, _body):
        orders = self.orders.call("GET", f"/orders?customer={arguments['customer']}")
        return self.render_orders(orders)

    def render_orders(self, orders: list) -> dict:
        until = time.thread_time() + (0.008 if self.fault == "cpu-burn" else 0)
        tag = hashlib.sha256(repr(orders).encode())
        while time.thread_time() < until:
            tag.update(b"again" * 64)
        return {"orders": orders, "tag": tag.hexdigest()}

    def show_order(self, order, _arguments, _body):
        return self.orders.call("GET", f"/orders/{order}")

    def place_order(self, _id, _arguments, body):
        return self.orders.call("POST", "/orders", body)

    def list_books(self, _id, arguments, _body):
        return self.catalogue.call("GET", f"/books?genre={arguments['genre']}")

    def show_start(self, _id, arguments, _body):
        """Orders and books side by side."""
        orders = self.fork("GET", f"/orders?customer={arguments['customer']}", self.orders)
        books = self.fork("GET", f"/books?genre={arguments['genre']}", self.catalogue)
        return {"orders": self.render_orders(orders.result()), "books": books.result()}

    def fork(self, method: str, path: str, peer):
        here = context.get_current()

        def call():
            token = context.attach(here)
            try:
                return peer.call(method, path)
            finally:
                context.detach(token)

        return self.threads.submit(call)


class Orders:
    """Customers' orders and their items."""

    def __init__(self, peers: dict, database: str, fault: str):
        self.catalogue, self.pricing = peers["catalogue"], peers["pricing"]
        self.fault = fault
        self.pool = Pool(database, 1 if fault == "pool-of-one" else 8)

    def routes(self) -> dict:
        return {("GET", "/orders"): self.list_orders, ("GET", "/orders/{id}"): self.show_order,
                ("POST", "/orders"): self.place_order}

    def list_orders(self, _id, arguments, _body):
        with self.pool.lend() as connection:
            listing = self.list_per_order if self.fault == "n-plus-one" else self.list_joined
            return listing(connection, int(arguments["customer"]))

    def list_joined(self, connection, customer: int) -> list:
        rows = query(connection, "orders",
                     "SELECT o.id, o.day, o.total_cents, i.book_id, i.quantity FROM (SELECT * FROM orders WHERE "
                     "customer_id = ? ORDER BY id DESC LIMIT ?) o JOIN order_items i ON i.order_id = o.id ORDER BY o.id DESC",
                     (customer, LIST_LENGTH))
        return [self.summary(head, [row[3:] for row in items]) for head, items in itertools.groupby(rows, lambda row: row[:3])]

    def list_per_order(self, connection, customer: int) -> list:
        heads = query(connection, "orders",
                      "SELECT id, day, total_cents FROM orders WHERE customer_id = ? ORDER BY id DESC LIMIT ?",
                      (customer, LIST_LENGTH))
        return [self.summary(head, self.items_of(connection, head[0])) for head in heads]

    def summary(self, head: tuple, items: list) -> dict:
        return {"id": head[0], "day": head[1], "total_cents": head[2], "books": [item[0] for item in items]}

    def items_of(self, connection, order: int) -> list:
        return query(connection, "order_items", "SELECT book_id, quantity FROM order_items WHERE order_id = ?", (order,))

    def show_order(self, order, _arguments, _body):
        with self.pool.lend() as connection:
            heads = query(connection, "orders", "SELECT id, day, total_cents FROM orders WHERE id = ?", (int(order),))
            if not heads:
                raise Failure(404, "no such order")
            items = self.items_of(connection, int(order))
            titles = self.catalogue.call("GET", "/titles?ids=" + ",".join(str(item[0]) for item in items))
        return self.summary(heads[0], items) | {"titles": titles}

    def place_order(self, _id, _arguments, body):
        with self.pool.lend() as connection:
            items = self.catalogue.call("POST", "/stock", body, tries=4)
            quote = self.pricing.call("POST", "/quote", {"items": items})
            return self.insert_order(connection, body["customer"], quote, items)

    def insert_order(self, connection, customer: int, quote: dict, items: list) -> dict:
        query(connection, "orders", "INSERT INTO orders (customer_id, day, total_cents) VALUES (?, 701, ?)",
              (customer, quote["total_cents"]))
        order = connection.execute("SELECT last_insert_rowid()").fetchone()[0]
        values = ", ".join(["(?, ?, ?, ?)"] * len(items))
        query(connection, "order_items", f"INSERT INTO order_items (order_id, book_id, quantity, cents) VALUES {values}",
              [value for item in items for value in (order, item["book"], item["quantity"], item["cents"])])
        return {"id": order, **quote}


class Catalogue:
    """Books and their stock."""

    def __init__(self, peers: dict, database: str, fault: str):
        self.fault = fault
        self.pool = Pool(database, 8)
        self.calls = itertools.count()

    def routes(self) -> dict:
        return {("GET", "/books"): self.list_books, ("GET", "/titles"): self.list_titles, ("POST", "/stock"): self.take_stock}

    def list_books(self, _id, arguments, _body):
        with self.pool.lend() as connection:
            return query(connection, "books", "SELECT id, title, cents FROM books WHERE genre = ? ORDER BY cents LIMIT 20",
                         (arguments["genre"],))

    def list_titles(self, _id, arguments, _body):
        books = [int(text) for text in arguments["ids"].split(",")]
        marks = ", ".join("?" * len(books))
        with self.pool.lend() as connection:
            return query(connection, "books", f"SELECT id, title FROM books WHERE id IN ({marks})", books)

    def take_stock(self, _id, _arguments, body):
        if self.fault == "retry-storm" and next(self.calls) % 3 != 2:
            time.sleep(0.004)
            raise Failure(503, "stock is busy")
        books = [item["book"] for item in body["items"]]
        marks = ", ".join("?" * len(books))
        with self.pool.lend() as connection:
            query(connection, "books", f"UPDATE books SET stock = stock - 1 WHERE id IN ({marks})", books)
            rows = dict(connection.execute(f"SELECT id, cents FROM books WHERE id IN ({marks})", books).fetchall())
        return [item | {"cents": rows[item["book"]]} for item in body["items"]]


class Pricing:
    """Totals with the discounts of the day."""

    def __init__(self, peers: dict, database: str, fault: str):
        self.fault = fault
        self.pool = Pool(database, 4)

    def routes(self) -> dict:
        return {("POST", "/quote"): self.quote}

    def quote(self, _id, _arguments, body):
        with self.pool.lend() as connection:
            discounts = query(connection, "discounts", "SELECT genre, percent FROM discounts ORDER BY genre")
        if self.fault == "slow-dependency":
            time.sleep(0.025)
        total = sum(item["quantity"] * item["cents"] for item in body["items"])
        return {"total_cents": total * (100 - discounts[total % len(discounts)][1]) // 100}


KINDS = {"gateway": Gateway, "orders": Orders, "catalogue": Catalogue, "pricing": Pricing}
