"""An attack on the page in thirteen steps: ``python -m benchmarks.attack`` serves it on loopback and does its worst.

Meanwhile one visitor uses the page. During and after each step that visitor moves a lever and waits for the new run, which must be
the one that the model computes and must come within :data:`PATIENCE` seconds. The range of matched runs follows it, and nothing
else may change on the page. On a machine that is busy with other things the time allowed is longer by the load per core before the
attack. The server's memory stays under :data:`MEMORY`, its log under :data:`LOG`, and no file of the installed page changes. A step
that takes more than :data:`STEP` seconds is given up and is a fault. A fault ends with 1.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import logging
import multiprocessing
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import connect

from civicsim.app import history, hosting, state, work

PATIENCE = 5.0
MEMORY = 2_048
"""MiB."""
LOG = 5_000_000
"""Bytes."""
STEP = 180
"""Seconds that a step may take on an idle machine."""
LOAD = os.getloadavg()[0]
SLOWER = max(1.0, LOAD / (os.cpu_count() or 1))
"""How much longer things take on a machine that has been busy before."""
HERE = "127.0.0.1"
SECRET = "what stands in a file: 7q"
LARGEST = "/explore?weeks=520&burn_in_weeks=520&set=structure.n_teams%3D200&set=structure.team_size%3D60"


class Site:
    """A page that is served on loopback, as those see it who open it."""

    def __init__(self, port: int) -> None:
        self.port, self.pages = port, list[Page]()

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(HERE, self.port, timeout=60)
        given = {key.replace("_", "-"): value for key, value in headers.items()}
        connection.request(method, path, body=body, headers=given)
        answer = connection.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]
        connection.close()
        return answer

    def channel(self, cookie: str = "", kernel: str = "", **options: Any) -> Any:
        address = (
            f"ws://{HERE}:{self.port}/jupyter/api/kernels/{kernel or uuid.uuid4()}/channels?session_id={uuid.uuid4()}"
        )
        headers = {"Cookie": cookie} | options.pop("headers", {})
        return connect(
            address, additional_headers=headers, max_size=None, open_timeout=30, ping_interval=None, **options
        )

    def cookie(self) -> str:
        return str(self.ask("/").getheader("Set-Cookie")).split(";")[0]

    def leave(self, stays: Page) -> None:
        """Let all pages but one lose their connections."""
        for page in self.pages:
            if page is not stays:
                page.leave()
        self.pages = [stays]


class Target(Site):
    """The page that is attacked: a server in a process of its own."""

    def __init__(self, log: IO[bytes]) -> None:
        super().__init__(0)
        self.log = log
        self.start(0)

    def start(self, port: int) -> None:
        command = [sys.executable, "-m", "civicsim.cli", "app", "--no-open", "--port", str(port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        assert self.process.stdout is not None
        found = re.search(r":(\d+)", self.process.stdout.readline())
        if found is None:
            raise SystemExit("the server printed nothing")
        self.port, self.started = int(found[1]), time.monotonic()

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    @property
    def peak(self) -> float:
        """Most memory that the server has had, in MiB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.search(r"VmHWM:\s+(\d+)", text)[1]) / 1024  # type: ignore[index]


class Page:
    """A page as a browser has it, without the browser."""

    def __init__(self, target: Site, path: str, cookie: str = "", kernel: str = "") -> None:
        self.cookie = cookie or target.cookie()
        self.kernel = kernel or str(uuid.uuid4())
        self.connection = target.channel(self.cookie, self.kernel).__enter__()
        target.pages.append(self)
        self.levers, self.packed, self.has_range = "", "", False
        self.n_messages, self.secret_seen = 0, False
        self.send("comm_open", comm_id="control", target_name="solara.control", data={})
        arguments = {"path": path, "appName": None, "themes": {"light": {}, "dark": {}}, "dark": False}
        self.send("comm_msg", comm_id="control", data={"method": "run", "args": arguments})

    def send(self, kind: str, **content: Any) -> None:
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "", "session": "", "version": "5.3"}
        header["date"] = "2026-01-01T00:00:00Z"
        parts = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "buffers": []}
        self.connection.send(json.dumps(parts | {"channel": "shell"}))

    def event(self, widget: str, **content: Any) -> None:
        self.send("comm_msg", comm_id=widget, data={"method": "custom", "content": content})

    def leave(self) -> None:
        """Lose the connection without a word, as when a network fails; one that is not read would take ten seconds to close."""
        with contextlib.suppress(OSError):
            self.connection.socket.shutdown(socket.SHUT_RDWR)

    def move(self, lever: str, value: float) -> None:
        self.has_range = False
        self.event(self.levers, event="set_lever", data={"name": lever, "value": value, "week": -1})

    def read(self, seconds: float) -> bool:
        """Read one message if there is any in some seconds."""
        try:
            text = self.connection.recv(timeout=seconds)
        except TimeoutError:
            return False
        message = json.loads(text)
        self.secret_seen |= SECRET in str(text)
        state = message["content"].get("data", {}).get("state", {})
        self.n_messages += message["msg_type"] != "status"
        if "rows" in state and "template" in state:
            self.levers = message["content"]["comm_id"]
        if state.get("runs"):
            self.packed = state["runs"][0]["packed"]
        self.has_range = bool(state.get("bands", self.has_range))
        return True

    def read_all(self) -> int:
        """Read what comes until nothing has for a moment, and return how many messages that were."""
        before = self.n_messages
        while self.read(0.3):
            pass
        return self.n_messages - before

    def until(self, wanted: str = "", seconds: float = 60.0, with_range: bool = False) -> float:
        """Return the seconds until a run is shown, or the one that is wanted, with the range of its matched runs if need be."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if self.packed and wanted in ("", self.packed) and (self.has_range or not with_range):
                return time.monotonic() - began
            self.read(0.5)
        raise TimeoutError(f"no {'range' if with_range else 'run'} in {seconds:g} s")


class Watch:
    """One visitor who uses the page all along, and finds out what an attack does to it."""

    LINK = "?set=structure.n_teams%3D20&seed=11"

    def __init__(self, target: Target) -> None:
        self.page, self.moves, self.waits = Page(target, f"/explore{self.LINK}"), 0, list[float]()
        self.n_changed, self.late = 0, False
        self.scenario = state.from_query(self.LINK).scenario
        self.patience = PATIENCE * SLOWER
        self.settle(300.0)

    def settle(self, seconds: float = 60.0) -> float:
        """Read the page until nothing more is to come, and return how long the run took."""
        wanted = work.playback(self.scenario).packed
        waited = self.page.until(wanted, seconds)
        self.page.until(wanted, seconds, with_range=True)
        self.page.read_all()
        return waited

    def faults(self) -> list[str]:
        """Move a lever, and return what is wrong with the answer; what was measured is in ``waits`` and ``n_changed``."""
        found = []
        # What comes late after an answer that was given up is no change.
        if (n := self.page.read_all()) and not self.late:
            self.n_changed += n
            found.append(f"fault: {n} messages changed the visitor's page")
        self.moves += 1
        self.scenario = state.with_lever(self.scenario, "fear", 0.05 + 0.02 * (self.moves % 40))
        # Computed before the clock starts.
        work.playback(self.scenario)
        self.page.move("fear", self.scenario.levers.fear)
        try:
            self.late = True
            self.waits.append(self.settle())
            self.late = False
        except TimeoutError as error:
            self.waits.append(60.0)
            return [*found, f"fault: {error} for the visitor"]
        if self.waits[-1] > self.patience:
            found.append(f"fault: the visitor waited {self.waits[-1]:.1f} s")
        return found


Found = Iterator[str]
"""What is tried, a line each; a line that begins with "fault" is one."""


def refused(target: Target, **headers: str) -> bool:
    try:
        with target.channel(headers=headers):
            return False
    except InvalidStatus as error:
        return error.response.status_code in (400, 403)


def origins(target: Target, _: Watch) -> Found:
    own = f"{HERE}:{target.port}"
    for host, origin in (
        (own, "http://example.org"),
        (own, "null"),
        (own, f"http://localhost:{target.port}"),
        ("example.org", f"http://{own}"),
        ("example.org", "http://example.org"),
        (own, f"http://{own}.example.org"),
        (own, "file://"),
    ):
        if target.ask("/", Host=host, Origin=origin).status not in (400, 403):
            yield f"fault: a page under {host} from {origin} was answered"
        if host == own and not refused(target, Origin=origin):
            yield f"fault: a connection from {origin} was accepted"
    yield "7 names and origins"


def headers(target: Target, _: Watch) -> Found:
    names = ("X-Script-Name", "X-Forwarded-Prefix", "X-Forwarded-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL")
    for name in names:
        for value in ("/evil", '"><script>alert(1)</script>', "http://evil.example.org", "a" * 9_000):
            target.ask("/", **{name: value})
    body = target.ask("/").body  # type: ignore[attr-defined]
    if b"evil" in body or b"alert(1)" in body:
        yield "fault: what one visitor sent is on the page of another"
    yield f"{4 * len(names)} headers"


def paths(target: Target, _: Watch) -> Found:
    tried = [
        "/_solara/cdn/",
        "/_solara/cdn/../../etc/passwd",
        "/_solara/cdn/%2e%2e/%2e%2e/etc/passwd",
        "/_solara/cdn/x@1/y.js",
        "/static/..%2f..%2fserver.py",
        "/static/public/",
        "/resourcez",
        "/readyz",
        "/_solara/api/evict/x",
        "/jupyter/api/kernels/x",
        "/jupyter/nbextensions/../x",
        "//evil.example.org/",
        "/%00",
        "/\u00e9",
        "/" + "a/" * 4_000,
        "/docs",
        "/openapi.json",
    ]
    for path in tried:
        status = target.ask(quote(path, safe="/%@")).status
        if status not in (400, 404, 405):
            yield f"fault: {path[:60]} was answered with {status}"
    yield f"{len(tried)} addresses"


def links(target: Target, _: Watch) -> Found:
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(f'secret = "{SECRET}"\n')
        file.flush()
        events = quote(json.dumps([{"name": file.name, "week": 3}, {"name": "../../x", "week": 1}]))
        tried = [
            f"/explore?interventions={events}",
            f"/explore?style={file.name}",
            f"/explore?kind={quote('../../../etc/passwd')}",
            "/explore?set=" + "x" * 40_000,
            f"/explore?interventions={quote('[' * 20_000)}",
            "/explore?weeks=1e999&seed=-1",
            "/explore?set=levers.fear%3DNaN",
            "/lessons/../../etc",
            f"/explore?set={quote('__class__.__init__=1')}",
            f"/explore?interventions={quote(json.dumps([{'set': {'seed': 1}}] * 2_000))}",
            "/compare?sides=" + ",".join(["status-quo"] * 4_000),
            f"/explore?style={quote('<script>alert(1)</script>')}",
        ]
        for path in tried:
            page = Page(target, path)
            try:
                page.until(seconds=20.0 if "lessons" not in path else 2.0)
            except TimeoutError:
                if "lessons" not in path:
                    yield f"fault: no run at {path[:60]}"
            page.leave()
            if page.secret_seen:
                yield "fault: a file was read"
    yield f"{len(tried)} links"


Sender = Callable[[], int]
"""Sends something once more, and returns how many messages that were."""


@contextlib.contextmanager
def flood(target: Target, senders: Callable[[Site], list[Sender]]) -> Iterator[Callable[[], int]]:
    """Let senders send as fast as they may, in a process of their own; yields what counts their messages.

    The process is another one than the visitor's, who would wait for its lock, and all its connections end with it.
    """
    context = multiprocessing.get_context("spawn")
    sent, begun = context.Array("q", 100), context.Event()
    process = context.Process(target=flooding, args=(senders, target.port, sent, begun), daemon=True)
    process.start()
    try:
        if not begun.wait(60.0 * SLOWER):
            raise TimeoutError("the flood did not begin")
        time.sleep(3.0)
        yield lambda: sum(sent)
    finally:
        process.kill()
        process.join()


def flooding(senders: Callable[[Site], list[Sender]], port: int, sent: Any, begun: Any) -> None:
    """Send in a thread for each sender until this process is ended."""

    def go(k: int, send: Sender) -> None:
        while True:
            try:
                sent[k] += send()
            except ConnectionClosed:
                return
            except (OSError, http.client.HTTPException):
                time.sleep(0.01)

    threads = [threading.Thread(target=go, args=each) for each in enumerate(senders(Site(port)))]
    for thread in threads:
        thread.start()
    begun.set()
    for thread in threads:
        thread.join()


def giants(target: Target, watch: Watch) -> Found:
    pages = [Page(target, f"{LARGEST}&seed={k}") for k in range(20)]
    time.sleep(1.0)
    for _ in range(3):
        yield from watch.faults()
    for page in pages:
        for k in range(5):
            page.levers = page.levers or next_levers(page)
            page.move("fear", 0.1 * k)
    yield from watch.faults()
    yield "20 visitors with the largest runs"


def next_levers(page: Page) -> str:
    while not page.levers and page.read(10.0):
        pass
    return page.levers


def hog(target: Target, _: Watch) -> Found:
    cookie, pages, turned_away = target.cookie(), [], 0
    for k in range(40):
        try:
            pages.append(Page(target, f"{LARGEST}&seed={100 + k}", cookie))
        except InvalidStatus:
            turned_away += 1
    if turned_away < 20:
        yield f"fault: one visitor has {len(pages)} pages"
    yield f"40 pages of one visitor, {turned_away} turned away"


def asking(site: Site) -> list[Sender]:
    """Return senders of requests, each over a connection that is kept."""

    def sender(k: int) -> Sender:
        connection = http.client.HTTPConnection(HERE, site.port, timeout=10)

        def send() -> int:
            try:
                connection.request("GET", f"/policy?x={k}", headers={"Accept-Encoding": "gzip"})
                connection.getresponse().read()
            except (OSError, http.client.HTTPException):
                connection.close()
                raise
            return 1

        return send

    return [sender(k) for k in range(40)]


def requests(target: Target, watch: Watch) -> Found:
    with flood(target, asking) as sent:
        yield from watch.faults()
        yield f"{sent():,} requests over 40 connections"


def moving(site: Site) -> list[Sender]:
    """Return senders of messages, each from a page of its own: a lever is moved, and a widget is described that is not there."""
    pages = [Page(site, "/explore?set=structure.n_teams%3D20") for _ in range(8)]
    for page in pages:
        page.until()
    chance = random.Random(1)

    def sender(page: Page) -> Sender:
        def send() -> int:
            page.move("fear", chance.randrange(20) / 20)
            page.send("comm_msg", comm_id=uuid.uuid4().hex, data={"method": "update", "state": {"x": "y" * 1_000}})
            return 2

        return send

    return [sender(page) for page in pages]


def messages(target: Target, watch: Watch) -> Found:
    with flood(target, moving) as sent:
        yield from watch.faults()
        yield f"{sent():,} messages over 8 connections"
    broken = ("", "null", "[]", "{}", "[" * 100_000, '{"header": 1}', b"", b"\xff" * 40, b"\x7f\xff\xff\xff" * 9)
    for text in broken:
        with contextlib.suppress(ConnectionClosed, TimeoutError), target.channel(target.cookie()) as connection:
            connection.send(text)
            connection.recv(timeout=5)
    yield f"{len(broken)} malformed messages"


def execution(target: Target, _: Watch) -> Found:
    """Ask for what widgets offer beyond events: objects of any class, functions by name, widgets from the browser."""
    with tempfile.TemporaryDirectory() as place:
        page = Page(target, "/explore?set=structure.n_teams%3D20")
        page.until()
        (Path(place) / "evil.py").write_text(f"open({str(Path(place) / 'run')!r}, 'w')\n", encoding="utf-8")
        made = Path(place) / "made"
        tries: list[dict[str, Any]] = [
            {"create_widget": ["evil", "x"], "props": {}, "id": "1"},
            {"create_widget": ["logging", "basicConfig"], "props": {"filename": str(made)}, "id": "2"},
            {"create_widget": ["logging", "FileHandler"], "props": {"filename": str(made)}, "id": "3"},
            {"create_widget": ["this", "x"], "props": {"x": {"functionRef": "close"}}, "id": "4"},
            {"update_ref": {"functionRef": "close_all"}, "id": page.levers, "prop": "rows"},
            {"event": "_handle_event", "data": {}},
            {"event": "__class__", "data": {}},
            {"destroy_widget": "x"},
        ]
        for content in tries:
            page.event(page.levers, **content)
        shape = {
            "_model_module": "@jupyter-widgets/controls",
            "_model_module_version": "2.0.0",
            "_model_name": "FileUploadModel",
        }
        shape |= {
            "_view_module": "@jupyter-widgets/controls",
            "_view_module_version": "2.0.0",
            "_view_name": "FileUploadView",
        }
        page.send("comm_open", comm_id="own", target_name="jupyter.widget", data={"state": shape})
        page.move("fear", 0.77)
        before, page.packed = page.packed, ""
        page.until()
        if page.packed == before:
            yield "fault: the attacker's own page no longer answers"
        if made.exists() or (Path(place) / "run").exists():
            yield "fault: a page made the server execute something"
    yield f"{len(tries) + 1} calls for code to be executed"


def uploads(target: Target, _: Watch) -> Found:
    def forever() -> Iterator[bytes]:
        for _ in range(2_000):
            yield b"x" * 100_000

    for method, path in (
        ("POST", "/"),
        ("POST", "/_solara/api/close/x?session_id=x"),
        ("PUT", "/static/x"),
        ("GET", "/"),
    ):
        with contextlib.suppress(OSError, http.client.HTTPException):
            target.ask(path, method, forever())
    n_closed = 0
    for compression in (None, "deflate"):
        with target.channel(target.cookie(), compression=compression) as connection:
            try:
                connection.send("x" * 60_000_000)
                connection.recv(timeout=20)
            except ConnectionClosed:
                n_closed += 1
            except TimeoutError:
                yield "fault: a message of 60 MB was taken"
    yield f"4 bodies of 200 MB, 2 messages of 60 MB; {n_closed} connections closed"


def slow(target: Target, watch: Watch) -> Found:
    held: list[Any] = []
    for k in range(300):
        one = socket.create_connection((HERE, target.port))
        with contextlib.suppress(OSError):
            one.sendall(b"" if k % 2 else b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-More: ")
        held.append(one)
    deaf = [Page(target, f"/explore?set=structure.n_teams%3D40&seed={k}") for k in range(10)]
    yield from watch.faults()
    for one in held:
        one.close()
    yield f"{len(held)} connections that ask for nothing, {len(deaf)} pages that never read"


def comers(target: Target, watch: Watch) -> Found:
    turned_away = 0
    for k in range(200):
        try:
            Page(target, f"{LARGEST}&seed={1_000 + k}").leave()
        except InvalidStatus:
            turned_away += 1
    yield f"200 pages with the largest runs opened and left, {turned_away} turned away"


def restarts(target: Target, watch: Watch) -> Found:
    for number in (signal.SIGTERM, signal.SIGKILL):
        # What is being sent to pages that do not read is not to keep the server from ending.
        for k in range(10):
            Page(target, f"/explore?set=structure.n_teams%3D40&seed={k}")
        target.process.send_signal(number)
        target.process.wait(30)
        target.start(target.port)
        link = state.to_query(watch.scenario)
        watch.page = Page(target, f"/explore{link}", watch.page.cookie, watch.page.kernel)
        waited = watch.settle()
        yield f"after {number.name} the visitor's address shows the same run in {waited:.1f} s"


STEPS: dict[str, Callable[[Target, Watch], Found]] = {
    "origins and hosts": origins,
    "headers": headers,
    "addresses": paths,
    "hostile links": links,
    "giant levers": giants,
    "one visitor, many pages": hog,
    "flood of requests": requests,
    "flood of messages": messages,
    "code from the page": execution,
    "uploads": uploads,
    "slow connections": slow,
    "coming and going": comers,
    "restarts": restarts,
}


def page_files() -> dict[str, int]:
    """Return the files that the page consists of, with their sizes."""
    folder = hosting.asset_folder()
    found = [] if folder is None else [file for file in folder.rglob("*") if file.is_file()]
    return {
        str(file): file.stat().st_size
        for file in [*found, *Path(history.__file__).parent.rglob("*.*")]
        if file.suffix != ".pyc"
    }


class GivenUp(Exception):  # noqa: N818  (no timeout: steps wait for these on purpose)
    """A step takes too long."""


FAILURES = (GivenUp, OSError, WebSocketException, http.client.HTTPException, subprocess.TimeoutExpired)


@contextlib.contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Give up what takes longer, wherever it waits."""

    def give_up(*_: Any) -> None:
        raise GivenUp(f"no end after {seconds:.0f} s")

    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)


def attempt(target: Target, watch: Watch, step: Callable[[Target, Watch], Found]) -> list[str]:
    """Do a step, let its pages go, and return what was tried and what is wrong afterwards."""
    lines: list[str] = []
    for act in (lambda: step(target, watch), watch.faults):
        try:
            with bounded(STEP * SLOWER):
                lines.extend(act())
        except FAILURES as error:
            lines.append(f"fault: {type(error).__name__}: {error}")
        target.leave(watch.page)
    return lines


def main(words: list[str]) -> int:
    """Attack the page, and print what each step did to its visitor."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attack", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", metavar="TEXT", help="steps with this text in their name")
    given = parser.parse_args(words)
    # A connection that is lost on purpose needs no traceback.
    logging.disable(logging.CRITICAL)
    before, n_faults, peak, slowest = page_files(), 0, 0.0, 0.0
    with tempfile.TemporaryFile() as log, contextlib.closing(Target(log)) as target:
        watch = Watch(target)
        for name, step in STEPS.items():
            if given.only not in name:
                continue
            began, watch.waits, watch.n_changed = time.monotonic(), [], 0
            lines = attempt(target, watch, step)
            peak, slowest = max(peak, target.peak), max([slowest, *watch.waits])
            if peak > MEMORY:
                lines.append(f"fault: {peak:.0f} MiB")
            n_faults += sum(line.startswith("fault") for line in lines)
            print(
                f"{name}: visitor waits {max(watch.waits, default=0.0):.1f} s at most ({len(watch.waits)} moves), {watch.n_changed} messages too "
                f"many, server {target.peak:.0f} MiB at most; {time.monotonic() - began:.0f} s",
                *lines,
                sep="\n  ",
                flush=True,
            )
        size = os.fstat(log.fileno()).st_size
    if page_files() != before:
        n_faults += 1
        print("fault: files of the page have changed")
    if size > LOG:
        n_faults += 1
        print("fault: too large a log")
    print(
        f"{n_faults} faults; slowest wait {slowest:.1f} s, log of {size / 1e6:.1f} MB, {peak:.0f} MiB at most, load {LOAD:.1f} before"
    )
    return 1 if n_faults else 0


if __name__ == "__main__":
    # IPython takes the place of the module of this name, in which another process would look for what it is to do.
    from benchmarks import attack

    sys.exit(attack.main(sys.argv[1:]))
