"""From a day's events to its report."""

import hashlib
import json
import zlib
from collections import defaultdict

from . import events, search, template

PAGE = template.compile_template("""<h1>{{ title }}</h1><p>{{ count }} sales, {{ net }} net, {{ tax }} tax</p>
<table>{% each products %}<tr><td>{{ product }}</td><td>{{ quantity }}</td><td>{{ net }}</td>
<td>{% each customers %}<b>{{ name }}</b> {{ spent }}, {% end %}</td></tr>
{% end %}</table><ul>{% each hits %}<li>{{ product }} ({{ score }})</li>{% end %}</ul>
""")


def price_events(day: list, catalogue, index, change: str) -> list:
    """One row per event: product, customer, quantity, net, tax."""
    rows = []
    for event in day:
        if change == "validate-events":
            events.validate_event(event)
        product = catalogue.resolve_alias(event.alias)
        net, tax = catalogue.price(event.cents, event.quantity)
        counts = search.terms_of(event.description, change)
        if change != "no-index":
            index.index_terms(product, counts)
        rows.append((product, event.customer, event.quantity, net, tax))
    return rows


def group_rows(rows: list) -> list:
    groups = defaultdict(list)
    for row in rows:
        groups[row[0]].append(row)
    return [summarise_group(product, groups[product]) for product in sorted(groups)]


def summarise_group(product: int, rows: list) -> dict:
    spent = defaultdict(int)
    for _, customer, _, net, _ in rows:
        spent[customer] += net
    customers = [{"name": name, "spent": spent[name]} for name in sorted(spent)]
    return {"product": product, "quantity": sum(row[2] for row in rows), "net": sum(row[3] for row in rows),
            "customers": customers}


def render_traced(scope: dict, times: int) -> str:
    """Only a frame: what `render-wrapper` adds."""
    page = template.render_page(PAGE, scope, times)
    assert page.startswith("<h1>")
    return page


def write_report(title: str, rows: list, index, change: str) -> str:
    hits = [{"product": product, "score": f"{score:.2f}"} for product, score in index.rank("blue oak table", 10)]
    scope = {"title": title, "count": len(rows), "net": sum(row[3] for row in rows), "tax": sum(row[4] for row in rows),
             "products": group_rows(rows), "hits": hits}
    if change in ("render-wrapper", "wrapper-leaf"):
        page = render_traced(scope, 2 if change == "wrapper-leaf" else 1)
    else:
        page = template.render_page(PAGE, scope)
    return seal(page, scope, json.dumps(scope, indent=1) if change == "early-json" else None)


def seal(page: str, scope: dict, text: str | None) -> str:
    body = zlib.compress(page.encode(), 3)
    if text is None:
        text = json.dumps(scope, indent=1)
    return hashlib.sha256(body + text.encode()).hexdigest()


def report_day(shop: int, text: str, catalogue, change: str) -> str:
    index = search.Index()
    rows = price_events(events.parse_day(text), catalogue, index, change)
    return write_report(f"Shop {shop} & partners", rows, index, change)
