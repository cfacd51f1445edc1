"""Tables and cells of the judges' records."""

from collections.abc import Iterable

from shares import wilson


def markdown(head: str, rows: Iterable[Iterable]) -> str:
    """A table; columns whose title ends in `:` hold numbers."""
    titles = head.split("|")
    lines = ["| " + " | ".join(title.strip().rstrip(":") for title in titles) + " |",
             "|" + "|".join("--:" if title.strip().endswith(":") else "---" for title in titles) + "|"]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def rate(found: int, of: int) -> str:
    if of == 0:
        return "none compared"
    low, high = wilson(found, of)
    return f"{found} of {of}, {100 * found / of:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def met(held: bool | None) -> str:
    return {True: "met", False: "**not met**", None: "not measured"}[held]
