"""Own survey figures in words: what they leave, and what organisations like yours go on to do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from civicsim.calibration.own_survey import FIGURES, SHARE, SurveyFit
from civicsim.experiment.wording import counted, percent, scale_of

HEAD = ("", "yours", "like yours", f"{percent(SHARE)} of them", f"{percent(SHARE)} of all")
"""Columns of :func:`rows`: label and unit, your figure, the median of those like yours, and where most of them and of all lie."""
ASSUMED = (
    "The parameter sets were fitted to published data on acute trusts and are not a probability sample: the bands show what these "
    "data leave open if the model is right."
)


def left_text(fit: SurveyFit) -> str:
    """Return how many parameter sets and organisations your figures leave, in one sentence."""
    return (
        f"{len(fit.left)} of {counted(len(fit.draws), 'parameter set')} are left, and {len(fit.organisations):,} simulated "
        f"organisations carry the weight of {fit.effective:.0f}."
    )


def rows(fit: SurveyFit, figures: bool) -> Iterator[tuple[str, ...]]:
    """Yield a row under :data:`HEAD` for each figure of the last survey, or else for each measure in the last quarter."""
    for row in fit.table().to_dict("records"):
        name = row["name"]
        if (name in FIGURES) != figures:
            continue
        about = fit.scenario.measures[f"survey_{name}" if figures else name]
        scale = scale_of(about.unit)
        label = f"{about.label.removeprefix('Survey: ')}, {scale.unit.strip()}"
        own = "" if np.isnan(row["own"]) else scale.text(row["own"], False)
        bands = (scale.between(row[f"{which}low"], row[f"{which}high"]) for which in ("", "all_"))
        yield (label, own, scale.text(row["middle"], False), *bands)
