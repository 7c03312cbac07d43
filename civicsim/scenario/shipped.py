"""Shipped data: styles, kinds of organisation, shocks and interventions, each a TOML file by its name."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from civicsim.errors import ScenarioError, nearest
from civicsim.scenario.toml import read_toml

_HERE = Path(__file__).parent
STYLE_KEYS = {"title", "description", "levers"}
"""Keys of a style."""


def styles() -> dict[str, str]:
    """Return the names of the shipped governance styles, with their titles."""
    return dict(_titles("styles"))


def kinds() -> dict[str, str]:
    """Return the names of the shipped kinds of organisation, with their titles."""
    return dict(_titles("organisations"))


def shocks() -> dict[str, str]:
    """Return the names of the shipped shocks and interventions, with their titles."""
    return dict(_titles("shocks"))


@functools.cache
def names_in(folder: str) -> tuple[str, ...]:
    """Return the names of the shipped files in a folder: styles, organisations or shocks."""
    return tuple(sorted(path.stem for path in (_HERE / folder).glob("*.toml")))


def read_shipped(name: str, folder: str) -> dict[str, Any]:
    """Return the contents of a shipped file."""
    return read_toml(_HERE / folder / f"{name}.toml")


@functools.cache
def _titles(folder: str) -> dict[str, str]:
    return {name: str(read_shipped(name, folder).get("title", name)) for name in names_in(folder)}


def in_folder(name: str, folder: Path) -> str:
    """Return the path of a file that another file names: paths in a file start at its folder. Other names are left."""
    return str(folder / name) if name.endswith((".toml", ".py")) else name


def sets_levers_only(path: str | Path) -> bool:
    """Return whether a file is a style: sets levers and nothing else. False if it cannot be read."""
    try:
        keys = set(read_toml(Path(path)))
    except ScenarioError:
        return False
    return "levers" in keys and keys <= STYLE_KEYS


def load_shipped(name: str, folder: str, what: str) -> tuple[dict[str, Any], str]:
    """Return the contents of a shipped file, and its name for a complaint; the name given never becomes a path.

    ``folder`` is styles, organisations or shocks, and ``what`` tells it in a complaint. Raises :class:`ScenarioError` if
    there is none of that name.
    """
    names = names_in(folder)
    if name not in names:
        shown = name if len(name) <= 60 else f"{name[:59]}…"
        raise ScenarioError(f"no {what} '{shown}'; {nearest(shown, names)}")
    return read_shipped(name, folder), f"{name}.toml"


def load_named(name: str, folder: str, what: str, start: Path = Path()) -> tuple[dict[str, Any], str]:
    """Return the contents of a shipped file, or of a file of the user's own, with paths from ``start`` on.

    The name must come from the person who runs civicsim, as any TOML file that it names is read. Otherwise as
    :func:`load_shipped`.
    """
    if name.endswith(".toml") and name not in names_in(folder):
        return read_toml(start / name), str(start / name)
    return load_shipped(name, folder, what)


def kinds_with_draws() -> list[str]:
    """Return the kinds of organisation that have been calibrated, with parameter sets that fit published data.

    Each file has a column per parameter and a row per set, the least implausible first. They are spread over what could not be
    ruled out; they are not a probability sample.
    """
    return sorted(path.stem for path in (_HERE / "posterior").glob("*.csv"))


def draws_file(kind: str, where: str = "posterior") -> Path:
    """Return the file with the parameter sets of a kind of organisation; refuse one that has not been calibrated."""
    if kind not in kinds_with_draws():
        raise ScenarioError(
            f"{where}: there are no draws for the kind '{kind}': only {', '.join(kinds_with_draws())} is calibrated; "
            'say [uncertainties] file = "draws.csv" for draws of your own'
        )
    return _HERE / "posterior" / f"{kind}.csv"
