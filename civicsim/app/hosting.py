"""How the page is served: private, offline, readable by everybody.

Solara's own page asks for the internet in a few places, forbids to zoom and does not say its language. This file sets
its settings before anything is served, and completes its page. It is the only one that reaches into Solara's server.
"""

from __future__ import annotations

import os
import re
import secrets
import warnings
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
TITLE = "civicsim"
IDLE = "10m"
"""After this time an idle visitor's organisation is forgotten."""
ENVIRONMENT = {
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_ASSETS_FONTAWESOME_ENABLED": "False",
    "SOLARA_KERNEL_CULL_TIMEOUT": IDLE,
    "SOLARA_THEME_SHOW_BANNER": "False",
    "SOLARA_THEME_TITLE": TITLE,
}
"""What has to be set before Solara is imported, where that can be done."""


def prepare_environment() -> None:
    """Set what Solara reads when it is imported; what the host has set already, stays."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    # Cookies of one start are worth nothing at the next.
    os.environ.setdefault("SOLARA_SESSION_SECRET_KEY", secrets.token_hex(32))


def prepare_server() -> None:
    """Set Solara's settings where it was imported before, as by ``solara run``, and complete its page."""
    from solara.server import server, settings

    settings.telemetry.mixpanel_enable = False
    settings.theme.show_banner = False
    settings.theme.title = TITLE
    settings.theme.loader = "plain"
    settings.assets.fontawesome_enabled = False
    if settings.kernel.cull_timeout == "24h":
        settings.kernel.cull_timeout = IDLE
    if settings.session.secret_key == settings.SESSION_SECRET_KEY_DEFAULT:
        settings.session.secret_key = secrets.token_hex(32)
    # Its advice on cookies is about pages inside other pages.
    warnings.filterwarnings("ignore", message="Cookies with samesite=none")
    original = server.read_root
    if getattr(original, "completes", False):
        return

    def read_root(path: str, root_path: str = "", **keywords: object) -> str:
        page = original(path, root_path, **keywords)
        return nowhere(root_path) if page is None else complete(page)

    read_root.completes = True  # type: ignore[attr-defined]
    server.read_root = read_root


@cache
def _own_head() -> str:
    """Return the styles and the script that all components share."""
    style = (HERE / "components" / "page.css").read_text(encoding="utf-8")
    script = (HERE / "components" / "page.js").read_text(encoding="utf-8")
    return f"<style>\n{style}</style>\n<script>\n{script}</script>\n"


def nowhere(root_path: str) -> str:
    """Return what is shown at an address at which there is no page."""
    title = f"<title>{TITLE}</title>"
    words = f'<h1>There is no such page</h1><p><a href="{root_path}/">Go to {TITLE}</a></p>'
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">{title}{_own_head()}'
    return f'<!doctype html><html lang="en"><head>{head}</head><body class="cv"><main class="cv-main cv">{words}</main></body></html>'


def complete(page: str) -> str:
    """Return Solara's page with a language, with zoom, with a name, and with what components share.

    Parameters
    ----------
    page : str
        HTML as Solara renders it.
    """
    page = page.replace("<html>", '<html lang="en">', 1)
    page = re.sub(
        r'<meta name="viewport"[^>]*>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        page,
        count=1,
    )
    return page.replace("</head>", _own_head() + "</head>", 1)
