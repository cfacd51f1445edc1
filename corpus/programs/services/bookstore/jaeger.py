"""Spans of all services as the JSON of Jaeger's HTTP API: one entry a trace, processes numbered per trace."""

import json

KIND_TAG = {"server": "server", "client": "client", "internal": "internal"}


def convert(spans: list) -> dict:
    """Traces in the order of their first span, spans in the order of their start."""
    traces = {}
    for span in sorted(spans, key=lambda span: (span["start_ns"], span["span"])):
        traces.setdefault(span["trace"], []).append(span)
    data = [convert_trace(trace, members) for trace, members in traces.items()]
    return {"data": data, "total": 0, "limit": 0, "offset": 0, "errors": None}


def convert_trace(trace: str, spans: list) -> dict:
    ids, processes = {}, {}
    for span in spans:
        if span["service"] not in ids:
            ids[span["service"]] = f"p{len(ids) + 1}"
            processes[ids[span["service"]]] = {"serviceName": span["service"],
                                               "tags": [tag(key, value) for key, value in span["process"].items()]}
    return {"traceID": trace, "spans": [convert_span(span, ids) for span in spans], "processes": processes, "warnings": None}


def convert_span(span: dict, ids: dict) -> dict:
    references = []
    if span["parent"]:
        references.append({"refType": "CHILD_OF", "traceID": span["trace"], "spanID": span["parent"]})
    start_us = span["start_ns"] // 1000
    return {
        "traceID": span["trace"],
        "spanID": span["span"],
        "operationName": span["name"],
        "references": references,
        "startTime": start_us,
        "duration": span["end_ns"] // 1000 - start_us,
        "tags": tags_of(span),
        "logs": [log_of(log) for log in span["logs"]],
        "processID": ids[span["service"]],
        "warnings": None,
    }


def tags_of(span: dict) -> list:
    tags = [tag("otel.scope.name", span["scope"]), tag("span.kind", KIND_TAG[span["kind"]])]
    tags += [tag(key, value) for key, value in span["tags"].items()]
    if span["status"] == "ERROR":
        tags += [tag("otel.status_code", "ERROR"), tag("error", True)]
    return tags + [tag("internal.span.format", "otlp")]


def log_of(log: dict) -> dict:
    fields = [tag("event", log["name"])]
    fields += [tag(key, value) for key, value in log["fields"].items() if key != "exception.stacktrace"]
    return {"timestamp": log["time_ns"] // 1000, "fields": fields}


def tag(key: str, value) -> dict:
    kinds = {bool: "bool", int: "int64", float: "float64"}
    return {"key": key, "type": kinds.get(type(value), "string"), "value": value}


def write(spans: list, path: str) -> None:
    with open(path, "w") as out:
        json.dump(convert(spans), out, separators=(",", ":"))
        out.write("\n")
