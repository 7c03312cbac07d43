"""Pages as PDF, printed by Chromium where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from civicsim.errors import CivicsimError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--disable-background-networking",
)
_LONGEST = 120.0
"""Seconds after which printing counts as hanging. Assumption."""


def chromium() -> str:
    """Return the path of Chromium, Chrome or Edge; refuse if none is installed."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise CivicsimError("a PDF is printed by Chromium, which is not installed here; write .html and print that")
    return found


def print_pdf(html: str, path: Path) -> None:
    """Print a page that needs no other file to a PDF file.

    Raises
    ------
    CivicsimError
        If Chromium is not installed, or does not write the file.
    """
    browser = chromium()
    # Chromium has no sandbox for root, and a page of ours contains no script.
    root = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    with tempfile.TemporaryDirectory(prefix="civicsim-") as folder:
        page, made = Path(folder) / "page.html", Path(folder) / "page.pdf"
        page.write_text(html, encoding="utf-8")
        own = [f"--user-data-dir={folder}/profile", f"--print-to-pdf={made}", page.as_uri()]
        try:
            done = subprocess.run([browser, *_OPTIONS, *root, *own], capture_output=True, text=True, timeout=_LONGEST)
        except subprocess.TimeoutExpired:
            raise CivicsimError(f"{path}: {browser} did not print it within {_LONGEST:.0f} seconds") from None
        if not made.exists():
            why = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise CivicsimError(f"{path}: {browser} did not print it ({why})")
        shutil.copyfile(made, path)
