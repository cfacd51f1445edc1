"""A small template language: `{{ name }}`, `{% each name %}...{% end %}`."""

import html
import re

TAG = re.compile(r"({{.*?}}|{%.*?%})")


def compile_template(source: str) -> list:
    """A tree of ("text", str), ("value", name) and ("each", name, children)."""
    stack = [[]]
    names = []
    for part in TAG.split(source):
        if part.startswith("{{"):
            stack[-1].append(("value", part[2:-2].strip()))
        elif part.startswith("{% each"):
            names.append(part[7:-2].strip())
            stack.append([])
        elif part.startswith("{%"):
            children = stack.pop()
            stack[-1].append(("each", names.pop(), children))
        elif part:
            stack[-1].append(("text", part))
    return stack[0]


def format_value(value) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return html.escape(str(value))


def render_nodes(nodes: list, scope: dict, out: list, times: int) -> None:
    for node in nodes:
        if node[0] == "text":
            out.append(node[1])
        elif node[0] == "value":
            for _ in range(times - 1):
                format_value(scope[node[1]])
            out.append(format_value(scope[node[1]]))
        else:
            render_each(node, scope, out, times)


def render_each(node: tuple, scope: dict, out: list, times: int) -> None:
    for item in scope[node[1]]:
        render_nodes(node[2], item, out, times)


def render_page(nodes: list, scope: dict, times: int = 1) -> str:
    """The page; every value is formatted so many times."""
    out = []
    render_nodes(nodes, scope, out, times)
    return "".join(out)
