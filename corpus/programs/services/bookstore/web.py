"""A small HTTP server and client with SERVER and CLIENT spans; context travels as a W3C traceparent header."""

import http.client
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from opentelemetry.propagate import extract, inject
from opentelemetry.trace import SpanKind, Status, StatusCode

from .telemetry import tracer


class Failure(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


class Server(ThreadingHTTPServer):
    """Serves `routes`: {(method, pattern): handler(path_argument, query, body) -> answer}.

    A pattern is a path, its last part perhaps `{id}`.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, routes: dict):
        super().__init__(("127.0.0.1", 0), Handler)
        self.routes = routes

    def find_route(self, method: str, path: str) -> tuple:
        if (method, path) in self.routes:
            return path, None
        head, _, last = path.rpartition("/")
        pattern = f"{head}/{{id}}"
        if (method, pattern) not in self.routes:
            raise Failure(404, "no such route")
        return pattern, last


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer_request("GET")

    def do_POST(self):
        self.answer_request("POST")

    def log_message(self, *arguments):
        pass

    def answer_request(self, method: str) -> None:
        url = urlsplit(self.path)
        if url.path == "/ready":
            return self.send_answer(200, {})
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        pattern, argument = self.server.find_route(method, url.path)
        attributes = {"http.method": method, "http.route": pattern, "http.target": self.path, "http.scheme": "http"}
        with tracer().start_as_current_span(f"{method} {pattern}", extract(dict(self.headers.items())),
                                            SpanKind.SERVER, attributes) as span:
            try:
                handler = self.server.routes[method, pattern]
                status, answer = 200, handler(argument, dict(parse_qsl(url.query)), json.loads(body or b"null"))
            except Failure as failure:
                status, answer = failure.status, {"error": str(failure)}
                span.set_status(Status(StatusCode.ERROR, str(failure)))
            span.set_attribute("http.status_code", status)
            self.send_answer(status, answer)

    def send_answer(self, status: int, answer) -> None:
        body = json.dumps(answer).encode()
        head = (f"HTTP/1.1 {status} {http.client.responses[status]}\r\ncontent-type: application/json\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n")
        self.close_connection = True
        self.wfile.write(head.encode() + body)


class Peer:
    """Another service, by name; `delay_s` is how long a request is under way to it."""

    def __init__(self, name: str, port: int, delay_s: float = 0.0):
        self.name = name
        self.port = port
        self.delay_s = delay_s

    def call(self, method: str, path: str, body=None, tries: int = 1):
        """The answer of the first try that is not refused with 503."""
        for attempt in range(1, tries + 1):
            try:
                return self.call_once(method, path, body, attempt)
            except Failure as failure:
                if failure.status != 503 or attempt == tries:
                    raise

    def call_once(self, method: str, path: str, body, attempt: int):
        attributes = {"http.method": method, "http.url": f"http://{self.name}{path}", "net.peer.name": self.name}
        if attempt > 1:
            attributes["http.resend_count"] = attempt - 1
        with tracer().start_as_current_span(f"{method} {self.name}", None, SpanKind.CLIENT, attributes,
                                            record_exception=True, set_status_on_exception=True) as span:
            headers = {"content-type": "application/json"}
            inject(headers)
            time.sleep(self.delay_s)
            status, answer = send(self.port, method, path, json.dumps(body).encode() if body is not None else None, headers)
            span.set_attribute("http.status_code", status)
            if status != 200:
                raise Failure(status, answer.get("error", ""))
            return answer


def send(port: int, method: str, path: str, body=None, headers=None) -> tuple:
    """Status and decoded body of one request on a connection of its own, without a span."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()
