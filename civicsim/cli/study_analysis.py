"""The commands of ``civicsim study`` that analyse results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from civicsim.cli import study_commands
from civicsim.cli.output import Output
from civicsim.cli.studying import read
from civicsim.errors import CivicsimError
from civicsim.report.words import INTERVAL, counted, direction, estimated, judged, number, percent, with_interval
from civicsim.study.analysis.matched import Matched, matched
from civicsim.study.store.store import Store

Found = Mapping[Any, Any]
_NOT_ADJUSTED = f"Intervals are {INTERVAL}, and not adjusted for multiple comparisons."


def compare(output: Output, request: study_commands.Compare) -> None:
    """Show how policies differ from those they are compared with, and how bad their worst runs are."""
    from civicsim.study.analysis.contrasts import contrasts, tails

    store = _complete(output, request.folder)
    runs = matched(store, request.measures)
    found, worst = contrasts(runs), tails(runs)
    if not len(found) and not output.json:
        raise CivicsimError(f"{request.folder}: no policy is compared with another; one style and no first setting")

    def lines() -> Iterator[str]:
        yield store.question
        for measure, rows in found.groupby("measure", sort=False):
            yield from ("", _heading(rows))
            yield from (f"  {_contrast(row)}" for row in _records(rows))
            own = worst[worst["measure"] == measure] if len(worst) else worst
            yield from (f"  {_tail(row)}" for row in _records(own))
        yield from ("", _NOT_ADJUSTED)
        if (found["uncertainty"] != "run-to-run").any():
            yield (
                "Run to run: variation between runs, which more seeds reduce. Parameters: parameter uncertainty, the middle "
                f"{INTERVAL} of the draws, which more runs do not reduce. Verdicts take both into account."
            )

    output.show({"contrasts": found, "tails": worst, "warnings": output.warnings}, lines())


def _contrast(row: Found) -> str:
    """Return one contrast as a sentence."""
    mean, ends = with_interval(row["difference"], row["low"], row["high"], sign=True)
    of = counted(row["n_seeds"], "seed") + (f" × {counted(row['n_draws'], 'draw')}" if row["n_draws"] > 1 else "")
    apart = ""
    if row["uncertainty"] == "both":
        kinds = (("run to run", "run"), ("parameters", "parameter"))
        spans = [(words, row[f"{kind}_low"], row[f"{kind}_high"]) for words, kind in kinds]
        ends_of = [f"{words} {with_interval(row['difference'], low, high, True)[1]}" for words, low, high in spans]
        apart = f"; {', '.join(ends_of)}"
    missing = f", {counted(row['n_missing'], 'pair')} without a value" if row["n_missing"] else ""
    return (
        f"{row['words']}{_shock(row)} − {row['against']}: {mean} ({ends}, {row['uncertainty']}{apart}), "
        f"{judged(row['verdict'], row['better'])}; higher in {percent(row['superiority'])} of {counted(row['n'], 'pair')} "
        f"({of}){missing}{_needed(row)}"
    )


def _shock(row: Found) -> str:
    return f" [{row['shock']}]" if row["shock"] else ""


def _needed(row: Found) -> str:
    wanted, needed = row["seeds_needed"], row["n_seeds"]
    if np.isnan(wanted):
        return ""
    if np.isinf(wanted):
        return "; more than a million seeds needed"
    return f"; {needed} of {wanted:.0f} seeds needed" if wanted > needed else f"; {needed} seeds, {wanted:.0f} needed"


def _tail(row: Found) -> str:
    """Return the worst runs of a policy as a sentence."""
    mean, ends = with_interval(row["tail"], row["low"], row["high"])
    return (
        f"worst {percent(0.05)} of {row['words']}{_shock(row)}: {mean} ({ends}; {row['n_tail']} of "
        f"{counted(row['n'], 'run')}, all {number(row['mean'])}); worst run {number(row['worst'])} in point:seed "
        f"{row['worst_run']}"
    )


def regret(output: Output, request: study_commands.Regret) -> None:
    """Show what policies cost in hindsight, what decision rules choose, and where rankings change."""
    from civicsim.study.analysis.regret import crossings
    from civicsim.study.analysis.regret import regret as regret_of

    store = _complete(output, request.folder)
    thresholds = dict(_threshold(text) for text in request.threshold)
    asked = list(dict.fromkeys([*(request.measures or ()), *thresholds])) or None
    runs = matched(store, asked)
    names = _with_direction(runs, asked)
    found = {name: regret_of(runs, name, thresholds.get(name)) for name in names}
    crossed = {name: crossings(runs, name) for name in names}
    keys = ("threshold", "summary", "rules", "agree", "left_out")
    data = {
        name: {"unit": own.about.unit, **{key: getattr(own, key) for key in keys}, "crossings": crossed[name]}
        for name, own in found.items()
    }

    def lines() -> Iterator[str]:
        yield store.question
        for name, own in found.items():
            yield from ("", f"{_title(own.about)}: regret over {_futures(own)}")
            yield from (f"  {_regretted(row)}" for row in _records(own.summary))
            if own.threshold:
                yield f"  good enough: {own.threshold}"
            yield f"  {own.words}"
            yield from (f"  {_crossing(row)}" for row in _records(crossed[name]))
        yield ""
        yield (
            "All futures have the same weight. Regret is relative to the best policy of this study; run-to-run variation makes "
            "it look larger on average than it is."
        )

    output.show(data, lines())


def _threshold(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise CivicsimError(f"--threshold {text}: expected MEASURE=X, such as quality_true=0.6") from None


def _futures(own: Any) -> str:
    n = counted(len(own.values.columns), "future")
    seeds = counted(int(own.summary["n_seeds"].iloc[0]), "seed")
    left = f" ({counted(len(own.left_out), 'future')} without matched runs left out)" if own.left_out else ""
    return f"{n}, each a mean over up to {seeds}{left}"


def _regretted(row: Found) -> str:
    largest, ends = with_interval(row["max_regret"], row["max_regret_low"], row["max_regret_high"])
    met = ""
    if not np.isnan(row["met"]):
        interval = "" if np.isnan(row["met_low"]) else f" ({percent(row['met_low'])} to {percent(row['met_high'])})"
        met = f"; good enough in {percent(row['met'])} of futures{interval}"
    return (
        f"{row['words']}: largest {largest} ({ends}, run-to-run) in {row['in_future']}; mean "
        f"{number(row['mean_regret'])}{met}"
    )


def _crossing(row: Found) -> str:
    """Return a change of ranking as a sentence."""
    before, after = (
        estimated(row[key], row[f"{key}_low"], row[f"{key}_high"], sign=True) for key in ("before", "after")
    )
    return (
        f"{row['words']} − {row['against']} changes sign along {row['factor']}, near {row['at']:.4g}: {before} at "
        f"{row['below']:.4g}, {after} at {row['above']:.4g}: {row['verdict']}"
    )


def multiverse(output: Output, request: study_commands.Multiverse) -> None:
    """Show whether styles rank alike in worlds whose rules have other forms."""
    from civicsim.study.analysis.multiverse import multiverse as multiverse_of

    store = _complete(output, request.folder)
    names = _with_direction(matched(store, request.measures), request.measures)
    found = {name: multiverse_of(store, name) for name in names}
    keys = ("worlds", "differences", "pairs", "chance")
    data = {
        name: {"unit": own.about.unit, "better": own.about.better, **{key: getattr(own, key) for key in keys}}
        for name, own in found.items()
    }

    def lines() -> Iterator[str]:
        yield store.question
        for own in found.values():
            n, worlds = own.values.shape
            seeds = counted(int(own.worlds["n_seeds"].iloc[0]), "matched seed")
            yield from ("", f"{_title(own.about)}: {n} styles in {worlds} worlds, {seeds}")
            yield from (f"  {line}" for line in (*_worlds(own.worlds, own.differences), *_swaps(own.pairs)))
            yield f"  {own.words}"
        yield ""
        yield (
            f"Tau is Kendall's rank correlation with the first world; its interval is {INTERVAL} of resamples of the seeds. "
            f"Pairs swap if the intervals of their differences exclude 0 on different sides. {_NOT_ADJUSTED}"
        )

    output.show(data, lines())


def _worlds(worlds: pd.DataFrame, differences: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence per world: its ranking of styles, agreement with the first world, and differences."""
    first, first_setting = worlds["order"].iloc[0], worlds["setting"].iloc[0]
    for row in _records(worlds):
        at_first = row["setting"] == first_setting
        order = row["order"] if at_first or row["order"] != first else "the same order"
        own = differences[differences["setting"] == row["setting"]]
        parts = ", ".join(
            f"{style} {estimated(difference, low, high, sign=True)}"
            for style, difference, low, high in own[["style", "difference", "low", "high"]].itertuples(index=False)
        )
        agreement = "" if at_first else f"tau {estimated(row['tau'], row['low'], row['high'])}; "
        yield f"{row['world']}: {agreement}{order}; against {own['against'].iloc[0]}: {parts}"


def _swaps(pairs: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence per pair of styles that swaps."""
    for row in _records(pairs[pairs["verdict"] == "swaps"]):
        here, there = (
            estimated(row[key], row[f"{key}_low"], row[f"{key}_high"], sign=True) for key in ("first", "other")
        )
        yield f"swapped with {row['world']}: {row['better']} − {row['worse']} is {there} there, and {here} in the first world"


def sensitivity(output: Output, request: study_commands.Sensitivity) -> None:
    """Show which factors measures depend on, and how much variance lies between parameters and between seeds."""
    from civicsim.study.analysis.sensitivity import NO_VARIANCE, parameters_against_seeds
    from civicsim.study.analysis.sensitivity import sensitivity as sensitivity_of

    store = read(output, request.folder)
    found = sensitivity_of(store, request.measures, difference=request.difference)
    # Differences exclude what seeds have in common, so that there is nothing to split.
    shares = pd.DataFrame() if request.difference else parameters_against_seeds(store, request.measures)
    what = " (difference from what it is compared with)" if request.difference else ""

    def lines() -> Iterator[str]:
        yield store.question
        for (_, words, shock), rows in found.groupby(["measure", "words", "shock"], sort=False):
            first = rows.iloc[0]
            size = f"{first['n']} rows × {counted(first['n_seeds'], 'seed')} ({first['index_unit']})"
            at = f" [{shock}]" if shock else ""
            yield from ("", f"{first['label']}{what} in {words}{at}: {first['method']}, {size}")
            if (rows["index"] == NO_VARIANCE).all():
                yield "  the same at every row of the design: it depends on none of these factors"
                continue
            for row in _records(rows):
                yield f"  {row['factor']}, {row['index']}: {estimated(row['value'], row['low'], row['high'])}"
        if len(shares):
            yield from ("", "Variance between runs: share of parameters, of seeds, and of their interaction")
            for (_, style), rows in shares.groupby(["measure", "style"], sort=False):
                parts = [f"{row.source} {estimated(row.share, row.low, row.high)}" for row in rows.itertuples()]
                yield f"  {rows['label'].iloc[0]} in {style}: {', '.join(parts)}"
        yield from (
            "",
            f"Intervals are {INTERVAL}, over the sample of parameters; indices hold for the seeds of the study.",
        )

    output.show({"indices": found, "variance": shares}, lines())


def discover(output: Output, request: study_commands.Discover) -> None:
    """Show in which settings and futures a style loses to another."""
    from civicsim.study.analysis.discovery import discover as discover_in

    store = _complete(output, request.folder)
    runs = matched(store, request.measures)
    names = _with_direction(runs, request.measures)
    found = {name: discover_in(runs, name, request.style, request.against, depth=request.depth) for name in names}
    data = {
        name: {"style": own.style, "against": own.against, "n": own.n, "lost": own.n_lost, "close": own.n_close}
        | {key: getattr(own, key) for key in ("boxes", "coverage_elsewhere", "density_elsewhere")}
        for name, own in found.items()
    }
    lines = [store.question]
    for own in found.values():
        lines += ["", own.words, *(f"  {box_text(row, 'cases')}" for row in _records(own.boxes))]
    rough = "Boxes come from a small tree fitted to these cases; their limits are rough. They show where, not why."
    output.show(data, [*lines, "", rough])


def box_text(row: Found, cases: str) -> str:
    """Return a box of cases that are lost as a sentence."""
    density = f"{percent(row['density_low'])} to {percent(row['density_high'])}; {row['lost']} of {row['n']} {cases}"
    return (
        f"{row['box']}: contains {percent(row['coverage'])} of the losses (coverage); {percent(row['density'])} of it is lost "
        f"(density, {density})"
    )


def _with_direction(runs: Matched, asked: Sequence[str] | None) -> list[str]:
    """Return the measures asked for; where none is named, those of which one way is better."""
    if asked is not None and list(asked) != ["all"]:
        return list(runs.columns)
    return [name for name, about in runs.columns.items() if about.better != "neither"]


def _complete(output: Output, folder: str) -> Store:
    """Return results, with warnings about runs that are missing or failed."""
    store = read(output, folder)
    if not store.complete:
        output.warn(f"{counted(store.status()['missing'], 'run')} missing so far: results may change")
    warn_of_failures(output, store)
    return store


def warn_of_failures(output: Output, store: Store) -> None:
    """Warn of runs that failed."""
    if store.n_failed:
        output.warn(f"{counted(store.n_failed, 'run')} failed and left out")


def _heading(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    matters = "" if np.isnan(first["matters"]) else f"; {first['matters']:g} matters"
    return f"{first['label']} ({first['unit']}{direction(first['better'])}{matters})"


def _title(about: Any) -> str:
    return f"{about.label} ({about.unit}{direction(about.better)})"


def _records(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    return frame.to_dict("records")
