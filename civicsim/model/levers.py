"""The levers of governance: what a style may set, and nothing else.

Attitude and authority levers are intentions from 0 to 1; what staff meet of them is worked out in
:mod:`civicsim.model.processes.enactment`. Hour levers are weights: they share out one budget of hours, which is the same
for every style, so that no style is cheaper than another.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from civicsim.engine.parameters import parameter

_DEFINITION = "Assumption: scenario definition, not an estimate."


@dataclass(frozen=True)
class Purpose:
    """Something that the budget of improvement hours can be spent on.

    A purpose is declared once, in :data:`PURPOSES`. Its lever ``weight_name``, its place in the columns ``allotted``,
    ``hours`` and ``spent`` of the organisation, its measures, its documentation and its slider follow from that.

    Attributes
    ----------
    name : str
        Its name in code and files.
    weight : float
        Weight in the hour budget at the status quo, from 0 to 20.
    label : str
        A noun phrase of at most three words, from which the labels of its lever and measures are made.
    what : str
        What the hours are for, as it stands in a sentence.
    with_people : bool
        Whether leaders and managers spend these hours with staff, so that what staff meet follows what leaders intend.
    participation : bool
        Whether the hours are those of staff taking part, as against accounting for it.
    """

    name: str
    weight: float
    label: str
    what: str
    with_people: bool = True
    participation: bool = True

    @property
    def lever(self) -> str:
        """Name of the lever that weighs it."""
        return f"weight_{self.name}"


PURPOSES = {
    purpose.name: purpose
    for purpose in (
        Purpose("protected", 1.0, "Protected time", "protected time for improvement"),
        Purpose("reporting", 5.0, "Reporting", "reporting", with_people=False, participation=False),
        Purpose("peer", 1.0, "Other teams", "time with peers of other teams"),
        Purpose("response", 3.0, "Answering staff", "answering what staff raise"),
        Purpose("deliberation", 1.0, "Deliberation", "joint deliberation"),
        Purpose("patients", 1.0, "Patients' forum", "work with patients and their forum", with_people=False),
        Purpose("coaching", 0.0, "Coaching", "coaching managers and trials"),
        Purpose("observation", 0.0, "Observing work", "managers' time for observing work"),
        Purpose("huddles", 0.0, "Safety huddles", "teams' short safety huddles"),
    )
}
"""Purposes of the budget of improvement hours, by name, in the order of the hour levers."""

PROTECTED, REPORTING, PEER, RESPONSE, DELIBERATION, PATIENTS, COACHING, OBSERVATION, HUDDLES = map(
    tuple(PURPOSES).index,
    ("protected", "reporting", "peer", "response", "deliberation", "patients", "coaching", "observation", "huddles"),
)
"""Places of the purposes in columns of hours: a kernel reads ``org.hours[PEER]``."""
WITH_PEOPLE = tuple(place for place, purpose in enumerate(PURPOSES.values()) if purpose.with_people)
"""Places of the purposes whose hours leaders and managers spend with people."""


def _lever(default: float, label: str, help: str, unit: str = "0–1", high: float = 1) -> float:
    return parameter(default, unit, 0, high, help, _DEFINITION, role="lever", label=label)


def _weight(purpose: Purpose) -> float:
    label = f"Hours for {purpose.label[0].lower()}{purpose.label[1:]}"
    return _lever(purpose.weight, label, f"Weight of {purpose.what} in the hour budget.", "weight", 20)


@dataclass(frozen=True)
class _Intentions:
    fear: float = _lever(
        0.35, "Fear of blame", "How far staff are made to fear blame: 0 not at all, 1 bad news ends careers."
    )
    carrot: float = _lever(
        0.15, "Rewards for meeting targets", "How strongly compliance is rewarded with money or praise."
    )
    target_salience: float = _lever(
        0.6, "Prominence of targets", "How prominent targets are relative to everything else."
    )
    measured_share: float = _lever(
        0.5, "Share of care measured", "Share of the dimensions of care that are measured and reported."
    )
    directive_rate: float = _lever(
        0.5, "Directives from above", "How often the centre orders practices; 1 is every dimension, every year."
    )
    codification: float = _lever(
        0.25, "Protocols that learn", "How readily the organisation's protocols learn from its best teams."
    )
    permission: float = _lever(
        0.3, "Freedom to change work", "How free staff are to change their own work without asking first."
    )
    authority: float = _lever(0.2, "Authority of teams", "How much teams may decide and spend themselves.")
    audit: float = _lever(0.3, "Checking of reports", "How closely reports are checked against what was done.")
    invitation: float = _lever(0.4, "Invitation to speak up", "How strongly staff are invited to speak up.")
    status_blindness: float = _lever(
        0.25, "Disregard of rank", "How little rank matters in who is heard: 1 makes no difference."
    )
    compact: float = _lever(
        0.0, "Mutual commitments", "How binding mutual commitments are: ½ in words, 1 kept as a ledger."
    )
    patient_reach: float = _lever(
        0.3, "Reach of patient involvement", "How far patient involvement reaches beyond the usual volunteers."
    )
    forum_independence: float = _lever(
        0.2, "Independence of patients' forum", "How independent the patients' forum is of its host."
    )
    forum_budget: float = _lever(
        0.05, "Budget of patients' forum", "The forum's own money, as a share of what it could use."
    )


_HourWeights: Any = dataclasses.make_dataclass(
    "_HourWeights", [(purpose.lever, float, _weight(purpose)) for purpose in PURPOSES.values()], frozen=True
)


@dataclass(frozen=True)
class Levers(_HourWeights, _Intentions):
    """The settings of a governance style; the defaults are those of the status quo.

    There is a lever ``weight_…`` for each of the :data:`PURPOSES`.
    """

    budget_share: float = _lever(1.0, "Share of hours set aside", "Share of the hour budget that is allocated at all.")

    def hours(self, budget: float) -> dict[str, float]:
        """Return the hours allocated to each purpose.

        Parameters
        ----------
        budget : float
            Hours per person and week in all.

        Returns
        -------
        dict of str to float
            Hours per person and week, by purpose; they sum to ``budget × budget_share`` unless all weights are 0.
        """
        weights = {name: getattr(self, purpose.lever) for name, purpose in PURPOSES.items()}
        total = sum(weights.values())
        if total == 0.0:
            return dict.fromkeys(PURPOSES, 0.0)
        return {name: budget * self.budget_share * weight / total for name, weight in weights.items()}


NAMES = tuple(field.name for field in dataclasses.fields(Levers))
"""Names of all levers."""
