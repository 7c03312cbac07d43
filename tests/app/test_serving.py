"""The server hands out the page and its files, and nothing else, whatever is asked of it."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass
class Served:
    """A server of the page: its port, the files it may hand out, and where it would fetch others."""

    port: int
    folder: Path
    elsewhere: socket.socket

    def ask(self, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
        """Return the answer to a request whose path is sent as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
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
        command = [sys.executable, "-m", "civicsim.cli", "app", "--port", "0", "--no-open"]
        server = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | more
        )
        assert server.stdout is not None
        found = re.search(r":(\d+)", server.stdout.readline())
        assert found, "the server said nothing"
        yield Served(int(found[1]), folder, elsewhere)
        server.terminate()
        server.stdout.close()
        server.wait(20)


def test_a_file_of_the_page_is_handed_out(served):
    answer = served.ask("/_solara/cdn/thing@1.0.0/dist/thing.js")
    assert (answer.status, answer.body) == (200, b"thing")


@pytest.mark.parametrize(
    "path",
    [
        "/_solara/cdn", "/_solara/cdn/", "/_solara/cdn/thing@1.0.0", "/_solara/cdn/thing@1.0.0/dist/",
        "/_solara/cdn/thing@1.0.0/other.js", "/_solara/cdn/nobody@9.9.9/x.js",
        "/_solara/cdn/../secret.js", "/_solara/cdn/%2e%2e/secret.js", "/_solara/cdn/..%2fsecret.js",
        "/_solara/cdn//etc/hostname", "/_solara/cdn/%2fetc%2fhostname",
    ],
)  # fmt: skip
def test_what_is_no_file_is_neither_removed_nor_fetched(served, path):
    before = sorted(served.folder.rglob("*"))
    assert served.ask(path).status == 404
    assert sorted(served.folder.rglob("*")) == before
    with pytest.raises(TimeoutError):
        served.elsewhere.accept()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/resourcez"), ("GET", "/resourcez?verbose"), ("GET", "/readyz"), ("GET", "/jupyter/api/kernels/1"),
        ("POST", "/_solara/api/evict/1"), ("GET", "/static/public/x"), ("GET", "/static/../server.py"),
        ("GET", "/jupyter/nbextensions/jupyter-js-widgets/extension.js"), ("GET", "/docs"), ("GET", "/openapi.json"),
        ("GET", "/jupyter/nbextensions/jupyter-vue/%2e%2e/%2e%2e/kernels"),
    ],
)  # fmt: skip
def test_there_is_nothing_that_the_page_has_no_need_for(served, method, path):
    assert served.ask(path, method).status in (404, 405)


@pytest.mark.parametrize("path", ["/", "/compare", "/lessons", "/static/assets/style.css"])
def test_the_page_is_there(served, path):
    assert served.ask(path).status == 200
