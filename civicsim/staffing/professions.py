"""Names of professions in staff tables, and the professions of the model that they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from civicsim.errors import CivicsimError, nearest
from civicsim.model.organisation import PROFESSIONS
from civicsim.scenario.toml import read_toml

MANAGER = "manager"
KNOWN = (*PROFESSIONS, MANAGER)
"""Professions of a staff table."""


def folded(text: str) -> str:
    """Return a name for comparison: without case, dots, hyphens and ampersands."""
    return " ".join(text.casefold().replace("&", " and ").replace(".", "").replace("-", " ").replace("/", " ").split())


_WORDS = {
    word: name
    for name, words in read_toml(Path(__file__).with_name("professions.toml")).items()
    for word in (name, *words)
}


def profession_of(text: str, own: Mapping[str, str]) -> str | None:
    """Return the profession of a text in a table, or None for an unknown one; ``own`` are those of the user, by folded text."""
    word = folded(text)
    for candidate in (word, word.removesuffix("s")):
        if candidate in own:
            return own[candidate]
        if candidate in _WORDS:
            return _WORDS[candidate]
    return None


def guessed(text: str) -> str | None:
    """Return the likely profession of an unknown text, for a hint."""
    hint = nearest(folded(text), _WORDS)
    if hint.startswith("did you mean"):
        return _WORDS[hint.split("'")[1]]
    found = [_WORDS[word.removesuffix("s")] for word in folded(text).split() if word.removesuffix("s") in _WORDS]
    return found[-1] if found else None


def read_own(items: Sequence[str]) -> dict[str, str]:
    """Return the professions of options such as ``--profession "Band 5 RN=nurse"``, by folded text.

    One that is not of that form, or names no profession of the model, raises a :class:`CivicsimError`.
    """
    result = {}
    for item in items:
        text, sign, name = item.rpartition("=")
        if not sign or not text.strip():
            raise CivicsimError(
                f"--profession {item}: expected NAME=PROFESSION, for example --profession 'Band 5 RN=nurse'"
            )
        if name.strip().lower() not in KNOWN:
            raise CivicsimError(
                f"--profession {item}: '{name.strip()}' is none of {', '.join(KNOWN)}; {nearest(name, KNOWN)}"
            )
        result[folded(text)] = name.strip().lower()
    return result
