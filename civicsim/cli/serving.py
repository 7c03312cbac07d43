"""The command ``app``: serves the page, to this computer only by default."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
import webbrowser
from collections.abc import Iterable
from typing import Any

from civicsim.cli.commands import App
from civicsim.cli.output import Output
from civicsim.errors import CivicsimError

_HERE, _EVERYWHERE = "127.0.0.1", "0.0.0.0"


def serve(output: Output, request: App) -> None:
    """Serve the page until it is stopped."""
    port, public, results = request.port, request.public, request.results
    hosts, root_path = [_checked_host(name) for name in request.allowed_host], _checked_path(request.root_path)
    if results is not None:
        from civicsim.study.store.store import open_store

        open_store(results)
        os.environ["CIVICSIM_RESULTS"] = results
    if request.lessons is not None:
        os.environ["CIVICSIM_LESSONS"] = _checked_folder(request.lessons)
    public = public or request.class_
    # Devices of a class reach the first name that is given, such as that of a proxy, or this computer's own address.
    name = (hosts[0] if hosts else _own_address()) if request.class_ else ""
    host = _EVERYWHERE if public else _HERE
    listening = _listen(host, port)
    number = int(listening.getsockname()[1])
    url = f"http://{_HERE}:{number}{root_path}"
    output.note("starting …")
    server = _server(host, number, [*hosts, *(_own_names() if public else ())], root_path)
    output.print(
        f"The page is at {url}" + (" and, for others, at this computer's address" if public and not name else "")
    )
    if request.class_:
        from civicsim.app.room import open_room

        room = open_room(f"http://{name}:{number}{root_path}")
        url = f"{url}/class/teach?token={room.token}"
        output.print(f"Students: {room.address}/class, code {room.code}")
        output.print(f"Teacher:  {url}")
        output.note("anyone with the teacher's address leads the class; only this terminal shows it")
        output.hint(
            f"devices have to be on the same network, and this computer's firewall has to admit connections to port {number}"
        )
    elif public:
        output.note("anyone on the network can open it: there are no passwords")
    output.hint("Ctrl-C ends it.")
    if not request.no_open:
        threading.Thread(target=_open, args=(server, url), daemon=True).start()
    server.run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on a port."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # On Windows this would let two programs listen on one port.
    if os.name == "posix":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # Requests before the page is served wait, and are not refused.
        listening.listen()
    except OSError as error:
        listening.close()
        raise CivicsimError(f"--port {port}: cannot be used ({error.strerror}); --port 0 takes any free one") from None
    return listening


def _checked_host(name: str) -> str:
    """Return a name of a computer, or its address, as it stands before the port in a URL."""
    if not re.fullmatch(r"\[[0-9A-Fa-f:.]+\]|[^\s\[\]:/?#@,]+", name):
        raise CivicsimError(
            f"--allowed-host {name}: expected a name or address without scheme, port and path, such as civic.example.org"
        )
    return name


def _checked_path(path: str) -> str:
    """Return a path without a slash at its end."""
    if not re.fullmatch(r"(/[A-Za-z0-9_.~-]+)*/?", path):
        raise CivicsimError(f"--root-path {path}: expected a path such as /civicsim, of letters, digits and - _ . ~")
    return path.rstrip("/")


def _checked_folder(name: str) -> str:
    """Return the path of a folder of lessons."""
    if not os.path.isdir(name):
        raise CivicsimError(f"--lessons {name}: no such folder")
    return name


def _own_address() -> str:
    """Return the address under which other computers on the network reach this one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sounding:
        try:
            # Nothing is sent: the system chooses the address from which it would be, towards one that no network has.
            sounding.connect(("198.51.100.1", 9))
            address = str(sounding.getsockname()[0])
        except OSError:
            address = _HERE
    if address.startswith("127.") or address == _EVERYWHERE:
        raise CivicsimError(
            "--class: this computer is on no network by which devices could reach it; "
            "connect it to one, or give the name by which they reach it with --allowed-host"
        )
    return address


def _own_names() -> set[str]:
    """Return the names under which other computers may know this one."""
    name = socket.gethostname()
    return {name, socket.getfqdn(), f"{name.split('.')[0]}.local"}


def _server(host: str, port: int, names: Iterable[str], root_path: str) -> Any:
    """Return the web server with the page in it."""
    # Read when Solara and the page are imported.
    os.environ["SOLARA_APP"] = "civicsim.app"
    os.environ["SOLARA_ROOT_PATH"] = root_path
    os.environ["CIVICSIM_ALLOWED_HOSTS"] = ",".join(names)
    os.environ["SERVER_NAME"], os.environ["SERVER_PORT"] = host, str(port)
    import uvicorn

    import civicsim.app  # noqa: F401
    from civicsim.app.connections import Bounded, Taking
    from civicsim.app.guard import LARGEST

    about: dict[str, Any] = {
        "host": host,
        "port": port,
        "log_level": "warning",
        "access_log": False,
        "server_header": False,
        "http": Bounded,
        "ws": Taking,
        "ws_max_size": LARGEST,
        # A few bytes could stand for many messages of that size. Runs are compressed already.
        "ws_per_message_deflate": False,
        # Pages that stay open do not keep the server from ending.
        "timeout_graceful_shutdown": 3,
    }
    return uvicorn.Server(uvicorn.Config("solara.server.starlette:app", **about))


def _open(server: Any, url: str) -> None:
    """Open the page in a browser as soon as it is served."""
    while not server.started:
        time.sleep(0.1)
    webbrowser.open(url)
