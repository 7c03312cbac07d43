"""Times ways of doing something in turn, so that a slow moment of the machine hits all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

REPEATS = 7
"""Repetitions of each alternative; ratios are medians over so many pairs."""
QUICK_REPEATS = 2
"""The same with ``--quick``, which only shows that the harness works."""

Way = Callable[[], Any]


def interleaved(ways: Mapping[str, Way], repeats: int) -> dict[str, list[float]]:
    """Return the seconds that each way took each time: all ways once, then all once more, and so on.

    Each way is called once before, uncounted, so that nothing is compiled or loaded while the clock runs; not where it is
    done only once, because it takes long: the caller has to load what it needs.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        if repeats > 1:
            way()
    for _ in range(repeats):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - began)
    return seconds


def timing(seconds: list[float], person_weeks: float | None = None, **about: Any) -> dict[str, Any]:
    """Return raw times with their median and spread, and what they come to per person-week."""
    row: dict[str, Any] = {
        **about,
        "seconds": seconds,
        "median": median(seconds),
        "least": min(seconds),
        "most": max(seconds),
    }
    if person_weeks is not None:
        row["person_weeks"] = person_weeks
        row["ns_per_person_week"] = 1e9 * row["median"] / person_weeks
        row["person_weeks_per_second"] = person_weeks / row["median"]
    return row


def ratio(above: dict[str, Any], below: dict[str, Any]) -> dict[str, float]:
    """Return how many times as long one timing takes as another, pair by pair, per person-week where both count them."""
    scale = below.get("person_weeks", 1.0) / above.get("person_weeks", 1.0)
    pairs = sorted(a / b * scale for a, b in zip(above["seconds"], below["seconds"], strict=True))
    return {"median": median(pairs), "least": pairs[0], "most": pairs[-1], "pairs": float(len(pairs))}
