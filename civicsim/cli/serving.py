"""What ``app`` does: serves the page, to this computer only unless asked otherwise."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
import webbrowser
from collections.abc import Iterable
from typing import Any

from civicsim.cli.output import Output
from civicsim.errors import CivicsimError

_HERE, _EVERYWHERE = "127.0.0.1", "0.0.0.0"
_HIGHEST = 65_535


def serve(
    output: Output,
    port: int,
    browser: bool,
    public: bool,
    results: str | None = None,
    allowed_hosts: Iterable[str] = (),
    root_path: str = "",
) -> None:
    """Serve the page until it is stopped.

    Parameters
    ----------
    output : Output
    port : int
        Port to listen on; 0 for any that is free.
    browser : bool
        Whether to open the page in a browser.
    public : bool
        Whether other computers may reach it.
    results : str, optional
        Folder with the results of a study to show.
    allowed_hosts : iterable of str
        Names under which a proxy or other computers reach it, besides the usual ones.
    root_path : str
        Path under which a proxy shows it, such as ``/civicsim``.

    Raises
    ------
    CivicsimError
        If the port cannot be had, a name or path is none, or there are no results in the folder.
    """
    hosts = [_checked_host(name) for name in allowed_hosts]
    root_path = _checked_path(root_path)
    if results is not None:
        from civicsim.study.store.store import open_store

        open_store(results)
        os.environ["CIVICSIM_RESULTS"] = results
    host = _EVERYWHERE if public else _HERE
    listening = _listen(host, port)
    number = int(listening.getsockname()[1])
    url = f"http://{_HERE}:{number}{root_path}"
    output.note("starting …")
    server = _server(host, number, [*hosts, *(_own_names() if public else ())], root_path)
    output.say(f"The page is at {url}" + (" and, for others, at this computer's address" if public else ""))
    if public:
        output.note("anybody on the network can open it: there are no passwords")
    output.hint("Ctrl-C ends it.")
    if browser:
        threading.Thread(target=_open, args=(server, url), daemon=True).start()
    server.run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on a port."""
    if not 0 <= port <= _HIGHEST:
        raise CivicsimError(f"--port {port}: expected a whole number from 0 to {_HIGHEST}")
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # On Windows this would let two programs listen on one port.
    if os.name == "posix":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # Who comes before the page is served waits, and is not turned away.
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


def _own_names() -> set[str]:
    """Return the names by which other computers may know this one."""
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

    return uvicorn.Server(
        uvicorn.Config(
            "solara.server.starlette:app",
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
        )
    )


def _open(server: Any, url: str) -> None:
    """Open the page in a browser as soon as it is served."""
    while not server.started:
        time.sleep(0.1)
    webbrowser.open(url)
