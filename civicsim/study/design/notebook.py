"""How objects are shown in a notebook: sentences, then tables."""

from __future__ import annotations

from html import escape

import pandas as pd


def notebook_view(*parts: str | pd.DataFrame, title: str = "") -> str:
    """Return HTML of a title, sentences and tables, in their order."""
    shown = [
        f"<p>{escape(part)}</p>" if isinstance(part, str) else part.to_html(index=False, border=0, na_rep="–")
        for part in parts
    ]
    return f"<div>{f'<p><strong>{escape(title)}</strong></p>' if title else ''}{''.join(shown)}</div>"
