"""Mechanisms of the model as something that is taken away: which there are, which stay, and what to call what is left."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from civicsim.engine.parameters import Value
from civicsim.scenario.model import SECTIONS, Sections

STAYING = ("events", "survey", "record")
"""Put dates and levers into force, ask and write down. Without them there is nothing to take effect or to look at."""
CORE = ("load", "noticing", "voice", "response", "quality")
"""Stay on where all else is off: work that has to be done, problems that are noticed, said and answered, and the quality that
patients meet. Assumption: the least in which a week of an organisation means something."""
EVERYTHING, ALONE = "everything on", "core alone"

_OWN_WAYS = {"codification.directives_enabled": "directives"}
"""Switches that belong to another mechanism than their section says: who issues directives goes with who answers them."""


def switches_of(sections: Sections) -> tuple[str, ...]:
    """Return the full names of the switches of all mechanisms that can be taken away."""
    every = sections.parameters.items()
    return tuple(key for key, about in every if about.role == "switch" and about.section not in STAYING)


SWITCHES = switches_of(SECTIONS)
"""Those of the shipped model."""


def mechanism_of(key: str) -> str:
    """Return the mechanism that a switch is part of."""
    return _OWN_WAYS.get(key, key.partition(".")[0])


def name_of(key: str) -> str:
    """Return what to call a switch: its mechanism, and which part of it."""
    section, _, name = key.partition(".")
    part = name.removesuffix("enabled").rstrip("_")
    return f"{section} ({part})" if part else section


def optional(keys: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the switches of each mechanism beyond the core, of those given."""
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
    """Return what a setting of switches is called: "everything on", "without voice", "core alone", "core and ties"."""
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
