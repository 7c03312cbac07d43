"""How objects are shown in a notebook: sentences, then tables."""

from __future__ import annotations

from html import escape

import pandas as pd

_NUMBERS = ("policy", "future", "setting", "against")
"""Columns that number conditions for analyses; a reader sees the conditions themselves."""


def first_rows(table: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return the first rows, without columns that all rows share or that only number conditions."""
    differs = table.nunique(dropna=False) > 1
    return table[[name for name in table if name == "point" or (differs[name] and name not in _NUMBERS)]].head(n)


def notebook_view(*parts: str | pd.DataFrame, title: str = "") -> str:
    """Return HTML of a title, sentences and tables, in their order."""
    shown = [
        f"<p>{escape(part)}</p>" if isinstance(part, str) else part.to_html(index=False, border=0, na_rep="–")
        for part in parts
    ]
    return f"<div>{f'<p><strong>{escape(title)}</strong></p>' if title else ''}{''.join(shown)}</div>"
