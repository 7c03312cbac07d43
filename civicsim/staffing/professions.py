"""Names of professions in staff tables, and the professions of the model that they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from civicsim.errors import ScenarioError, near, nearest
from civicsim.model.organisation import PROFESSIONS
from civicsim.scenario.tables import columns_of, read_table
from civicsim.scenario.text import Source
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
    close = near(folded(text), _WORDS)
    if close:
        return _WORDS[close]
    found = [_WORDS[word.removesuffix("s")] for word in folded(text).split() if word.removesuffix("s") in _WORDS]
    return found[-1] if found else None


def read_own(items: Sequence[str], path: Source | None = None) -> dict[str, str]:
    """Return professions by folded text: of a CSV file with columns name and profession, and of options.

    An option is such as ``--profession "Band 5 RN=nurse"``, and goes before the file. One that is not of that form, or names
    no profession of the model, raises a :class:`ScenarioError`.
    """
    result = {}
    if path is not None:
        table = read_table(path)
        places = columns_of(table, ("name", "profession"))
        for number, cells in table.rows:
            text, name = (cells[place] for place in places.values())
            if not text:
                raise ScenarioError(f"{path}: row {number}, column name: is empty")
            result[folded(text)] = _known(name, f"{path}: row {number}, column profession")
    for item in items:
        text, sign, name = item.rpartition("=")
        if not sign or not text.strip():
            raise ScenarioError(
                f"--profession {item}: expected NAME=PROFESSION, for example --profession 'Band 5 RN=nurse'"
            )
        result[folded(text)] = _known(name.strip(), f"--profession {item}")
    return result


def _known(name: str, where: str) -> str:
    """Return a profession of the model."""
    if name.lower() not in KNOWN:
        raise ScenarioError(f"{where}: '{name}' is none of {', '.join(KNOWN)}; {nearest(name, KNOWN)}")
    return name.lower()
