"""Levels at which effects are neutral: those usual at the status quo.

Many equations speak of more or less than usual. What is usual is stated here once. The values are those of the default
kind of organisation after burn-in with the status quo's levers, so that no other style is favoured by centring.
"""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.engine.parameters import fixed

_MEASURED = "Assumption: mean of the status quo after burn-in, checked by a test."
_LEVER = "Assumption: the status quo's levers."
_USUAL_TENURE_SOURCE = "Assumption: median of the status quo after burn-in, checked by a test."


@dataclass(frozen=True)
class Reference:
    """Usual levels at the status quo."""

    usual_voice_share: float = fixed(
        0.415, "0–1", 0, 1, "Usual share of noticed problems that are voiced.", _MEASURED, symbol="v₀"
    )
    usual_dealt_share: float = fixed(
        0.143, "0–1", 0, 1, "Usual share of noticed problems that are acted on.", _MEASURED, symbol="r₀"
    )
    usual_openness: float = fixed(0.413, "0–1", 0, 1, "Usual openness of managers.", _MEASURED, symbol="O₀")
    usual_exhaustion: float = fixed(
        0.514, "0–1", 0.01, 0.99, "Exhaustion at which people leave at the usual rate.", _MEASURED, symbol="E_ref"
    )
    usual_safety: float = fixed(0.555, "0–1", 0.01, 1, "Usual psychological safety.", _MEASURED, symbol="S₀")
    usual_efficacy: float = fixed(
        0.467, "0–1", 0.01, 1, "Usual belief that speaking up leads to action.", _MEASURED, symbol="V₀"
    )
    usual_overload: float = fixed(
        0.083, "load", 0.001, 1, "Usual overload of teams, the recent load above 1.", _MEASURED, symbol="ov₀"
    )
    usual_tenure: float = fixed(
        380.0, "weeks", 1, 2000, "Weeks that half of the staff have been in post.", _USUAL_TENURE_SOURCE
    )
    usual_influence: float = fixed(
        0.338, "0–1", 0, 1, "Usual influence of staff: half agency, half authority.", _MEASURED
    )
    usual_quality_spread: float = fixed(0.064, "0–1", 0, 1, "Usual spread of true quality between teams.", _MEASURED)
    usual_engaged: float = fixed(
        0.283, "0–1", 0, 1, "Usual share of the hour budget that is spent with people.", _MEASURED
    )
    usual_belonging: float = fixed(0.616, "0–1", 0, 1, "Usual belonging of staff.", _MEASURED, symbol="X_ref")
    usual_motivation: float = fixed(0.547, "0–1", 0, 1, "Usual motivation of staff.", _MEASURED, symbol="M_ref")
    usual_kept: float = fixed(
        0.811, "0–1", 0, 1, "Usual share kept of what staff expect without any compact.", _MEASURED, symbol="k₀"
    )
    usual_answered: float = fixed(
        0.606, "0–1", 0, 1, "Usual share of settled items that were acted on or explained.", _MEASURED, symbol="a₀"
    )
    usual_part: float = fixed(
        0.426, "0–1", 0, 1, "Usual part that teams take in improvement, by their year's ideas.", _MEASURED
    )
    usual_directives: float = fixed(
        0.408, "per dimension and year", 0, 4, "Usual number of directives on a dimension of care.", _MEASURED
    )
    usual_harm: float = fixed(0.036, "per post and year", 0.001, 2, "Usual harm to patients.", _MEASURED)
    usual_satisfaction: float = fixed(0.685, "0–1", 0, 1, "Usual satisfaction of patients.", _MEASURED)
    usual_carrot: float = fixed(0.15, "0–1", 0, 1, "Usual rewards for meeting targets.", _LEVER)
    usual_invitation: float = fixed(0.4, "0–1", 0, 1, "Usual invitation to speak up.", _LEVER)
    usual_fear: float = fixed(0.35, "0–1", 0, 1, "Usual fear of blame.", _LEVER, symbol="F₀")
    usual_permission: float = fixed(0.3, "0–1", 0, 1, "Usual freedom to change work.", _LEVER)
    usual_pressure: float = fixed(0.21, "0–1", 0, 1, "Usual fear of blame times the prominence of targets.", _LEVER)
