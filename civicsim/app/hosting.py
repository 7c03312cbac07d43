"""How the page is served: private, offline and accessible.

Solara's page needs the internet in a few places, disables zooming and states no language; its server answers at addresses
that the page does not need. This file sets its settings before anything is served, completes its page and
leaves only the addresses that the page uses. It is the only one that reaches into Solara's server.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib.metadata
import mimetypes
import os
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from civicsim.app import guard
from civicsim.app.templates import render

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.websockets import WebSocket

HERE = Path(__file__).parent
CDN = "/_solara/cdn"
"""Address of the files of solara-assets, which Solara would otherwise fetch from the internet."""
FILE_PACKAGES = ("solara-assets", "ipyvue", "ipyvuetify")
"""Packages that bring the scripts, styles and fonts of the page."""
NBEXTENSIONS = ("jupyter-vue/extension", "jupyter-vuetify/extension")
"""Extensions that the page loads; others that are enabled on this computer for notebooks have no place in it."""
ALLOWED_HOSTS = "CIVICSIM_ALLOWED_HOSTS"
"""Environment variable with names of this server, set apart by commas, beside those of the loopback interface."""
TITLE = "civicsim"
STYLES = ("page.css", "teaching.css", "projector.css")
"""Styles of the page, in order."""
IDLE = "2m"
"""After this time what a visitor who has lost the connection holds is dropped; the address keeps the choices."""


_MMAP_THRESHOLD, _LARGE = -3, 262_144
"""Number of the parameter in glibc's malloc.h, and bytes from which on memory is returned."""
_ARENA_MAX, _ARENAS = -8, 2
"""Number of the parameter, and how many arenas hold smaller pieces; each keeps what its threads have freed. Assumption."""
SWITCH = 0.0005
"""Seconds after which a thread that computes in Python makes way for others. A run gives the interpreter up and asks for it again each week;
beside three threads that draw pages it took 2.9 s with the usual 5 ms and 0.9 s with these."""
NOWHERE = "There is no such page"
FULL = "Too many pages are open. Close some of them, or try again in a few minutes"


def prepare_environment() -> None:
    """Set the key of cookies, which Solara reads when it is imported; those of one start are not valid at the next."""
    os.environ.setdefault("SOLARA_SESSION_SECRET_KEY", secrets.token_hex(32))


def prepare_server() -> None:
    """Set Solara's settings, which it may have read before, as by ``solara run``, and complete and bound what it serves."""
    import solara.settings
    from solara.server import server, settings, starlette

    solara.settings.assets.proxy = True
    settings.telemetry.mixpanel_enable = False
    settings.theme.show_banner = False
    settings.theme.title = TITLE
    settings.theme.loader = "plain"
    # A server that was started anew knows no visitor; the address and the tab know what they had chosen.
    settings.theme.force_refresh = True
    settings.assets.fontawesome_enabled = False
    if settings.kernel.cull_timeout == "24h":
        settings.kernel.cull_timeout = IDLE
    if settings.session.secret_key == settings.SESSION_SECRET_KEY_DEFAULT:
        settings.session.secret_key = secrets.token_hex(32)
    # Windows may know scripts and styles by other types, under which a browser refuses them.
    mimetypes.add_type("text/javascript", ".js")
    mimetypes.add_type("text/css", ".css")
    only_events()
    return_memory()
    sys.setswitchinterval(SWITCH)
    # Solara would close all pages in the thread that sends, and wait for ever for one that has something to send.
    starlette.on_shutdown = lambda: None
    server.get_nbextension_names = lambda: list(NBEXTENSIONS)
    server.nbextensions_directories[:0] = filter(
        None, (brought(name, "share/jupyter/nbextensions") for name in FILE_PACKAGES)
    )
    starlette.app.router.routes[:] = page_routes()
    # Where Solara serves the page, its application has been put together by now.
    inside = starlette.app.middleware_stack or starlette.app.build_middleware_stack()
    if not isinstance(inside, guard.Guard):
        hosts = filter(None, os.environ.get(ALLOWED_HOSTS, "").split(","))
        starlette.app.middleware_stack = guard.Guard(inside, [*guard.LOOPBACK, *hosts], root_path())


def only_events() -> None:
    """Let the browser's part of a widget send events that the page declares, and nothing else.

    ipyvue would import any module that a visitor names and call what is in it, call any method of a widget, and ipywidgets
    make widgets that a visitor describes. The page uses none of this.
    """
    from ipyvue.VueTemplateWidget import Events
    from ipywidgets import Widget

    def handle(self: Any, _: Any, content: Any, buffers: Any) -> None:
        name = content.get("event") if isinstance(content, dict) else None
        if name in self.events:
            getattr(self, f"vue_{name}")(content.get("data", {}))

    Events._handle_event = handle
    Widget.handle_comm_opened = staticmethod(lambda comm, message: comm.close())


def return_memory() -> None:
    """Have large arrays returned to the system when they are dropped, and smaller ones reused by all threads.

    glibc would keep both, apart for each of up to eight arenas per core.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_ARENA_MAX, _ARENAS)


def root_path() -> str:
    """Return the path under which a proxy shows the page, or ""."""
    from solara.server import settings

    return settings.main.root_path or ""


async def _page(request: Request) -> Response:
    """Answer with the page at an address, and a cookie by which a visitor's own state is found again."""
    from solara.server import server
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import HTMLResponse, RedirectResponse

    from civicsim.app import visitors

    root, nonce, path = root_path(), secrets.token_urlsafe(16), request.path_params["path"]
    if not path and request.url.query:
        # A link with a scenario: what it shows has an address of its own.
        return RedirectResponse(f"{root}/explore?{request.url.query}")
    visitor = request.cookies.get(server.COOKIE_KEY_SESSION_ID) or secrets.token_hex(16)
    html, status = read_page("/" + path, root), 200
    if html is None:
        html, status = notice(NOWHERE, root), 404
    elif not await run_in_threadpool(visitors.is_room, visitor):
        html, status = notice(FULL, root), 503
    response = HTMLResponse(with_nonce(html, nonce), status_code=status)
    response.headers["Content-Security-Policy"] = guard.policy(nonce, request.headers["host"])
    secure = request.url.scheme == "https"
    response.set_cookie(
        server.COOKIE_KEY_SESSION_ID, visitor, path=root or "/", secure=secure, httponly=True, samesite="lax"
    )
    return response


async def _connect(connection: WebSocket) -> None:
    """Connect a page to the server, where there is room for one more."""
    from solara.server import server, starlette
    from starlette.concurrency import run_in_threadpool

    from civicsim.app import visitors

    visitor, page = server.get_session_id_cookie(connection.cookies) or "", connection.path_params["kernel_id"]
    if not await run_in_threadpool(visitors.admit, visitor, page):
        await connection.close(1013)
        return
    try:
        await starlette.kernel_connection(connection)
    finally:
        visitors.gone(page)


def _close(request: Request) -> Response:
    """Close a tab that its browser has closed; one that is unknown, or has not been connected yet, is no error."""
    from solara.server import kernel_context, starlette
    from starlette.responses import Response

    context = kernel_context.contexts.get(request.path_params["kernel_id"])
    if context is None or request.query_params.get("session_id") not in context.page_status:
        return Response()
    return starlette.close(request)


def with_nonce(page: str, nonce: str) -> str:
    """Return a page whose own scripts carry a nonce, without which a browser does not run them."""
    return page.replace("<script", f'<script nonce="{nonce}"')


def read_page(path: str, root: str = "") -> str | None:
    """Return the HTML of the page at a path, or None where there is no page."""
    from solara.server import server

    from civicsim.app.frame import is_page

    page = server.read_root(path, root) if is_page(path) else None
    return None if page is None else complete(page)


def page_routes() -> list[BaseRoute]:
    """Return the addresses that the page needs; there is nothing at any other.

    Files come only from the folders named here: nothing is fetched, written or removed when one is not there.
    """
    from solara.server import server, starlette
    from starlette.routing import Mount, Route, WebSocketRoute

    folders = {
        CDN: asset_folder(),
        "/static/assets": server.solara_static.parent / "assets",
        "/static": server.solara_static,
        **{f"/jupyter/nbextensions/{name.split('/')[0]}": server.nbextension_root(name) for name in NBEXTENSIONS},
    }
    # Some installers link files instead of copying them.
    files = [
        Mount(address, app=starlette.StaticFilesOptionalAuth(directory=folder, follow_symlink=True))
        for address, folder in folders.items()
        if folder is not None
    ]
    return [
        *files,
        WebSocketRoute("/jupyter/api/kernels/{kernel_id}/{name}", _connect),
        Route("/_solara/api/close/{kernel_id}", _close, methods=["POST"]),
        Route("/{path:path}", _page),
    ]


def brought(package: str, folder: str) -> Path | None:
    """Return the folder, such as ``share/solara/cdn``, in which a package has put files; None where it has put none.

    That need not be a folder of this environment: environments can be laid over one another, as by ``uv run --with``.
    """
    try:
        distribution = importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in distribution.files or ():
        before, inside, _ = file.as_posix().partition(f"{folder}/")
        if inside:
            return Path(str(distribution.locate_file(before + folder))).resolve()
    return None


def asset_folder() -> Path | None:
    """Return the folder with the files of solara-assets, or None where it is not installed."""
    from solara.server import settings

    # Some installers leave no list of files. Solara makes its own folder when it is imported, and may leave it empty.
    of_python = (Path(base) / "share" / "solara" / "cdn" for base in (sys.prefix, sys.base_prefix))
    folders = (settings.assets.proxy_cache_dir, brought("solara-assets", "share/solara/cdn"), *of_python)
    return next((folder for folder in folders if folder and folder.is_dir() and any(folder.iterdir())), None)


def missing_files() -> list[str]:
    """Return which of the files that packages bring for the page are not there: an installation may be damaged."""
    missing = []
    for package in FILE_PACKAGES:
        try:
            files = importlib.metadata.files(package) or []
        except importlib.metadata.PackageNotFoundError:
            missing.append(package)
            continue
        missing += [str(file) for file in files if "share" in file.parts and not Path(str(file.locate())).is_file()]
    return missing


def missing_names(page: str) -> list[str]:
    """Return which files of solara-assets a page, as :func:`read_page` returns it, names that are not there."""
    folder, names = asset_folder(), sorted(set(re.findall(rf'"[^"]*{CDN}/([^"?]+)"', page)))
    return [name for name in names if folder is None or not (folder / name).is_file()]


@contextmanager
def started() -> Iterator[None]:
    """Start the page where no server runs, so that it can be read."""
    from solara.server import app

    # Solara asks for an event loop, as there is one in a server.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    script = app.apps["__default__"] = app.AppScript("civicsim.app")
    try:
        script.init()
        yield
    finally:
        script.close()
        del app.apps["__default__"]
        asyncio.set_event_loop(None)
        loop.close()


@cache
def _own_head() -> str:
    """Return the styles and the script that all components share."""
    style = "".join((HERE / "components" / name).read_text(encoding="utf-8") for name in STYLES)
    script = (HERE / "components" / "page.js").read_text(encoding="utf-8")
    return f"<style>\n{style}</style>\n<script>\n{script}</script>\n"


_PLACED = (
    (r'<div id="pre-rendered-html-present"', "waiting", True),
    (r'<v-card style="width: 600px">.*?</v-card>', "waiting", False),
    (r'<v-overlay style="z-index: 100002;".*?</v-overlay>', "lost", False),
)
"""Where Solara's page shows nothing or a bare bar while it loads, and covers everything when the connection is lost: the
pattern, the template that stands there instead, and whether what was there is kept behind it."""


def notice(words: str, root: str) -> str:
    """Return a page that only tells why there is nothing else."""
    return render("notice", words=words, title=TITLE, own=_own_head(), root=root)


def complete(page: str) -> str:
    """Return a page as Solara renders it with a language, with zoom, with names, and with what components share."""
    page = page.replace("<html>", '<html lang="en">', 1)
    for pattern, template, kept in _PLACED:
        words = render(template)
        page = re.sub(pattern, (words + r"\g<0>") if kept else words, page, count=1, flags=re.DOTALL)
    # A screen reader announces a bar that shows progress by its name, and Solara's have none.
    page = re.sub(r"<(v-progress-(?:linear|circular))(?=\s)", r'<\1 aria-label="Loading"', page)
    page = re.sub(
        r'<meta name="viewport"[^>]*>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        page,
        count=1,
    )
    return page.replace("</head>", _own_head() + "</head>", 1)
