"""Who may talk to the page: requests under its own names, from itself, answered with what browsers are to forbid.

Without it, a page of another origin that is open in the same browser could connect to the page and read what it shows: a
browser lets any page open a websocket, and a name that its owner points at this computer makes any address its own origin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from civicsim.app.pace import Pace

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
"""Names by which a computer calls itself."""
_NETLOC = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^\s\[\]:/?#@,]+)(?::(?P<port>\d{1,5}))?")
_PORTS = {"http": 80, "https": 443}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self' 'unsafe-eval' 'nonce-{nonce}'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    # Some browsers do not count websockets as 'self'.
    "connect-src": "'self' ws://{host} wss://{host}",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
"""What the page may do in a browser. Vue makes functions of its templates, and styles are set on elements."""
LARGEST = 1_000_000
"""Bytes of the largest message that a page may send."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # "no-referrer" would make a browser hide the origin of the page's own requests.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Headers of every answer."""


def policy(nonce: str, host: str) -> str:
    """Return the content policy of a page on a host whose inline scripts carry a nonce."""
    return "; ".join(f"{key} {value.format(nonce=nonce, host=host)}" for key, value in POLICY.items())


def split_netloc(netloc: str) -> tuple[str, int | None]:
    """Return host, in lower case, and port of ``host:port``; no host if it is not one."""
    found = _NETLOC.fullmatch(netloc.lower())
    return (found["host"], int(found["port"]) if found["port"] else None) if found else ("", None)


class Guard:
    """An ASGI application that passes on what may be asked of another.

    Parameters
    ----------
    app : ASGI application
    hosts : iterable of str
        Names and addresses, without ports, under which it may be reached; the address at which a connection arrived is
        one, too. IPv6 addresses stand in brackets.
    root_path : str
        Path under which a proxy shows the application, such as ``/civicsim``; taken off where the proxy leaves it on.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str], root_path: str = "") -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)
        self.root_path = root_path
        self.pace = Pace()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, connection or start of the server."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"].endswith("response.start"):
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if scope["type"] == "websocket":
            receive = self.pace.paced(receive, Headers(scope=scope).get("cookie", ""))
        refusal = refused(scope, self.hosts)
        if refusal:
            status, words = refusal
            await PlainTextResponse(words + "\n", status_code=status)(scope, receive, send_with_headers)
            return
        path = scope["path"]
        if self.root_path and (path + "/").startswith(self.root_path + "/"):
            scope = {**scope, "path": path.removeprefix(self.root_path) or "/"}
        await self.app(scope, receive, send_with_headers)


def refused(scope: Scope, hosts: frozenset[str]) -> tuple[int, str] | None:
    """Return status and words if a request is to be refused, otherwise None.

    Parameters
    ----------
    scope : dict
        ASGI scope of an HTTP request or a websocket.
    hosts : frozenset of str
        Names and addresses under which the page may be reached, in lower case.
    """
    headers = Headers(scope=scope)
    given = headers.getlist("host")
    host, port = split_netloc(given[0]) if len(given) == 1 else ("", None)
    if not host or host not in hosts | {_own_address(scope)}:
        return 400, "The page is not served under this name. civicsim app --allowed-host NAME allows one."
    # A browser names the origin with every websocket and everything that another page sends; what names none is no page.
    for origin in headers.getlist("origin"):
        scheme, _, rest = origin.partition("://")
        usual = _PORTS.get(scheme)
        of, at = split_netloc(rest)
        if usual is None or (of, at or usual) != (host, port or usual):
            return 403, "The page does not answer to other pages."
    return None


def _own_address(scope: Scope) -> str:
    """Return the address at which a connection arrived, as it stands in a URL."""
    address = str((scope.get("server") or ("",))[0])
    return f"[{address}]" if ":" in address else address
