"""What a person does in the packages of objects; each adds how agents are kept and how they find one another."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

STAGES = ("look_around", "speak", "remember", "learn", "tire")
"""What all do each week, one after the other; all finish a stage before any begins the next."""
SHOWN = ("safety", "efficacy", "agency", "exhaustion")
"""States whose means are compared."""


def read(file: str) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Return arrays of the start, and numbers that are the same for all."""
    with np.load(file) as held:
        arrays = {name: held[name] for name in held.files if held[name].ndim}
        return arrays, {name: float(held[name]) for name in held.files if not held[name].ndim}


def serve(begin: Callable[[], Any], simulate: Callable[[Any, int], dict[str, float]]) -> None:
    """Simulate as many weeks as each line of standard input asks for, from the start, and print seconds and means."""
    for line in sys.stdin:
        model, weeks = begin(), int(line)
        began = time.perf_counter()
        means = simulate(model, weeks)
        print(json.dumps({"seconds": time.perf_counter() - began, "means": means}), flush=True)


def unit(x: float) -> float:
    """Return x, at least 0 and at most 1."""
    return min(1.0, max(0.0, x))


class Behaviour:
    """A person. Classes that inherit provide ``team``, and ``friends()``: those whom the person has ties to."""

    def begin(self, start: dict[str, Any], q: dict[str, float], rng: np.random.Generator) -> None:
        """Take over what the person brings along."""
        for name, value in start.items():
            setattr(self, name, float(value))
        self.q, self.draws = q, rng

    def look_around(self) -> None:
        """See what share of their problems colleagues voiced, and how safe they feel."""
        noticed, voiced = self.team.noticed - self.noticed_memory, self.team.voiced - self.voiced_memory
        safety, near = self.team.safety - self.safety, self.team.size - 1
        for one in self.friends():
            noticed += one.noticed_memory
            voiced += one.voiced_memory
            safety += one.safety
            near += 1
        q = self.q
        self.norm = min(1.0, (voiced + q["prior_events"] * q["prior_share"]) / (noticed + q["prior_events"]))
        self.safety_around = safety / near if near else None

    def speak(self) -> None:
        """Notice problems, and voice some."""
        q = self.q
        self.noticed = min(self.draws.poisson(self.rate), int(q["most"]))
        readiness = (
            self.ground
            + q["safety_weight"] * self.safety
            + q["efficacy_weight"] * self.efficacy
            + q["agency_weight"] * self.agency
            - q["exhaustion_weight"] * self.exhaustion
            + q["norm_weight"] * self.norm
        )
        self.voiced = 0
        for _ in range(self.noticed):
            x = readiness + q["severity_weight"] * self.draws.random()
            self.voiced += self.draws.random() < 1.0 / (1.0 + math.exp(-x))

    def remember(self) -> None:
        """Remember what was noticed and voiced, and forget some of what was before."""
        self.noticed_memory = self.q["keep"] * self.noticed_memory + self.noticed
        self.voiced_memory = self.q["keep"] * self.voiced_memory + self.voiced

    def learn(self) -> None:
        """Work out what the week teaches; others still see what was before."""
        q = self.q
        self.efficacy = unit(self.efficacy + q["experience_rate"] * (self.efficacy_goal - self.efficacy))
        self.agency = unit(self.agency + q["agency_rate"] * (self.agency_goal - self.agency))
        grounds = unit(self.safety_goal + q["norm_safety"] * self.norm)
        around = grounds if self.safety_around is None else self.safety_around
        mixed = q["susceptibility"] * around + (1.0 - q["susceptibility"]) * grounds
        self.safety = unit(self.safety + q["safety_rate"] * (mixed - self.safety))
        others = self.team.size - 1
        self.tired_around = (self.team.exhaustion - self.exhaustion) / others if others else self.exhaustion

    def tire(self) -> None:
        """Become more or less exhausted."""
        q = self.q
        change = (
            self.push
            + q["contagion"] * (self.tired_around - self.exhaustion)
            - q["influence"] * self.agency
            - q["return_rate"] * (self.exhaustion - self.exhaustion_goal)
            + q["noise_shared"] * self.team.event
            + q["noise_alone"] * self.draws.standard_normal()
        )
        self.exhaustion = unit(self.exhaustion + change)


class Together:
    """A team: what its members have in common this week."""

    members: Iterable[Behaviour]

    def gather(self, rng: np.random.Generator) -> None:
        """Sum up how members are at the start of a week, and draw what meets them all."""
        members = list(self.members)
        self.size = len(members)
        self.noticed = sum(one.noticed_memory for one in members)
        self.voiced = sum(one.voiced_memory for one in members)
        self.safety = sum(one.safety for one in members)
        self.exhaustion = sum(one.exhaustion for one in members)
        self.event = rng.standard_normal()
