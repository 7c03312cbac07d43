"""Levels at which effects are neutral: what is usual at the status quo.

Many equations speak of more or less than usual. What is usual is said here once. The values are those of the default
kind of organisation after burn-in with the status quo's levers, so that no other style is favoured by centring.
"""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.engine.parameters import parameter

_MEASURED = "Assumption: mean of the status quo after burn-in, checked by a test."
_LEVER = "Assumption: the status quo's levers."


@dataclass(frozen=True)
class Reference:
    """What is usual at the status quo."""

    usual_voice_share: float = parameter(
        0.44, "0-1", role="fixed", help="v₀: share of noticed problems that are voiced.", source=_MEASURED
    )
    usual_dealt_share: float = parameter(
        0.16, "0-1", role="fixed", help="r₀: share of noticed problems that are acted on.", source=_MEASURED
    )
    usual_openness: float = parameter(0.437, "0-1", role="fixed", help="O₀: managers' openness.", source=_MEASURED)
    usual_exhaustion: float = parameter(
        0.505,
        "0-1",
        0.01,
        0.99,
        role="fixed",
        help="E_ref: exhaustion at which people leave at the usual rate.",
        source=_MEASURED,
    )
    usual_safety: float = parameter(
        0.556, "0-1", 0.01, 1.0, role="fixed", help="S₀: psychological safety.", source=_MEASURED
    )
    usual_efficacy: float = parameter(
        0.478, "0-1", 0.01, 1.0, role="fixed", help="V₀: expecting that speaking up leads to action.", source=_MEASURED
    )
    usual_overload: float = parameter(
        0.076,
        "load",
        0.001,
        1.0,
        role="fixed",
        help="ov₀: overload of teams, the recent load above 1.",
        source=_MEASURED,
    )
    usual_tenure: float = parameter(
        324.0, "weeks", 1.0, 2000.0, role="fixed", help="Weeks that half of the staff have been in post.",
        source="Assumption: median of the status quo after burn-in, checked by a test.",
    )  # fmt: skip
    usual_influence: float = parameter(
        0.343, "0-1", role="fixed", help="Influence: half agency, half authority.", source=_MEASURED
    )
    usual_quality_spread: float = parameter(
        0.0735, "0-1", role="fixed", help="Standard deviation of true quality between teams, which marks bright and dark spots.",
        source=_MEASURED,
    )  # fmt: skip
    usual_engaged: float = parameter(
        0.278, "0-1", role="fixed", help="Share of the hour budget that is spent with people.", source=_MEASURED
    )
    usual_fear: float = parameter(0.35, "0-1", role="fixed", help="F₀: fear.", source=_LEVER)
    usual_permission: float = parameter(0.3, "0-1", role="fixed", help="Permission.", source=_LEVER)
    usual_pressure: float = parameter(0.21, "0-1", role="fixed", help="Fear × salience of targets.", source=_LEVER)
