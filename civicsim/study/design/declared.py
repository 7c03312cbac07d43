"""Contrasts that a study declares before it is run: what is compared with what, and which way the difference should go.

A block ``[[contrast]]`` names conditions: ``a`` and ``b``, or ``a`` against a number (``level``). ``hold`` applies to all of
them, ``at`` lists one or two places at which the contrast is taken, and ``ladder`` levels that are tried in order. A condition is
a table of parameters and values, in which ``style``, ``shock`` and ``window`` (the weeks that are summed up) may stand too. A
table with lists stands for several conditions, one for each place in the lists; ``style = "*"`` for a list of all styles.
"""

from __future__ import annotations

import dataclasses
import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from civicsim import checks
from civicsim.errors import ScenarioError
from civicsim.scenario.model import Sections
from civicsim.study.design.designs import Row, Setting, read_setting
from civicsim.study.design.summaries import Column, column_named, read_summary

SIGNS = ("+", "-", "0", "two-sided", "interaction+", "interaction-", "inverted-u", "threshold", "reversal")
"""Which way a difference is expected to go."""
PICKED = ("highest", "lowest")
"""Ways to pick one of several conditions, by one half of the seeds; the other half tests it."""
_DIRECTIONS = {"threshold": ("+", "-"), "reversal": ("+-", "-+")}
_FEWEST = {"inverted-u": 3, "threshold": 6}
"""Fewest levels of a ladder: a middle one, and five steps."""
_TEXTS = ("name", "statement", "measure", "sign", "direction", "window", "since", "by_construction", "not_testable")
_KEYS = (*_TEXTS, "a", "b", "level", "hold", "at", "ladder", "margin", "steps", "near", "least_share", "thirds")


@dataclass(frozen=True)
class Side:
    """One condition: values by full name, and its style, set of shocks and window; "" where any will do."""

    setting: Setting
    style: str = ""
    shock: str = ""
    window: str = ""


@dataclass(frozen=True)
class Choice:
    """Conditions of which one is picked; a single one by itself."""

    sides: tuple[Side, ...]
    pick: str = ""


@dataclass(frozen=True)
class Cell:
    """One difference: ``a`` minus ``b``, or minus the level of the contrast where ``b`` is None."""

    a: Choice
    b: Choice | None = None


@dataclass(frozen=True)
class Thirds:
    """A comparison of runs by what became of them: of three alike in one measure, the most against the least in another."""

    of: str
    alike: str
    window: str = ""


@dataclass(frozen=True)
class Declared:
    """A contrast with the sign that is expected of it.

    Attributes
    ----------
    name, statement : str
        What it is called, and the expectation in words.
    measure, sign, direction : str
        What is measured; one of :data:`SIGNS`; the way of a threshold or reversal.
    cells : tuple of tuple of Cell
        By place (``at``) and level of the ladder.
    level : float
        What ``a`` is compared with where there is no ``b``.
    since : str
        Window from which a change is measured; "" for the measure itself.
    margin : float, optional
        Largest difference that is too small to matter, in the unit of the measure; from the study where it is None.
    steps : tuple of int
        Steps of a ladder, from 1, that count as a threshold; all where it is empty.
    near : mapping of str to (float, float)
        A threshold counts only where these measures lie in a range at one end of its step.
    least_share : float, optional
        Share of draws, each with the sign by its whole interval over seeds, from which the contrast is supported, whatever its mean.
    thirds : Thirds, optional
        Compares the conditions of ``a`` by what became of them, in place of ``a`` with ``b``.
    by_construction, not_testable : str
        Why it tests the code and not a theory; why it cannot be tested.
    """

    name: str
    statement: str
    measure: str
    sign: str
    direction: str
    cells: tuple[tuple[Cell, ...], ...]
    level: float = 0.0
    since: str = ""
    margin: float | None = None
    steps: tuple[int, ...] = ()
    near: Mapping[str, tuple[float, float]] = dataclasses.field(default_factory=dict)
    least_share: float | None = None
    thirds: Thirds | None = None
    by_construction: str = ""
    not_testable: str = ""

    @property
    def sides(self) -> list[Side]:
        """All its conditions."""
        return [side for choice in self._choices for side in choice.sides]

    @property
    def picks(self) -> bool:
        """Whether half of the seeds picks a condition by its results."""
        return any(choice.pick for choice in self._choices)

    @property
    def _choices(self) -> list[Choice]:
        return [choice for cells in self.cells for cell in cells for choice in (cell.a, cell.b) if choice is not None]

    def columns(self, first: str) -> list[Column]:
        """Return the columns of runs that it needs; ``first`` is the first summary of the study."""
        if self.not_testable:
            return []
        windows = dict.fromkeys(side.window or first for side in self.sides)
        asked = [(name, window) for name in (self.measure, *self.near) for window in windows]
        asked += [(self.measure, self.since)] if self.since else []
        if self.thirds is not None:
            asked += [(name, self.thirds.window or first) for name in (self.thirds.of, self.thirds.alike)]
        return [column_named(name, window, first) for name, window in dict.fromkeys(asked)]


@dataclass(frozen=True)
class Reader:
    """What contrasts are read with: names that exist, and what stands for a condition that is not named.

    With ``exact`` a condition that names no style or set of shocks has the baseline and the first set; without, any.
    """

    where: str
    styles: Sequence[str]
    baseline: str
    shocks: Sequence[str]
    sections: Sections
    measures: Sequence[str]
    weeks: int
    exact: bool

    def read(self, blocks: Any) -> tuple[Declared, ...]:
        """Return the contrasts of blocks ``[[contrast]]``, checked.

        Raises
        ------
        ScenarioError
            If a block has an unknown key or name, or does not fit its sign.
        """
        if not all(isinstance(block, Mapping) for block in blocks):
            raise ScenarioError(f"{self.where}: contrast: expected blocks [[contrast]]")
        found = tuple(self._one(block, number) for number, block in enumerate(blocks, start=1))
        names = [one.name for one in found]
        for name in names:
            if names.count(name) > 1:
                raise ScenarioError(f"{self.where}: contrast: name = {name!r} is there twice")
        return found

    def _one(self, block: Mapping[str, Any], number: int) -> Declared:
        at = f"{self.where}: [[contrast]] {block.get('name', number)}"
        checks.keys(block, _KEYS, f"{at}: no key")
        texts = {key: block.get(key, "") for key in _TEXTS}
        for key, text in texts.items():
            checks.text(text, f"{at}: {key}")
        if not texts["name"]:
            raise ScenarioError(f"{at}: name: expected a name")
        if not texts["not_testable"]:
            checks.keys([texts["measure"]], self.measures, f"{at}: measure: no measure")
        sign = checks.choice(texts["sign"], f"{at}: sign", SIGNS)
        expected = _DIRECTIONS.get(sign, ("",))
        if texts["direction"] not in expected:
            words = " or ".join(expected) if expected != ("",) else "none"
            raise ScenarioError(f"{at}: direction = {texts['direction']!r}: expected {words} with sign {sign!r}")
        for key in ("window", "since"):
            if texts[key]:
                read_summary(texts[key], self.weeks, f"{at}: {key}")
        about = {key: texts[key] for key in _TEXTS if key != "window"}
        if "margin" in block:
            about["margin"] = checks.number(block["margin"], f"{at}: margin", 0.0)
        if "least_share" in block:
            about["least_share"] = checks.number(block["least_share"], f"{at}: least_share", 0.0, 1.0)
        if "level" in block:
            about["level"] = checks.number(block["level"], f"{at}: level")
        cells = self._cells(block, texts["window"], at)
        about["steps"] = tuple(
            checks.whole(step, f"{at}: steps", 1, max(1, len(cells[0]) - 1))
            for step in checks.sequence(block.get("steps", ()), f"{at}: steps")
        )
        about["near"] = {
            name: self._range(name, ends, f"{at}: near") for name, ends in dict(block.get("near", {})).items()
        }
        if "thirds" in block:
            thirds = checks.table(block["thirds"], f"{at}: thirds", "a table with of and alike")
            checks.keys(thirds, ("of", "alike", "window"), f"{at}: thirds: no key")
            for key in ("of", "alike"):
                checks.keys([thirds.get(key, "")], self.measures, f"{at}: thirds: {key}: no measure")
            about["thirds"] = Thirds(**thirds)
        self._fit(sign, block, cells, at)
        return Declared(cells=cells, **about)

    def _range(self, name: str, ends: Any, at: str) -> tuple[float, float]:
        checks.keys([name], self.measures, f"{at}: no measure")
        if not isinstance(ends, Sequence) or isinstance(ends, str) or len(ends) != 2:
            raise ScenarioError(f"{at}: {name} = {ends!r}: expected its least and greatest value")
        low, high = (checks.number(end, f"{at}: {name}") for end in ends)
        return low, high

    def _fit(self, sign: str, block: Mapping[str, Any], cells: tuple[tuple[Cell, ...], ...], at: str) -> None:
        """Refuse a block whose places, levels and conditions are not those of its sign."""
        places = 2 if sign.startswith("interaction") or sign == "reversal" else 1
        if len(cells) != places:
            raise ScenarioError(f"{at}: at has {len(cells)} places: expected {places} with sign {sign!r}")
        fewest = _FEWEST.get(sign, 1)
        if len(cells[0]) < fewest or (fewest == 1 and len(cells[0]) > 1):
            expected = f"at least {fewest} levels" if fewest > 1 else "none"
            raise ScenarioError(f"{at}: ladder has {len(cells[0])} levels: expected {expected} with sign {sign!r}")
        compared = [key for key in ("b", "level", "thirds") if key in block]
        if len(compared) != 1 and not (fewest > 1 and not compared):
            raise ScenarioError(f"{at}: expected one of b, level and thirds to compare with, and found {len(compared)}")
        if "thirds" in block and len(cells[0][0].a.sides) < 3:
            raise ScenarioError(f"{at}: thirds: expected at least three conditions in a")

    def _cells(self, block: Mapping[str, Any], window: str, at: str) -> tuple[tuple[Cell, ...], ...]:
        hold = self._parts(block.get("hold", {}), f"{at}: hold")
        if len(hold) != 1:
            raise ScenarioError(f"{at}: hold: expected one condition")
        places, levels = (self._parts(block.get(key, {}), f"{at}: {key}") for key in ("at", "ladder"))
        thirds = "thirds" in block

        def cell(shared: Mapping[str, Any]) -> Cell:
            a = self._choice(block.get("a", {}), shared, f"{at}: a", several=thirds)
            return Cell(a, self._choice(block["b"], shared, f"{at}: b") if "b" in block else None)

        start = {"window": window} | hold[0]
        return tuple(tuple(cell(start | place | level) for level in levels) for place in places)

    def _choice(self, value: Any, shared: Mapping[str, Any], at: str, several: bool = False) -> Choice:
        pick = next((key for key in PICKED if isinstance(value, Mapping) and key in value), "")
        if pick and len(value) > 1:
            raise ScenarioError(f"{at}: {pick} stands alone: put what all conditions share under hold")
        parts = self._parts(value[pick] if pick else value, at)
        if len(parts) > 1 and not pick and not several:
            raise ScenarioError(
                f"{at}: {len(parts)} conditions: expected one, or highest or lowest to pick one of them"
            )
        return Choice(tuple(self._side(dict(shared) | part) for part in parts), pick)

    def _side(self, part: dict[str, Any]) -> Side:
        style, shock, window = (part.pop(key, "") for key in ("style", "shock", "window"))
        if self.exact:
            style, shock = style or self.baseline, shock or self.shocks[0]
        return Side(part, style, shock, window)

    def _parts(self, value: Any, at: str) -> list[dict[str, Any]]:
        """Return the conditions of a table or a list of tables, by full names of parameters."""
        if isinstance(value, Sequence) and not isinstance(value, str):
            return [part for one in value for part in self._parts(one, at)]
        table = dict(checks.table(value, at, "a table of parameters and values, or a list of tables"))
        style = table.get("style")
        if isinstance(style, str) and "*" in style:
            table["style"] = fnmatch.filter(self.styles, style)
        listed = {key: own for key, own in table.items() if isinstance(own, list | tuple)}
        sizes = {len(own) for own in listed.values()}
        if len(sizes) > 1 or 0 in sizes:
            raise ScenarioError(f"{at}: {', '.join(listed)}: expected lists of the same length")
        result = []
        for k in range(max(sizes, default=1)):
            own = {key: cell[k] if key in listed else cell for key, cell in table.items()}
            named = {key: own.pop(key) for key in ("style", "shock", "window") if key in own}
            for key, known in (("style", self.styles), ("shock", self.shocks)):
                if key in named:
                    checks.choice(named[key], f"{at}: {key}", known)
            if "window" in named:
                read_summary(named["window"], self.weeks, f"{at}: window")
            result.append(read_setting(own, at, self.sections) | named)
        return result


def chosen(side: Side, setting: Setting, points: pd.DataFrame, columns: Mapping[str, str]) -> np.ndarray:
    """Return which points have the style and shocks of a condition, and these values, shape (points,).

    ``columns`` are the columns of parameters by full name.
    """
    wanted = {columns.get(key, key): value for key, value in setting.items()} | {
        "style": side.style,
        "shock": side.shock,
    }
    there = np.ones(len(points), dtype=bool)
    for name, value in wanted.items():
        if value != "":
            there &= (points[name] == value).to_numpy() if name in points else False
    return there


def check_sides(contrast: Declared, points: pd.DataFrame, columns: Mapping[str, str], where: str) -> None:
    """Refuse a contrast with a condition that no point of the design meets."""
    for side in [] if contrast.not_testable else contrast.sides:
        if not chosen(side, side.setting, points, columns).any():
            words = {**side.setting, "style": side.style, "shock": side.shock}
            named = ", ".join(f"{key} = {value}" for key, value in words.items() if value != "")
            raise ScenarioError(f"{where}: [[contrast]] {contrast.name}: no point of the design has {named}")


def rows_of(contrasts: Sequence[Declared], baseline: str, shock: str) -> list[Row]:
    """Return the settings that contrasts name, the base case first, each for its style and its sets of shocks."""
    rows: dict[tuple[str, frozenset[Any]], tuple[Setting, dict[str, None]]] = {}
    for side in (Side({}, baseline, shock), *(side for one in contrasts if not one.not_testable for side in one.sides)):
        own = rows.setdefault((side.style, frozenset(side.setting.items())), (side.setting, {}))
        own[1][side.shock] = None
    return [Row(setting, style, tuple(shocks)) for (style, _), (setting, shocks) in rows.items()]
