"""The link between influence and burnout across organisations that differ by chance only.

Between NHS trusts, fewer staff are burnt out where more can make improvements happen; with staffing and belonging held
constant hardly any of that link is left. The model has no direct term from influence to exhaustion, so that both results
emerge from other terms.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from civicsim.experiment.run import Result
from civicsim.model.questions import SURVEY_ITEMS

OUTCOME = "burnt_out"
INFLUENCE = "improvements"
ADJUSTED_FOR = ("enough_staff", "valued")
_SAMPLES = 1000


def organisations_frame(result: Result, asked: bool = True) -> pd.DataFrame:
    """Return the percentages of the last staff survey by organisation: a column per question.

    They are of all staff who were ``asked``, or only of those who answered. An organisation of 600 has 300 answers where a real
    trust has thousands, so that the former is closer to published tables.
    """
    names = (OUTCOME, INFLUENCE, *ADJUSTED_FOR, "safe", "addressed", "suggestions", "recognition", "harassed")
    percent = result.history.snapshot[-1]["survey_all" if asked else "survey"]
    return pd.DataFrame({name: percent[:, SURVEY_ITEMS.index(name)] for name in names})


def standardised(frame: pd.DataFrame, outcome: str, on: Sequence[str]) -> np.ndarray:
    """Return standardised coefficients of an ordinary regression of one column on others, shape (len(on),)."""
    return _coefficients(frame[[outcome, *on]].to_numpy(dtype=float))


def _coefficients(rows: np.ndarray) -> np.ndarray:
    """Return the standardised coefficients of the first column on the others."""
    z = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    return np.linalg.lstsq(z[:, 1:], z[:, 0], rcond=None)[0]


def influence_and_burnout(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the raw and the adjusted link of influence with burnout across organisations.

    Returns
    -------
    pandas.DataFrame
        Rows ``raw`` (correlation), ``adjusted`` (standardised coefficient, with staffing and being valued held
        constant), and the coefficients of those two; columns value, low and high: 95 % bootstrap intervals over
        organisations.
    """
    rows = frame[[OUTCOME, INFLUENCE, *ADJUSTED_FOR]].to_numpy(dtype=float)
    rng = np.random.default_rng(0)

    def both(sample: np.ndarray) -> np.ndarray:
        raw = np.corrcoef(sample[:, 0], sample[:, 1])[0, 1]
        return np.array([raw, *_coefficients(sample)])

    samples = (rows[rng.integers(0, len(rows), len(rows))] for _ in range(_SAMPLES))
    # A sample of few organisations may contain one of them only, which has no correlation.
    spread = np.array([both(sample) for sample in samples if (sample.std(axis=0) > 0.0).all()])
    low, high = np.nanquantile(spread, [0.025, 0.975], axis=0)
    names = ["raw", "adjusted", *ADJUSTED_FOR]
    return pd.DataFrame({"value": both(rows), "low": low, "high": high}, index=names)
