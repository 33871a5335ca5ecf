"""The built book from a local server, as a host would serve it: gzip, below a path, with its own
page for wrong addresses. For tests and measurements; readers need no server."""

from __future__ import annotations

import gzip
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

_ZIPPED = ("text/", "application/json", "application/javascript", "image/svg+xml")


@cache
def _body(path: Path, zipped: bool) -> bytes:
    content = path.read_bytes()
    return gzip.compress(content, 9, mtime=0) if zipped else content


def _handler(folder: Path, prefix: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            wanted = (folder / path.removeprefix(prefix).lstrip("/")).resolve()
            if wanted.is_dir():
                wanted /= "index.html"
            found = path.startswith(prefix) and wanted.is_relative_to(folder) and wanted.is_file()
            shown = wanted if found else folder / "404.html"
            kind = mimetypes.guess_type(shown.name)[0] or "application/octet-stream"
            zipped = kind.startswith(_ZIPPED) and "gzip" in self.headers["Accept-Encoding"]
            body = _body(shown, zipped)
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if zipped:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    return Handler


@contextmanager
def served(folder: Path, prefix: str = "/") -> Iterator[str]:
    """Serve `folder` on this machine; the address of its root, with a slash at the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(folder.resolve(), prefix))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{prefix}"
    finally:
        server.shutdown()
        server.server_close()
