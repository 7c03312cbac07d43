"""Tables for spreadsheets: texts in them are texts, and no formulas."""

from __future__ import annotations

from typing import Any

import pandas as pd


def without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which a text that a spreadsheet would take for a formula begins with an apostrophe.

    Titles, labels and names come from files that others may have written; those that begin with =, +, - or @ are meant. Numbers
    stay as they are.
    """
    texts = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
    return frame.assign(**{str(name): frame[name].map(_text, na_action="ignore") for name in texts})


def _text(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip()[:1] in ("=", "+", "-", "@") and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
