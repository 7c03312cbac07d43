"""Finds the sentences that name a style of governance and a measure, in all that readers of README, page and lessons see."""

from __future__ import annotations

import ast
import html
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
STYLES = {
    "carrots-and-sticks": r"carrots[ -]and[ -]sticks",
    "civic-culture": r"civic[ -]cultures?",
    "civic-off-loading": r"civic[ -]off-?loading",
    "command": r"grip and command|(?:against|and|by|of|or|than|under|with) command|command (?:does|has|is|lowers|raises)",
    "compact": r"compacts?",
    "distributed-leadership": r"distributed[ -]leadership",
    "laissez-faire": r"laissez[ -]faire",
    "mandated-participation": r"mandated[ -]participation",
    "patient-first-staff-last": r"patients?[ -]first,?[ -]staff[ -]last",
    "qi-programme": r"qi-programme|improvement programmes?",
    "targets-through-fear": r"targets[ -]through[ -]fear|(?:ruled?|governed|run|managed) (?:by|through) (?:targets and )?fear",
    "tokenistic-engagement": r"tokenis\w+(?: engagement)?",
}
"""Patterns of the words for each style; the status quo is what they are compared with."""
MEASURES = {
    "burnt_out_share": r"burnout|burnt[ -]out|burns? out|exhaust\w+|worn out",
    "voice_share": r"voiced?|speak(?:s|ing)? up|spoke up|silen(?:t|ce)|keeps? quiet",
    "trust": r"(?<!acute )(?<!NHS )(?<!English )trust",
    "quality_true": r"(?<!reported )quality|(?:better|worse) care|care (?:gets|is|becomes|itself)",
    "quality_reported": r"reported quality",
    "harm_rate": r"harm(?:s|ed)?",
    "leaver_rate": r"leavers|turnover|staff leave",
    "psychological_safety": r"safety|feels? (?:un)?safe",
    "efficacy": r"belie(?:f|ves?) (?:that )?speaking",
    "belonging": r"belong(?:s|ing)?",
    "motivation": r"motivat\w+",
    "satisfaction": r"satisf\w+",
    "sustained_share": r"(?:changes?|reforms?) that lasts?|sustained",
    "fear_met": r"experienced? (?:more |less )?(?:blame|freedom)",
    "problem_seeking": r"problem-seeking|looks? for (?:more |fewer )?problems",
    "closure_share": r"concerns (?:are )?(?:answered|addressed)|(?:wait|waiting) for an answer",
    "load": r"workload|overload",
}
"""Patterns of the words for what is measured."""


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE)


_STYLES = {name: _pattern(words) for name, words in STYLES.items()}
_MEASURES = {name: _pattern(words) for name, words in MEASURES.items()}


def named(sentence: str) -> tuple[set[str], set[str]]:
    """Return the styles and the measures that a sentence names."""
    return (
        {name for name, words in _STYLES.items() if words.search(sentence)},
        {name for name, words in _MEASURES.items() if words.search(sentence)},
    )


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences, headings, items and rows of tables of a text."""
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*|#]|\d+\. ))", text):
        flat = re.sub(r"^(?:[-*#]+|\d+\.) ", "", " ".join(block.split()))
        yield from (one for one in re.split(r"(?<=[.?!])[)*”]*\s+(?=[(“*]*[A-Z])", flat) if one)


def claims(text: str) -> list[str]:
    """Return the sentences that name a style and a measure and that claim something: all but questions without a number."""
    asked = re.compile(r"[^\d]*\?")
    return [one for one in sentences(text) if all(named(one)) and not asked.fullmatch(one)]


# -- what readers see of a file ----------------------------------------------------------------------------------------


def shown(kind: str, text: str) -> str:
    """Return the text of a file as readers see it, with empty lines between its parts; ``kind`` is how its name ends."""
    if kind == ".md":
        text = re.sub(r"```.*?```|<!--.*?-->|`[^`]*`", "", text, flags=re.DOTALL)
        return re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    if kind in (".html", ".vue"):
        text = re.sub(r"<(script|style)\b.*?</\1>", "\n\n", text, flags=re.DOTALL)
        text = re.sub(
            r"</?(?:p|li|h\d|td|th|b|span|small|summary|caption|div|button|section|ul|ol)\b[^>]*>", "\n\n", text
        )
        return html.unescape(re.sub(r"<[^>]*>|{%.*?%}", " ", text))
    parts = strings(tomllib.loads(text)) if kind == ".toml" else _constants(text)
    return "\n\n".join(parts)


def strings(found: Any) -> Iterator[str]:
    """Yield every text in a TOML file."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict | list):
        for own in found.values() if isinstance(found, dict) else found:
            yield from strings(own)


def _constants(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value


def files() -> Iterator[Path]:
    """Yield README, first pages of the manual, and what the page shows: its own texts, lessons, styles, shocks and kinds."""
    yield from (ROOT / "README.md", ROOT / "docs" / "index.md", *sorted((ROOT / "docs" / "start").glob("*.md")))
    for path in sorted((ROOT / "civicsim" / "app").rglob("*")):
        if path.suffix in (".html", ".vue", ".py", ".toml"):
            yield path
    yield from sorted((ROOT / "civicsim" / "scenario").rglob("*.toml"))
