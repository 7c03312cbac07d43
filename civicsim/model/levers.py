"""The levers of governance: what a style may set, and nothing else.

Attitude and authority levers are intentions from 0 to 1; what staff meet of them is worked out in
:mod:`civicsim.model.processes.enactment`. Hour levers are weights: they share out one budget of hours, which is the same
for every style, so that no style is cheaper than another.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from civicsim.engine.parameters import parameter

_DEFINITION = "Assumption: scenario definition, not an estimate."
PURPOSES = (
    "protected", "reporting", "peer", "response", "deliberation", "patients", "coaching", "observation", "huddles",
)  # fmt: skip
"""What the budget of improvement hours can be spent on, in the order of the hour levers."""


def _lever(default: float, help: str, low: float = 0.0, high: float = 1.0, unit: str = "0-1") -> float:
    return parameter(default, unit, low, high, role="lever", help=help, source=_DEFINITION)


@dataclass(frozen=True)
class Levers:
    """The settings of a governance style; the defaults are those of the status quo."""

    fear: float = _lever(0.35, "How far people are made to fear blame: 0 not at all, 1 careers end over bad news.")
    carrot: float = _lever(0.15, "How strongly compliance is rewarded with money or praise.")
    target_salience: float = _lever(0.6, "How loudly targets are talked about, against everything else.")
    measured_share: float = _lever(0.5, "Share of the dimensions of care that are measured and reported.")
    directive_rate: float = _lever(
        0.5, "How often the centre orders a practice: the quarterly chance per dimension × 4."
    )
    codification: float = _lever(0.25, "How readily the organisation's protocols learn from its best teams.")
    permission: float = _lever(0.3, "How free staff are to change their own work without asking first.")
    authority: float = _lever(0.2, "How much teams may decide and spend themselves.")
    audit: float = _lever(0.3, "How closely reports are checked against what was done.")
    invitation: float = _lever(0.4, "How strongly staff are invited to speak up.")
    status_blindness: float = _lever(0.25, "How far it does not matter who raises a problem: 0 rank decides, 1 never.")
    compact: float = _lever(0.0, "Mutual commitments: 0 none, ½ in words only, 1 kept as a ledger.")
    patient_reach: float = _lever(0.3, "How far patient involvement reaches beyond the usual volunteers.")
    forum_independence: float = _lever(0.2, "How independent the patients' forum is of its host.")
    forum_budget: float = _lever(
        0.05, "How much money of its own the patients' forum has, as a share of the most it could use."
    )
    weight_protected: float = _lever(
        1.0, "Weight of protected time for improvement in the hour budget.", 0, 20, "weight"
    )
    weight_reporting: float = _lever(5.0, "Weight of reporting in the hour budget.", 0, 20, "weight")
    weight_peer: float = _lever(1.0, "Weight of time with peers of other teams in the hour budget.", 0, 20, "weight")
    weight_response: float = _lever(3.0, "Weight of answering what staff raise in the hour budget.", 0, 20, "weight")
    weight_deliberation: float = _lever(1.0, "Weight of joint deliberation in the hour budget.", 0, 20, "weight")
    weight_patients: float = _lever(
        1.0, "Weight of work with patients and their forum in the hour budget.", 0, 20, "weight"
    )
    weight_coaching: float = _lever(0.0, "Weight of coaching managers and trials in the hour budget.", 0, 20, "weight")
    weight_observation: float = _lever(
        0.0, "Weight of managers' time for watching the work in the hour budget.", 0, 20, "weight"
    )
    weight_huddles: float = _lever(0.0, "Weight of teams' short safety huddles in the hour budget.", 0, 20, "weight")
    budget_share: float = _lever(
        1.0, "Share of the hour budget that is allocated at all; below 1 only for laissez-faire."
    )

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
        weights = {purpose: getattr(self, f"weight_{purpose}") for purpose in PURPOSES}
        total = sum(weights.values())
        if total == 0.0:
            return dict.fromkeys(PURPOSES, 0.0)
        return {purpose: budget * self.budget_share * weight / total for purpose, weight in weights.items()}


NAMES = tuple(field.name for field in dataclasses.fields(Levers))
"""Names of all levers."""
