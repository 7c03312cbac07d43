"""Mechanisms of the model for ablations: the switches, the mechanisms that stay on, and the names of settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from civicsim.engine.parameters import Value
from civicsim.scenario.model import SECTIONS, Sections
from civicsim.study.design.factors import column_of

STAYING = ("events", "survey", "record")
"""Mechanisms that put dates and levers into force, survey and record. Without them there are no results."""
CORE = ("load", "noticing", "voice", "response", "quality")
"""Mechanisms that stay on where all others are off: work, problems that are noticed, raised and answered, and the quality for
patients. Assumption: the least that makes a meaningful week of an organisation."""
EVERYTHING, ALONE = "everything on", "core alone"

_OWN_WAYS = {"codification.directives_enabled": "directives"}
"""Switches that belong to the mechanism of another section: issuing directives goes with answering them."""


def switches_of(sections: Sections) -> tuple[str, ...]:
    """Return the full names of the switches of all mechanisms that can be taken out."""
    every = sections.parameters.items()
    return tuple(key for key, about in every if about.role == "switch" and about.section not in STAYING)


def switches_by_column(sections: Sections) -> dict[str, str]:
    """Return them by the columns that they have in tables."""
    return {column_of(sections.parameters[key]): key for key in switches_of(sections)}


SWITCHES = switches_of(SECTIONS)
"""Those of the shipped model."""


def mechanism_of(key: str) -> str:
    """Return the mechanism that a switch is part of."""
    return _OWN_WAYS.get(key, key.partition(".")[0])


def name_of(key: str) -> str:
    """Return the name of a switch: its mechanism, and the part of it."""
    section, _, name = key.partition(".")
    part = name.removesuffix("enabled").rstrip("_")
    return f"{section} ({part})" if part else section


def optional(keys: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return those of the given switches that are outside the core, by mechanism."""
    found: dict[str, tuple[str, ...]] = {}
    for key in keys:
        if key.partition(".")[0] not in CORE:
            found[mechanism_of(key)] = (*found.get(mechanism_of(key), ()), key)
    return found


def one_out(keys: Collection[str]) -> list[dict[str, Value]]:
    """Return settings of switches: all on, and each off by itself."""
    full: dict[str, Value] = dict.fromkeys(keys, True)
    return [full, *(full | {key: False} for key in keys)]


def one_in(keys: Collection[str]) -> list[dict[str, Value]]:
    """Return settings of switches: the core alone, and with each other mechanism by itself."""
    others = optional(keys)
    alone: dict[str, Value] = {key: not any(key in own for own in others.values()) for key in keys}
    return [alone, *(alone | dict.fromkeys(own, True) for own in others.values())]


def words(switches: Mapping[str, bool]) -> str:
    """Return the name of a setting of switches: "everything on", "without voice", "core alone", "core and ties"."""
    off = [key for key, on in switches.items() if not on]
    if not off:
        return EVERYTHING
    others = optional(switches)
    missing = [name for name, own in others.items() if not all(switches[key] for key in own)]
    cleared = all(not any(switches[key] for key in others[name]) for name in missing)
    core_whole = all(on for key, on in switches.items() if key.partition(".")[0] in CORE)
    if len(off) > 1 and core_whole and cleared and len(others) - len(missing) <= 1:
        left = [name for name in others if name not in missing]
        return f"core and {left[0]}" if left else ALONE
    return f"without {', '.join(name_of(key) for key in off)}"
