"""The server hands out the page and its files, and nothing else, whatever is asked of it."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from civicsim.app import guard
from civicsim.app.connections import PATIENCE
from civicsim.cli import main

START = """
import contextlib, sys
with contextlib.suppress(ImportError):
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
from civicsim.cli import main
sys.exit(main())
"""
"""Starts the command with as many open files as some systems allow a program by default."""
ROOM = 128


@dataclass
class Served:
    """A server of the page: its port, the files it may hand out, and where it would fetch others."""

    port: int
    folder: Path
    elsewhere: socket.socket

    def ask(self, path: str, method: str = "GET", at: str = "127.0.0.1", **headers: str) -> http.client.HTTPResponse:
        """Return the answer to a request whose path is sent as it is."""
        connection = http.client.HTTPConnection(at, self.port, timeout=60)
        connection.request(method, path, headers={key.replace("_", "-"): value for key, value in headers.items()})
        answer = connection.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]
        connection.close()
        return answer


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the page with a folder of files of its own, so that nothing that is installed is at risk."""
    folder = tmp_path_factory.mktemp("prefix") / "cdn"
    (folder / "thing@1.0.0" / "dist").mkdir(parents=True)
    (folder / "thing@1.0.0" / "dist" / "thing.js").write_text("thing", encoding="utf-8")
    (folder.parent / "secret.js").write_text("secret", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0.2)
        more = {
            "SOLARA_ASSETS_PROXY_CACHE_DIR": str(folder),
            "SOLARA_ASSETS_CDN": f"http://127.0.0.1:{elsewhere.getsockname()[1]}/",
        }
        options = ["--public", "--allowed-host", "Civic.Example.org", "--root-path", "/here/it-is/"]
        command = [sys.executable, "-c", START, "app", "--port", "0", "--no-open", *options]
        server = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | more
        )
        assert server.stdout is not None
        found = re.search(r":(\d+)", server.stdout.readline())
        assert found, "the server printed nothing"
        yield Served(int(found[1]), folder, elsewhere)
        server.terminate()
        server.stdout.close()
        server.wait(20)


def connected(port):
    """Return a connection of which reading waits until the server closes it or answers."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.settimeout(30)
    return connection


def test_idle_and_half_open_connections_are_closed_and_keep_no_one_out(served):
    idle = [connected(served.port) for _ in range(ROOM + 40)]
    for connection in idle[ROOM:]:
        # Those beyond the room there is are closed at once.
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    for connection in idle[:-50]:
        connection.close()
    half = connected(served.port)
    half.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    began = time.monotonic()
    assert served.ask("/static/assets/favicon.png", Host="localhost").status == 200
    assert time.monotonic() - began < 5.0
    half.sendall(b"X-More: 1\r\n")
    assert half.recv(1) == b""
    assert time.monotonic() - began < 2 * PATIENCE
    for connection in (half, *idle):
        connection.close()


def test_a_file_of_the_page_is_handed_out(served):
    answer = served.ask("/_solara/cdn/thing@1.0.0/dist/thing.js")
    assert (answer.status, answer.body) == (200, b"thing")


@pytest.mark.parametrize(
    "path",
    [
        "/_solara/cdn",
        "/_solara/cdn/",
        "/_solara/cdn/thing@1.0.0",
        "/_solara/cdn/thing@1.0.0/dist/",
        "/_solara/cdn/thing@1.0.0/other.js",
        "/_solara/cdn/nonsense@9.9.9/x.js",
        "/_solara/cdn/../secret.js",
        "/_solara/cdn/%2e%2e/secret.js",
        "/_solara/cdn/..%2fsecret.js",
        "/_solara/cdn//etc/hostname",
        "/_solara/cdn/%2fetc%2fhostname",
    ],
)
def test_what_is_no_file_is_neither_removed_nor_fetched(served, path):
    before = sorted(served.folder.rglob("*"))
    assert served.ask(path).status == 404
    assert sorted(served.folder.rglob("*")) == before
    with pytest.raises(TimeoutError):
        served.elsewhere.accept()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/resourcez"),
        ("GET", "/resourcez?verbose"),
        ("GET", "/readyz"),
        ("GET", "/jupyter/api/kernels/1"),
        ("POST", "/_solara/api/evict/1"),
        ("GET", "/static/public/x"),
        ("GET", "/static/../server.py"),
        ("GET", "/jupyter/nbextensions/jupyter-js-widgets/extension.js"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        ("GET", "/jupyter/nbextensions/jupyter-vue/%2e%2e/%2e%2e/kernels"),
    ],
)
def test_there_is_nothing_that_the_page_has_no_need_for(served, method, path):
    assert served.ask(path, method).status in (404, 405)


@pytest.mark.parametrize("path", ["/", "/compare", "/lessons", "/static/assets/style.css"])
def test_the_page_is_there_whether_a_proxy_leaves_its_path_on_or_not(served, path):
    assert served.ask(path).status == 200
    assert served.ask("/here/it-is" + path).status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:{port}", 200),
        ("LOCALHOST", 200),
        ("[::1]:1", 200),
        ("civic.example.org", 200),
        (socket.gethostname(), 200),
        ("example.org", 400),
        ("civic.example.org.example.org", 400),
        ("", 400),
        ("me@localhost", 400),
        ("localhost:x", 400),
        ("192.0.2.1", 400),
    ],
)
def test_the_page_is_served_only_under_names_that_it_was_started_for(served, host, status):
    answer = served.ask("/", Host=host.format(port=served.port))
    assert answer.status == status
    if status != 200:
        assert b"--allowed-host" in answer.body


def test_the_page_is_served_under_the_address_at_which_a_visitor_arrives():
    for own, host, well in (
        ("10.0.0.7", b"10.0.0.7:8765", True),
        ("10.0.0.7", b"10.0.0.8:8765", False),
        ("fd00::7", b"[fd00::7]", True),
    ):
        scope = {"type": "http", "headers": [(b"host", host)], "server": (own, 8765)}
        assert (guard.refused(scope, frozenset()) is None) == well


CLOSE = "/_solara/api/close/nothing?session_id=nothing"
OPEN = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Extensions": "permessage-deflate",
}


@pytest.mark.parametrize(
    ("origin", "host", "well"),
    [
        ("http://127.0.0.1:{port}", "127.0.0.1:{port}", True),
        ("https://civic.example.org", "civic.example.org", True),
        ("https://civic.example.org:443", "CIVIC.example.org", True),
        (None, "127.0.0.1:{port}", True),
        ("http://127.0.0.1", "127.0.0.1:{port}", False),
        ("http://localhost:{port}", "127.0.0.1:{port}", False),
        ("http://example.org", "127.0.0.1:{port}", False),
        ("null", "127.0.0.1:{port}", False),
        ("", "localhost", False),
        ("http://civic.example.org", "civic.example.org:443", False),
        ("file://", "localhost", False),
    ],
)
def test_other_pages_neither_connect_to_the_page_nor_send_it_anything(served, origin, host, well):
    given = {"Host": host.format(port=served.port)}
    if origin is not None:
        given["Origin"] = origin.format(port=served.port)
    assert served.ask(CLOSE, "POST", **given).status == (200 if well else 403)
    channel = "/here/it-is/jupyter/api/kernels/nothing/channels?session_id=nothing"
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as connection:
        lines = [f"GET {channel} HTTP/1.1", *(f"{key}: {value}" for key, value in (OPEN | given).items()), "", ""]
        connection.sendall("\r\n".join(lines).encode())
        answer = connection.recv(4_096)
    assert answer.startswith(b"HTTP/1.1 101" if well else b"HTTP/1.1 403")
    # A few compressed bytes could become gigabytes.
    assert b"deflate" not in answer.lower()


def test_a_tab_that_is_unknown_or_not_connected_yet_is_closed_without_an_error(served):
    given = {"Host": f"127.0.0.1:{served.port}"}
    assert served.ask("/_solara/api/close/nothing", "POST", **given).status == 200
    channel = "/here/it-is/jupyter/api/kernels/there/channels?session_id=tab"
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as connection:
        lines = [f"GET {channel} HTTP/1.1", *(f"{key}: {value}" for key, value in (OPEN | given).items()), "", ""]
        connection.sendall("\r\n".join(lines).encode())
        connection.recv(4_096)
        for tab in ("another", "tab", "tab"):
            assert served.ask(f"/_solara/api/close/there?session_id={tab}", "POST", **given).status == 200, tab
        assert served.ask("/_solara/api/close/there", "POST", **given).status == 200


def test_no_visitor_decides_where_the_page_is(served):
    named = {key: "/elsewhere" for key in ("X-Script-Name", "Script-Name", "X-Forwarded-Prefix", "X-Forwarded-Host")}
    for headers in (named, {}):
        body = served.ask("/", **headers).body
        assert b"elsewhere" not in body
        assert b'"/here/it-is/_solara/cdn/' in body
    assert b'href="/here/it-is/"' in served.ask("/nothing", **named).body


def test_an_answer_tells_browsers_what_the_page_may_do_and_who_may_show_it(served):
    for path in ("/", "/nothing", "/static/assets/style.css", CLOSE):
        answer = served.ask(path)
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
        assert answer.getheader("X-Frame-Options") == "DENY"
        assert answer.getheader("Referrer-Policy") == "same-origin"
        assert answer.getheader("Cross-Origin-Resource-Policy") == "same-origin"
    first, second = (served.ask("/").getheader("Content-Security-Policy") for _ in range(2))
    assert first != second
    assert "default-src 'none'" in first
    assert "frame-ancestors 'none'" in first
    assert "script-src 'self' 'unsafe-eval' 'nonce-" in first
    assert f"connect-src 'self' ws://127.0.0.1:{served.port} " in first


def test_a_page_has_its_nonce_on_every_script(served):
    answer = served.ask("/")
    (nonce,) = re.findall("'nonce-([^']+)'", answer.getheader("Content-Security-Policy"))
    scripts = re.findall(r"<script[^>]*>", answer.body.decode())
    assert len(scripts) > 5
    assert all(f'nonce="{nonce}"' in script for script in scripts)


def test_the_cookie_is_for_the_server_alone(served):
    plain, safe = served.ask("/"), served.ask("/", X_Forwarded_Proto="https")
    for answer in (plain, safe):
        (cookie,) = answer.headers.get_all("Set-Cookie")
        assert {"HttpOnly", "SameSite=lax", "Path=/here/it-is"} < set(cookie.split("; "))
        assert ("Secure" in cookie) == (answer is safe)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--allowed-host", "https://example.org"),
        ("--allowed-host", "example.org:80"),
        ("--allowed-host", ""),
        ("--allowed-host", "a,b"),
        ("--root-path", "here"),
        ("--root-path", '/"><script>'),
        ("--root-path", "//example.org"),
    ],
)
def test_a_name_or_path_that_is_none_is_refused_in_one_line(option, value, capsys):
    assert main(["app", "--port", "0", "--no-open", option, value]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"civicsim: {option} {value}: expected a")
    assert error.count("\n") == 1
