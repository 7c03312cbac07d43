"""What a notebook shows of a result or a comparison: a sentence, a small chart, what was changed, and a table."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from typing import Any

from matplotlib.figure import Figure

from civicsim import __version__
from civicsim.experiment.compare import Comparison
from civicsim.experiment.run import Result
from civicsim.experiment.statistics import estimate
from civicsim.model.measures import FLAGSHIP, MEASURES
from civicsim.report.look import png_bytes
from civicsim.report.panels import declared, path_panels
from civicsim.report.words import (
    INTERVAL,
    THINKING_AID,
    before_text,
    change_text,
    counted,
    kind_text,
    names_of,
    preset_differences,
    seeds_text,
    time_text,
    with_interval,
)

CHARTED = ("voice_share", "burnt_out_share", "quality_true")
"""The measures in the small chart."""
_MOST_CHANGES, _DPI = 12, 120
_CELL = "padding:0.2em 0.8em 0.2em 0;vertical-align:top;border-bottom:1px solid rgba(128,128,128,0.3);"


def result_html(result: Result) -> str:
    """Return a result as a piece of a page, with nothing to fetch from elsewhere.

    Parameters
    ----------
    result : Result
        What came of running a scenario.

    Returns
    -------
    str
        HTML; everything a user may have written is escaped.
    """
    scenario = result.scenario
    name = scenario.title or scenario.style
    runs = f"{counted(len(result.seeds), 'run')} of {time_text(scenario.weeks)} ({seeds_text(result.seeds)})"
    weeks = counted(min(52, scenario.weeks), "week")
    summary = result.summary(FLAGSHIP)
    rows = []
    for measure in FLAGSHIP:
        about, own = MEASURES[measure], estimate(summary[measure].to_numpy(), bounds=MEASURES[measure].bounds)
        rows.append([about.label, about.unit, *with_interval(own.mean, own.low, own.high), str(own.n)])
    return _page(
        f"<strong>{escape(name)}</strong>, {escape(kind_text(scenario))}: {runs}{before_text(scenario)}.",
        _image(path_panels({name: result}, declared(CHARTED)), f"Time paths of {_listed()} for {name}."),
        _changes([(name, result)]),
        _table(
            f"Means over runs of the last {weeks}, with {INTERVAL} t intervals.",
            ["Measure", "Unit", "Mean", f"{INTERVAL} interval", "Runs (n)"],
            rows,
        ),
        f"civicsim {__version__}, scenario {scenario.digest}. {THINKING_AID}",
    )


def comparison_html(comparison: Comparison) -> str:
    """Return a comparison as a piece of a page, with nothing to fetch from elsewhere.

    Parameters
    ----------
    comparison : Comparison
        Matched runs.

    Returns
    -------
    str
        HTML; everything a user may have written is escaped.
    """
    results, names = comparison.results, names_of(comparison.results)
    base = results[comparison.baseline].scenario
    against = names[comparison.baseline]
    weeks = counted(min(52, base.weeks), "week")
    table = comparison.table(FLAGSHIP)
    rows = []
    for _, part in table.groupby("measure", sort=False):
        about, counts = part.iloc[0], sorted(set(part["n"]))
        n = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        rows.append([f"{about['label']}\n{about['unit']}", *(_cell(row) for _, row in part.iterrows()), n])
    return _page(
        f"<strong>{counted(len(results), 'scenario')}</strong>, {escape(kind_text(base))}: "
        f"{counted(len(comparison.seeds), 'matched run')} of {time_text(base.weeks)} each "
        f"({seeds_text(comparison.seeds)}); differences are from {escape(against)}.",
        _image(
            path_panels(results, declared(CHARTED), comparison.baseline),
            f"Time paths of {_listed()} for {', '.join(names.values())}.",
        ),
        _changes([(names[label], result) for label, result in results.items()]),
        _table(
            f"Means over runs of the last {weeks}; under each, the paired difference from {against}; both with "
            f"{INTERVAL} t intervals, not widened for the number of comparisons.",
            ["Measure", *names.values(), "Runs (n)"],
            rows,
        ),
        f"civicsim {__version__}. {THINKING_AID}",
    )


def _cell(row: Any) -> str:
    mean, ends = with_interval(row["mean"], row["mean_low"], row["mean_high"])
    if row["verdict"] == "baseline":
        return f"{mean} ({ends})"
    difference, around = with_interval(row["difference"], row["difference_low"], row["difference_high"], sign=True)
    return f"{mean} ({ends})\n{difference} ({around}), {row['verdict']}"


def _changes(scenarios: Sequence[tuple[str, Result]]) -> str:
    """Return what differs from the presets, as a list with a line per scenario that differs."""
    items = []
    for name, result in scenarios:
        changes = preset_differences(result.scenario)
        if changes is None:
            items.append(f"{name}: its preset cannot be read, so that changes are unknown")
        elif changes:
            words = [change_text(key, *values) for key, values in changes.items()]
            more = [f"and {len(words) - _MOST_CHANGES} more"] if len(words) > _MOST_CHANGES else []
            items.append(f"{name}: {', '.join(words[:_MOST_CHANGES] + more)}")
    if not items:
        return "<p>Nothing differs from the preset.</p>"
    return f"<p>What differs from the preset:</p><ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"


def _listed() -> str:
    return ", ".join(MEASURES[name].label.lower() for name in CHARTED)


def _image(figure: Figure, words: str) -> str:
    data = base64.b64encode(png_bytes(figure, _DPI)).decode("ascii")
    style = "width:100%;max-width:60em;height:auto;background:white"
    return f'<img src="data:image/png;base64,{data}" alt="{escape(words)}" style="{style}">'


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table whose first column names its rows; line breaks in cells are kept."""

    def cell(tag: str, words: str, scope: str = "") -> str:
        inside = escape(words).replace("\n", "<br>")
        return f'<{tag}{scope} style="{_CELL}text-align:left">{inside}</{tag}>'

    head = "".join(cell("th", words, ' scope="col"') for words in heads)
    body = "".join(
        f"<tr>{cell('th', first, ' scope="row"')}{''.join(cell('td', words) for words in rest)}</tr>"
        for first, *rest in rows
    )
    top = f'<caption style="text-align:left;caption-side:top">{escape(caption)}</caption>'
    table = f"<table>{top}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div style="overflow-x:auto">{table}</div>'


def _page(sentence: str, image: str, changes: str, table: str, colophon: str) -> str:
    return f"<div><p>{sentence}</p>{image}{changes}{table}<p><small>{escape(colophon)}</small></p></div>"
