"""Shop events: made from a seed, written and read as CSV."""

import csv
import io
import random
from dataclasses import dataclass

WORDS = ("blue", "steel", "kettle", "garden", "chair", "woollen", "lamp", "travel", "mug", "oak", "shelf", "running",
         "shoes", "folding", "table", "cotton", "towels", "ceramic", "bowl", "printed", "cushion", "heavy", "duty")


@dataclass
class Event:
    second: int
    customer: str
    alias: str
    quantity: int
    cents: int
    description: str


def receive_day(rng: random.Random, aliases: list, count: int) -> str:
    """The CSV text of one shop's day."""
    out = io.StringIO()
    writer = csv.writer(out)
    for _ in range(count):
        words = " ".join(rng.choices(WORDS, k=rng.randint(4, 9)))
        alias = rng.choice(aliases).lower().replace("-", " - ")
        amount = f"{rng.randint(1, 300)}.{rng.randint(0, 99):02}"
        writer.writerow((rng.randint(0, 86399), f"c{rng.randint(1, 900)}", alias, rng.randint(1, 5), amount, words))
    return out.getvalue()


def parse_amount(text: str) -> int:
    whole, _, cents = text.partition(".")
    return int(whole) * 100 + int(cents or 0)


def parse_row(row: list) -> Event:
    second, customer, alias, quantity, amount, description = row
    return Event(int(second), customer, alias, int(quantity), parse_amount(amount), description)


def parse_day(text: str) -> list:
    return [parse_row(row) for row in csv.reader(io.StringIO(text))]


def check_field(name: str, value, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name}: {value} is not within {low}..{high}")


def validate_event(event: Event) -> None:
    """What `validate-events` adds."""
    for name, low, high in (("second", 0, 86399), ("quantity", 1, 5), ("cents", 100, 30099)):
        check_field(name, getattr(event, name), low, high)
    if not all(part.isalpha() for part in event.description.split()):
        raise ValueError("description: letters expected")
