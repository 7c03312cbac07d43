"""The fit of the status quo, validated and calibrated: parts that the command line prints, and pages of one file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from civicsim import __version__
from civicsim.experiment.wording import counted, estimated, number, percent
from civicsim.report.parts import Columns, Part, Row, Table, image, interval_of, page, table_of
from civicsim.report.words import INTERVAL, THINKING_AID, kind_text, seeds_text

if TYPE_CHECKING:
    from civicsim.calibration.validation import Validation
    from civicsim.calibration.waves import Calibration

_LEVELS = (
    "The thresholds of the survey's questions were set so that the status quo gives roughly the percentages of the survey: "
    "the levels of P2 and P3 are inputs. Their changes over time, their differences between people, teams and organisations, "
    "and their correlations are not."
)
_TRUSTS = "Real trusts of one kind: raw −.48 to −.63; adjusted about +.14 (NHS Staff Survey tables, 2021–24, computed)."
_MECHANISMS = (
    "Published findings on what affects what, and how strongly, beside simulated experiments that measure the same. They "
    "were fitted together with the targets above; findings that restate others are checked only."
)
_METHOD = (
    "a parameter set is ruled out when an emulator's prediction lies too far from a target. Draws are spread over the sets "
    "that are left; they are not a sample from a probability distribution. Levers and styles were not varied."
)


def footer_of(found: Validation) -> str:
    """Return the basis of a figure of targets: organisation, seeds and colours."""
    return (
        f"{kind_text(found.scenario)}; {seeds_text(found.seeds)}, none used in calibration. Grey: agrees with published data. "
        f"civicsim {__version__}. {THINKING_AID}"
    )


def title_of(found: Validation) -> str:
    """Return how many patterns a validation reproduces, and which not."""
    held, n = int(found.patterns["holds"].sum()), len(found.patterns)
    failing = [str(name) for name in found.patterns.index[~found.patterns["holds"]]]
    rest = f"; not {', '.join(failing)}" if failing else ""
    return (
        f"{kind_text(found.scenario)}: {held} of {n} patterns reproduced over {counted(len(found.seeds), 'run')}{rest}"
    )


def validation_page(found: Validation) -> str:
    """Return the page of a validation."""
    from civicsim.report.calibration_figures import targets_figure

    title = title_of(found)
    figure = targets_figure(found.targets, "Published data and simulated values", footer_of(found))
    head = Part(texts=[f"{kind_text(found.scenario)}; {seeds_text(found.seeds)}."], picture=image(figure, title))
    return page(title, [head, Part(table=targets(found.targets)), *results(found)])


def results(found: Validation) -> Iterator[Part]:
    """Yield what a validation found without a target: between organisations, and of individual staff."""
    yield Part(texts=[_LEVELS])
    if found.between is not None:
        text = f"Across {counted(found.n_organisations, 'organisation')} that differ by chance only. {_TRUSTS}"
        caption = f"Standardised; {INTERVAL} bootstrap over organisations"
        yield Part("Between organisations", [text], table=table_of(caption, _BETWEEN, found.between.reset_index()))
    if found.persistence is not None and found.leaving is not None:
        ratio = estimated(found.leaving["ratio"], found.leaving["low"], found.leaving["high"])
        caption = "Correlation of states with those of earlier years, of staff who stay"
        text = f"Staff who are burnt out leave {ratio} times as often as others."
        yield Part("Individual staff", [text], table=table_of(caption, _PERSISTENCE, found.persistence))
    if found.mechanisms is not None:
        yield _studied(found.mechanisms)


def _studied(rows: pd.DataFrame) -> Part:
    """Return the findings about mechanisms beside simulated experiments, and how many agree."""
    text = (
        f"{_MECHANISMS} {int(rows['holds'].sum())} of {len(rows)} agree. What the model shows about a difference between styles "
        "is no more reliable than the mechanisms behind it."
    )
    return Part("Mechanisms", [text], table=targets(rows, sources=False))


def calibration_page(found: Calibration, pinned: Sequence[float], check: pd.DataFrame) -> str:
    """Return the page of a calibration: the parameters that fit, how well, and what stays open."""
    from civicsim.report.calibration_figures import parameters_figure, targets_figure

    free = [
        {"about": factor, "range": factor.range, "best": found.best[factor.key], "share": share}
        for factor, share in zip(found.plan.free, pinned, strict=True)
    ]
    hits = ["–", *map(percent, found.hits)]
    waves = [
        [str(wave + 1), str(found.plan.points), percent(found.shares[wave + 1], 2), hits[wave]]
        for wave in range(found.plan.waves)
    ]
    heads = ["Wave", "Parameter sets", "Share of the box not ruled out", "Simulated within the emulators' 95 %"]
    about = f"{kind_text(found.plan.scenario)}. History matching in {counted(found.plan.waves, 'wave')}: {_METHOD}"
    simulated = targets_figure(check, "Targets, and values of the draws simulated with new seeds")
    parts = [
        Part(texts=[about]),
        Part(
            picture=image(parameters_figure(found, pinned), "Parameter values that fit"),
            table=table_of("Free parameters", _FREE, free),
        ),
        Part(picture=image(simulated, "Targets and values of the draws"), table=targets(check)),
        Part(table=Table("Waves", heads, waves)),
    ]
    return page(f"{counted(len(found.draws), 'parameter set')} that fit", parts)


def targets(rows: pd.DataFrame, sources: bool = True) -> Table | None:
    """Return targets beside simulated values, with the years and sources of the published ones if wanted."""
    columns = {**_TARGETS, **(_SOURCES if sources else {})}
    return table_of(f"Targets and simulated values (below them, {INTERVAL} intervals)", columns, rows)


def _verdict(row: Row) -> str:
    return "met" if row["sure"] else "met, but uncertain" if row["holds"] else "NOT MET"


_TARGETS: Columns = {
    "Target": lambda row: f"{row['finding']}\n{row['unit']}",
    "Pattern": lambda row: row["pattern"] or "held out",
    "Published": lambda row: (
        f"{number(row['value'])}\n{number(row['low'])} to {number(row['high'])}"
        + (f"\n{row['status']}" if row["status"] == "to be verified" else "")
    ),
    "Simulated": interval_of("simulated", "simulated_low", "simulated_high"),
    "Verdict": _verdict,
}
_SOURCES: Columns = {"Years": lambda row: row["year"], "Source": lambda row: f"{row['source']} [{row['status']}]"}
_LINKS = {
    "raw": "influence and burnout, correlation",
    "adjusted": "influence, with staffing and being valued held constant",
    "enough_staff": "enough staff",
    "valued": "valued by the team",
}
_BETWEEN: Columns = {
    "": lambda row: _LINKS[row["index"]],
    "Value": lambda row: estimated(row["value"], row["low"], row["high"], sign=True),
}
_PERSISTENCE: Columns = {
    "State": lambda row: row["state"],
    "Years": lambda row: str(row["years"]),
    "Correlation": lambda row: estimated(row["correlation"], row["low"], row["high"]),
}
_FREE: Columns = {
    "Parameter": lambda row: row["about"].key,
    "Range searched": lambda row: f"{number(row['range'].low)} to {number(row['range'].high)}",
    "Default": lambda row: number(float(row["about"].about.default)),
    "Best draw": lambda row: number(row["best"]),
    "Pinned down": lambda row: percent(max(0.0, row["share"])),
}
