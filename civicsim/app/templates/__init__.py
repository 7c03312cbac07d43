"""Templates that lay out the words of the page and of its reports; they escape every text."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from civicsim import report
from civicsim.app.findings import HOW_TO_READ
from civicsim.report.words import explained

_FOLDERS = [Path(__file__).parent, Path(report.__file__).parent / "templates"]


@functools.cache
def _environment() -> Environment:
    loader = FileSystemLoader(_FOLDERS)
    found = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    found.globals |= {"explained": explained, "how_to_read": HOW_TO_READ}
    return found


def render(template: str, **values: Any) -> str:
    """Return a template with its values filled in; ``template`` is the name of its file without the ending."""
    return _environment().get_template(f"{template}.html").render(**values)
