"""``padauk call``: where its request goes, and with what."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.commands import build_app


@contextmanager
def listening() -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """Yield an address, and the paths and authorisations of the requests that came there."""
    heard: list[tuple[str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append((self.path, self.headers["authorization"]))
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", heard
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("token", ["a-token", None])
def test_a_proxy_and_a_netrc_of_the_environment_are_not_used(
    tmp_path: Path, variable: str, token: str | None
):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password nothing\n")
    with ExitStack() as stack:
        url, heard = stack.enter_context(listening())
        proxy, overheard = stack.enter_context(listening())
        told = {variable: proxy, "NETRC": str(netrc), "PADAUK_URL": url, "PADAUK_TOKEN": token}
        result = CliRunner().invoke(build_app(), ["call", "GET", "/api/health"], env=told)
        assert result.exit_code == 0, result.output
    assert heard == [("/api/health", f"Bearer {token}" if token else None)]
    assert overheard == []
