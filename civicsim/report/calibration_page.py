"""One-file pages about the fit of the status quo: validation and calibration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from civicsim import __version__
from civicsim.report.calibration_figures import parameters_figure, targets_figure
from civicsim.report.parts import Part, Table, image, page
from civicsim.report.words import THINKING_AID, counted, kind_text, number, percent, seeds_text, with_interval

if TYPE_CHECKING:
    from civicsim.calibration.validation import Validation
    from civicsim.calibration.waves import Calibration

_LEVELS = (
    "The thresholds of the survey's questions were set so that the status quo reads about the percentages of the survey: "
    "levels of P2 and P3 are inputs. Not inputs are their changes over time, their differences between people, teams and "
    "organisations, and their correlations."
)
_PARAMETERS = ["Parameter", "Range searched", "Default", "Best draw", "Pinned down"]
_WAVES = ["Wave", "Parameter sets", "Share of the box not ruled out", "Simulated within the emulators' 95 %"]
_TARGETS = ["Target", "Pattern", "Published", "Simulated", "Unit", "Verdict", "Years", "Source"]
_TRUSTS = "Real trusts of one kind: raw −.48 to −.63; adjusted about +.14 (NHS Staff Survey tables, 2021–24, computed)."
_METHOD = (
    "a parameter set is ruled out when an emulator's prediction lies too far from a target. Draws are spread over the sets "
    "that are left; they are no sample of a probability distribution. Levers and styles were not varied."
)


def footer_of(found: Validation) -> str:
    """Return the basis of a figure of targets: organisation, seeds and colours."""
    return (
        f"{kind_text(found.scenario)}; {seeds_text(found.seeds)}, none used in calibration. Grey: agrees with published data. "
        f"civicsim {__version__}. {THINKING_AID}"
    )


def validation_page(found: Validation) -> str:
    """Return the page of a validation."""
    n_holding = int(found.patterns["holds"].sum())
    title = f"{n_holding} of {len(found.patterns)} patterns hold"
    failing = [str(name) for name in found.patterns.index[~found.patterns["holds"]]]
    words = f"These do not: {', '.join(failing)}." if failing else "None fails."
    figure = targets_figure(found.targets, "Published data and simulated values", footer_of(found))
    parts = [
        Part(texts=[f"{kind_text(found.scenario)}; {seeds_text(found.seeds)}. {words}"]),
        Part(picture=image(figure, title), table=_targets(found.targets)),
        Part(texts=[_LEVELS]),
        *_between(found),
        *_people(found),
    ]
    return page(title, parts)


def calibration_page(found: Calibration, pinned: Sequence[float], check: pd.DataFrame) -> str:
    """Return the page of a calibration: the parameters that fit, how well, and what stays open."""
    rows = []
    for factor, share in zip(found.plan.free, pinned, strict=True):
        if factor.range is not None:
            values = (float(factor.about.default), found.best[factor.key])
            span = f"{number(factor.range.low)} to {number(factor.range.high)}"
            rows.append([factor.key, span, *map(number, values), percent(max(0.0, share))])
    waves = [
        [str(wave + 1), str(found.plan.points), percent(found.shares[wave + 1], 2), _hit(found, wave)]
        for wave in range(found.plan.waves)
    ]
    about = f"{kind_text(found.plan.scenario)}. History matching in {counted(found.plan.waves, 'wave')}: {_METHOD}"
    simulated = targets_figure(check, "Targets, and values of the draws simulated with new seeds")
    parts = [
        Part(texts=[about]),
        Part(
            picture=image(parameters_figure(found, pinned), "Parameter values that fit"),
            table=Table("Free parameters", _PARAMETERS, rows),
        ),
        Part(picture=image(simulated, "Targets and values of the draws"), table=_targets(check)),
        Part(table=Table("Waves", _WAVES, waves)),
    ]
    return page(f"{counted(len(found.draws), 'parameter set')} that fit", parts)


def _hit(found: Calibration, wave: int) -> str:
    return "–" if wave == 0 else percent(found.hits[wave - 1])


def _targets(rows: pd.DataFrame) -> Table:
    cells = []
    for row in rows.to_dict("records"):
        simulated, ends = with_interval(row["simulated"], row["simulated_low"], row["simulated_high"])
        published = f"{number(row['value'])}\n{number(row['low'])} to {number(row['high'])}"
        verdict = "holds" if row["sure"] else "holds, not for sure" if row["holds"] else "fails"
        about = [row["unit"], verdict, row["year"], f"{row['source']} [{row['status']}]"]
        cells.append([row["finding"], row["pattern"] or "held out", published, f"{simulated}\n{ends}", *about])
    return Table("Targets and simulated values (below them, 95 % intervals)", _TARGETS, cells)


def _between(found: Validation) -> Iterator[Part]:
    if found.between is None:
        return
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
    table = Table("Standardised; 95 % bootstrap over organisations", ["", "Value", "Interval"], rows)
    text = f"{found.n_organisations} organisations that differ by chance only. {_TRUSTS}"
    yield Part("Between organisations", [text], table=table)


def _people(found: Validation) -> Iterator[Part]:
    if found.persistence is None or found.leaving is None:
        return
    rows = [
        [row.state, str(row.years), *with_interval(row.correlation, row.low, row.high)]
        for row in found.persistence.itertuples()
    ]
    ratio, ends = with_interval(found.leaving["ratio"], found.leaving["low"], found.leaving["high"])
    caption = "Correlation of states with those of earlier years, of staff who stay"
    yield Part(
        "Individual staff",
        [f"Staff who are burnt out leave {ratio} times as often as others ({ends})."],
        table=Table(caption, ["State", "Years", "Correlation", "Interval"], rows),
    )
