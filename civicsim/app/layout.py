"""Where people stand on the canvas: teams as neighbourhoods in fixed places, so that eyes can follow.

The places follow from who belongs where, not from ties, and never move: the same team is found in the same place in
every run of an organisation.
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from civicsim.model.cohort import Cohort
from civicsim.model.organisation import CHIEF, DIVISIONAL_MANAGER, EXECUTIVE, PROFESSIONS, ROLES, TEAM_MANAGER

WIDTH, HEIGHT = 1600, 1000
_TOP, _GAP, _HEAD = 92, 14, 34
Box = tuple[float, float, float, float]
"""Left, top, width and height."""
_GOLDEN = math.pi * (3.0 - math.sqrt(5.0))


@dataclass(frozen=True)
class Scene:
    """Who stands where; lengths in units of a canvas of ``WIDTH`` × ``HEIGHT``.

    Attributes
    ----------
    x, y : (n_persons,) int16 arrays
        Place of each post.
    role : (n_persons,) uint8 array
        Index into :data:`civicsim.model.organisation.ROLES`.
    profession : (n_persons,) uint8 array
        Index into :data:`civicsim.model.organisation.PROFESSIONS`.
    team : (n_persons,) int16 array
        Team counted within the organisation, −1 above teams.
    teams : list of (x, y, radius, division)
        Middle and radius of each team's neighbourhood, and its division counted from 0.
    divisions : list of (x, y, width, height)
    dot : float
        Radius of a person.
    """

    x: np.ndarray
    y: np.ndarray
    role: np.ndarray
    profession: np.ndarray
    team: np.ndarray
    teams: list[tuple[float, float, float, int]]
    divisions: list[Box]
    dot: float

    def payload(self) -> dict[str, Any]:
        """Return what the browser needs, once per organisation."""

        def packed(values: np.ndarray, kind: str) -> str:
            return base64.b64encode(values.astype(kind).tobytes()).decode()

        return {
            "size": [WIDTH, HEIGHT],
            "n": len(self.x),
            "x": packed(self.x, "<i2"),
            "y": packed(self.y, "<i2"),
            "role": packed(self.role, "u1"),
            "profession": packed(self.profession, "u1"),
            "team": packed(self.team, "<i2"),
            "teams": [[round(float(v), 1) for v in team] for team in self.teams],
            "divisions": [[round(float(v), 1) for v in box] for box in self.divisions],
            "dot": round(self.dot, 2),
            "roles": list(ROLES),
            "professions": list(PROFESSIONS),
        }


def grid(n: int, width: float, height: float) -> tuple[int, int]:
    """Return columns and rows that give ``n`` cells in a box the squarest shape with the fewest empty places."""

    def cost(columns: int) -> float:
        rows = math.ceil(n / columns)
        return abs(math.log((width / columns) / (height / rows))) + 0.6 * (columns * rows - n) / n

    columns = min(range(1, n + 1), key=cost)
    return columns, math.ceil(n / columns)


def _cell(index: int, n: int, box: Box) -> Box:
    """Return one cell of a box; a last row that is not full is centred."""
    x, y, width, height = box
    columns, rows = grid(n, width, height)
    row, column = divmod(index, columns)
    here = n - row * columns if row == rows - 1 else columns
    w, h = width / columns, height / rows
    return x + (columns - here) * w / 2 + column * w, y + row * h, w, h


def arrange(cohort: Cohort) -> Scene:
    """Return where the people of a cohort's first organisation stand."""
    org = cohort.organisation[0]
    person = cohort.person[: int(org["n_persons"])]
    team = cohort.team[: int(org["n_teams"])]
    divisions = np.unique(team["division"])
    x, y = np.zeros(len(person)), np.zeros(len(person))
    boxes: list[Box] = []
    places: list[tuple[float, float, float, int]] = [(0.0, 0.0, 0.0, 0)] * len(team)
    for d, division in enumerate(divisions):
        bx, by, bw, bh = _cell(d, len(divisions), (0.0, _TOP, WIDTH, HEIGHT - _TOP))
        box = (bx + _GAP / 2, by + _GAP / 2, bw - _GAP, bh - _GAP)
        boxes.append(box)
        rows = np.flatnonzero(team["division"] == division)
        inner = (box[0] + 6, box[1] + _HEAD, box[2] - 12, box[3] - _HEAD - 6)
        for k, t in enumerate(rows.tolist()):
            cx, cy, cw, ch = _cell(k, len(rows), inner)
            places[t] = (cx + cw / 2, cy + ch / 2, 0.47 * min(cw, ch), d)
    dot = 14.0
    for number, (cx, cy, radius, _) in enumerate(places):
        first, n = int(team[number]["first_person"]), int(team[number]["n_posts"])
        turn = np.arange(1, n + 1)
        reach = 0.84 * radius * np.sqrt((turn + 0.3) / (n + 0.6))
        x[first : first + n] = cx + reach * np.cos(turn * _GOLDEN)
        y[first : first + n] = cy + reach * np.sin(turn * _GOLDEN)
        dot = min(dot, 0.62 * radius / math.sqrt(n + 1.0))
        manager = int(cohort.manager["person"][team[number]["manager"]])
        x[manager], y[manager] = cx, cy
    _place_managers(cohort, places, boxes, x, y)
    return Scene(
        x.astype(np.int16),
        y.astype(np.int16),
        person["role"].astype(np.uint8),
        person["profession"].astype(np.uint8),
        np.where(person["role"] <= TEAM_MANAGER, person["team"], -1).astype(np.int16),
        places,
        boxes,
        dot,
    )


def _place_managers(
    cohort: Cohort, places: list[tuple[float, float, float, int]], boxes: list[Box], x: np.ndarray, y: np.ndarray
) -> None:
    """Put divisional managers at the head of their division, and executives in a row above all."""
    manager, role = cohort.manager, cohort.person["role"][: len(x)]
    superiors = manager["superior"][cohort.team["manager"][: len(places)]]
    # A divisional manager belongs where the first of their team managers does.
    division_of = dict(zip(manager["person"][superiors][::-1].tolist(), [d for *_, d in reversed(places)], strict=True))
    for k, i in enumerate(np.flatnonzero(role == DIVISIONAL_MANAGER).tolist()):
        bx, by, bw, _ = boxes[division_of.get(i, k) % len(boxes)]
        x[i], y[i] = bx + bw - 26, by + 22
    top = np.flatnonzero((role == EXECUTIVE) | (role == CHIEF)).tolist()
    for k, i in enumerate(sorted(top, key=lambda i: int(role[i]) != CHIEF)):
        # The chief executive in the middle, the others alternately left and right.
        side = (k + 1) // 2 * (1 if k % 2 else -1)
        x[i], y[i] = WIDTH / 2 + 74 * side, _TOP / 2 + 4
