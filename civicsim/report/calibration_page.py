"""One-file pages about how well the status quo fits what is known."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from civicsim import __version__
from civicsim.report.calibration_figures import parameters_figure, targets_figure
from civicsim.report.html import _image as image
from civicsim.report.html import _table as table
from civicsim.report.study_page import _HEAD as HEAD
from civicsim.report.words import THINKING_AID, counted, kind_text, number, seeds_text, with_interval

if TYPE_CHECKING:
    from civicsim.calibration.validation import Validation
    from civicsim.calibration.waves import Calibration

_LEVELS = (
    "The thresholds of the survey's questions were set so that the status quo reads about the percentages of the survey: "
    "levels of P2 and P3 are what was put in. What was not put in is how they move, how people, teams and organisations "
    "differ in them, and how they go together."
)


def footer_of(found: Validation) -> str:
    """Return what a figure of targets rests on."""
    return (
        f"{kind_text(found.scenario)}; {seeds_text(found.seeds)}, none used in calibration. Grey: what agrees with what is "
        f"known. civicsim {__version__}. {THINKING_AID}"
    )


def validation_page(found: Validation) -> str:
    """Return the page of a validation."""
    held = int(found.patterns["holds"].sum())
    title = f"{held} of {len(found.patterns)} patterns hold"
    failing = [str(name) for name in found.patterns.index[~found.patterns["holds"]]]
    words = f"These do not: {', '.join(failing)}." if failing else "None fails."
    parts = [
        HEAD.format(title=escape(title)),
        f"<h1>{escape(title)}</h1><p>{escape(kind_text(found.scenario))}; {seeds_text(found.seeds)}. {words}</p>",
        image(targets_figure(found.targets, "What is known, and what was simulated", footer_of(found)), title),
        _targets(found.targets),
        f"<p>{_LEVELS}</p>",
        _between(found),
        _people(found),
        _colophon(),
    ]
    return "\n".join(part for part in parts if part)


def calibration_page(found: Calibration, pinned: Sequence[float], check: pd.DataFrame) -> str:
    """Return the page of a calibration: which parameters fit, how well, and what is left open."""
    title = f"{counted(len(found.draws), 'parameter set')} that fit"
    rows = [
        [
            factor.key, f"{number(factor.range.low)} to {number(factor.range.high)}", number(float(factor.about.default)),
            number(found.best[factor.key]), f"{max(0.0, share):.0%}",
        ]
        for factor, share in zip(found.plan.free, pinned, strict=True)
        if factor.range is not None
    ]  # fmt: skip
    waves = [
        [str(wave + 1), str(found.plan.points), f"{found.shares[wave + 1]:.2%}", _hit(found, wave)]
        for wave in range(found.plan.waves)
    ]
    parts = [
        HEAD.format(title=escape(title)),
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(kind_text(found.plan.scenario))}. History matching in {counted(found.plan.waves, 'wave')}: a parameter "
        "set is ruled out when what an emulator expects of it lies too far from a target. Draws are spread over what is "
        "left; they are no sample of a probability. Levers and styles were not touched.</p>",
        image(parameters_figure(found, pinned), "Which parameter values fit"),
        table(
            "Parameters that were free", ["Parameter", "Range searched", "Default", "Best draw", "Pinned down"], rows
        ),
        image(
            targets_figure(check, "What the draws give, simulated with new seeds"), "Targets and what the draws give"
        ),
        _targets(check),
        table(
            "Waves",
            ["Wave", "Parameter sets", "Of the box not ruled out", "Simulated within the emulators' 95 %"],
            waves,
        ),
        _colophon(),
    ]
    return "\n".join(parts)


def _hit(found: Calibration, wave: int) -> str:
    return "–" if wave == 0 else f"{found.hits[wave - 1]:.0%}"


def _targets(rows: pd.DataFrame) -> str:
    cells = []
    for row in rows.to_dict("records"):
        simulated, ends = with_interval(row["simulated"], row["simulated_low"], row["simulated_high"])
        verdict = "holds" if row["sure"] else "holds, not for sure" if row["holds"] else "fails"
        cells.append([
            row["says"], row["pattern"] or "held out", f"{number(row['value'])}\n{number(row['low'])} to {number(row['high'])}",
            f"{simulated}\n{ends}", row["unit"], verdict, row["year"], f"{row['source']} [{row['status']}]",
        ])  # fmt: skip
    heads = ["Target", "Pattern", "Known", "Simulated", "Unit", "Verdict", "Years", "Source"]
    return table("Targets, and what was simulated (below it, 95 %)", heads, cells)


def _between(found: Validation) -> str:
    if found.between is None:
        return ""
    words = {
        "raw": "influence and burnout, correlation",
        "adjusted": "influence, with staffing and being valued held constant",
        "enough_staff": "enough staff",
        "valued": "valued by the team",
    }
    rows = [
        [words[str(name)], *with_interval(row["value"], row["low"], row["high"], sign=True)]
        for name, row in found.between.iterrows()
    ]
    return (
        f"<h2>Between organisations</h2><p>{found.n_organisations} organisations that differ by luck only. Real trusts of one "
        "kind: raw −.48 to −.63; adjusted about +.14 (NHS Staff Survey tables, 2021–24, computed).</p>"
        + table("Standardised; 95 % bootstrap over organisations", ["", "Value", "Interval"], rows)
    )


def _people(found: Validation) -> str:
    if found.persistence is None or found.leaving is None:
        return ""
    rows = [
        [row.state, str(row.years), *with_interval(row.correlation, row.low, row.high)]
        for row in found.persistence.itertuples()
    ]
    ratio, ends = with_interval(found.leaving["ratio"], found.leaving["low"], found.leaving["high"])
    return f"<h2>Staff one by one</h2><p>The burnt out leave {ratio} times as often as others ({ends}).</p>" + table(
        "How far those who stay are like before (correlation)", ["State", "Years", "Correlation", "Interval"], rows
    )


def _colophon() -> str:
    return f"<p><small>civicsim {__version__}. {THINKING_AID} These are people in a model.</small></p></body></html>\n"
