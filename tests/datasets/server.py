# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A web server on this machine that also does what web servers should not."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass
class Served:
    """One answer: what was asked for, and what was sent."""

    path: str
    range: str | None
    if_range: str | None
    accepted: str | None
    status: int = 0
    n_bytes: int = 0


@dataclass
class Answer:
    """How to answer a request otherwise than well.

    status: answer this. to: redirect there. length: added to the length that is said.
    stop_after: bytes of the body until the connection is closed. stall_after: bytes
    until nothing comes any more. ranges: whether ranges are known. honest_range:
    whether If-Range counts. at_most: bytes of a range that are sent at once.
    headers: instead of those that would be sent, None for not at all.
    """

    status: int | None = None
    to: str | None = None
    length: int = 0
    stop_after: int | None = None
    stall_after: int | None = None
    ranges: bool = True
    honest_range: bool = True
    at_most: int | None = None
    headers: dict = field(default_factory=dict)


class Server:
    """A web server of files in memory, that remembers what it sent.

    Parameters
    ----------
    files : dict of str to bytes
        Content by path, such as {"/a.txt": b"..."}.
    """

    def __init__(self, files):
        self.files = dict(files)
        self.etags = {}
        # By path: the next answers, one a request, then good ones.
        self.plan = {}
        self.served = []
        self.gate = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                server.answer(self)

            def log_message(self, *_):
                pass

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.httpd.server_address[1]}"
        self.thread = threading.Thread(target=self.httpd.serve_forever, args=(0.01,))
        self.thread.start()

    def answer(self, handler):
        """Answer one request as planned."""
        # As a proxy it is asked for whole addresses.
        path = urlsplit(handler.path).path
        asked = handler.headers
        named = ("Range", "If-Range", "Accept-Encoding")
        served = Served(path, *(asked.get(name) for name in named))
        self.served.append(served)
        plan = self.plan.get(path)
        answer = plan.pop(0) if plan else Answer()
        handler.close_connection = True
        content = self.files.get(path)
        if answer.to or answer.status or content is None:
            served.status = 302 if answer.to else (answer.status or 404)
            handler.send_response(served.status)
            if answer.to:
                handler.send_header("Location", answer.to)
            handler.send_header("Content-Length", "0")
            handler.send_header("Connection", "close")
            handler.end_headers()
            return
        body, headers = self.body(path, content, served, answer)
        headers["Content-Length"] = str(len(body) + answer.length)
        headers["Connection"] = "close"
        headers.update(answer.headers)
        handler.send_response(served.status)
        for name, value in headers.items():
            if value is not None:
                handler.send_header(name, value)
        handler.end_headers()
        self.send(handler, body, served, answer)

    def body(self, path, content, served, answer):
        """Return what to send, and its head, by the rules of RFC 9110."""
        etag = self.etags.get(path, f'"{hash(content) & 0xFFFFFFFF:x}"')
        headers = {"ETag": etag}
        served.status = 200
        wanted = served.range if answer.ranges else None
        same = served.if_range in (None, etag) or not answer.honest_range
        if wanted is None or not same:
            return content, headers
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(content):
            served.status = 416
            headers["Content-Range"] = f"bytes */{len(content)}"
            return b"", headers
        served.status = 206
        end = min(len(content), start + (answer.at_most or len(content)))
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(content)}"
        return content[start:end], headers

    def send(self, handler, body, served, answer):
        """Send the body, or a part of it."""
        ends = [end for end in (answer.stop_after, answer.stall_after) if end]
        part = body[: min(ends)] if ends else body
        try:
            handler.wfile.write(part)
            handler.wfile.flush()
        except OSError:  # the other side had enough
            return
        served.n_bytes = len(part)
        if answer.stall_after is not None:
            self.gate.wait(30)

    def stop(self):
        """Stop, also what stalls."""
        self.gate.set()
        self.httpd.shutdown()
        self.thread.join()
        self.httpd.server_close()
