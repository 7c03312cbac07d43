"""What ``civicsim study compare``, ``regret``, ``multiverse``, ``sensitivity`` and ``discover`` do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from civicsim.cli.output import Output
from civicsim.cli.studying import read
from civicsim.cli.tables import judged
from civicsim.errors import CivicsimError
from civicsim.report.words import INTERVAL, counted, number, with_interval
from civicsim.study.analysis.matched import Matched, matched
from civicsim.study.store.store import Store

_NOT_WIDENED = f"Intervals are {INTERVAL}, and not widened for the number of comparisons."


def compare(output: Output, folder: str, measures: Sequence[str] | None) -> None:
    """Say how policies differ from what they are compared with, and how bad their worst runs are."""
    from civicsim.study.analysis.contrasts import contrasts, tails

    store = read(output, folder)
    _warn_of_missing(output, store)
    runs = matched(store, measures)
    found, worst = contrasts(runs), tails(runs)
    if output.json:
        output.data({"contrasts": _records(found), "tails": _records(worst), "warnings": output.warnings})
        return
    if not len(found):
        raise CivicsimError(
            f"{folder}: no policy is compared with another: the study has one style and no first setting"
        )
    output.say(store.question)
    for _, rows in found.groupby("measure", sort=False):
        output.say("", _heading(rows))
        output.say(*(f"  {line}" for line in contrast_lines(rows)))
        own = worst[worst["measure"] == rows["measure"].iloc[0]] if len(worst) else worst
        if len(own):
            output.say(*(f"  {line}" for line in tail_lines(own)))
    output.say("", _NOT_WIDENED)
    if (found["uncertainty"] != "run-to-run").any():
        output.say(
            f"Run to run is luck, which more seeds make smaller. Parameters is what nobody knows: the middle {INTERVAL} of "
            "draws, which more runs make no narrower. Verdicts are by both together."
        )


def contrast_lines(rows: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence per contrast of one measure."""
    for row in rows.to_dict("records"):
        mean, ends = with_interval(row["difference"], row["low"], row["high"], sign=True)
        of = counted(row["n_seeds"], "seed") + (f" × {counted(row['n_draws'], 'draw')}" if row["n_draws"] > 1 else "")
        apart = ""
        if row["uncertainty"] == "both":
            luck = with_interval(row["difference"], row["run_low"], row["run_high"], sign=True)[1]
            span = with_interval(row["difference"], row["parameter_low"], row["parameter_high"], sign=True)[1]
            apart = f"; run to run {luck}, parameters {span}"
        shock = f" [{row['shock']}]" if row["shock"] else ""
        higher = "–" if np.isnan(row["superiority"]) else f"{row['superiority']:.0%}"
        missing = f", {counted(row['n_missing'], 'pair')} without a value" if row["n_missing"] else ""
        yield (
            f"{row['words']}{shock} − {row['against']}: {mean} ({ends}, {row['uncertainty']}{apart}), "
            f"{judged(row['verdict'], row['better'])}; higher in {higher} of {counted(row['n'], 'pair')} ({of}){missing}"
            f"{_needed(row)}"
        )


def _needed(row: dict[Any, Any]) -> str:
    wanted, needed = row["seeds_needed"], row["n_seeds"]
    if np.isnan(wanted):
        return ""
    if np.isinf(wanted):
        return "; more than a million seeds needed"
    return f"; {needed} of {wanted:.0f} seeds needed" if wanted > needed else f"; {needed} seeds, {wanted:.0f} needed"


def tail_lines(rows: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence per policy about its worst runs."""
    for row in rows.to_dict("records"):
        mean, ends = with_interval(row["tail"], row["low"], row["high"])
        shock = f" [{row['shock']}]" if row["shock"] else ""
        yield (
            f"worst 5 % of {row['words']}{shock}: {mean} ({ends}; {row['n_tail']} of {counted(row['n'], 'run')}, "
            f"all {number(row['mean'])}); very worst {number(row['worst'])} in point:seed {row['worst_run']}"
        )


def regret(output: Output, folder: str, measures: Sequence[str] | None, thresholds: dict[str, float]) -> None:
    """Say what policies cost in hindsight, what rules of choosing choose, and where rankings cross."""
    from civicsim.study.analysis.regret import crossings
    from civicsim.study.analysis.regret import regret as regret_of

    store = read(output, folder)
    _warn_of_missing(output, store)
    asked = list(dict.fromkeys([*(measures or ()), *thresholds])) or None
    runs = matched(store, asked)
    names = _with_direction(runs, asked)
    found = {name: regret_of(runs, name, thresholds.get(name)) for name in names}
    crossed = {name: crossings(runs, name) for name in names}
    if output.json:
        output.data({
            name: {
                "unit": own.about.unit, "threshold": own.threshold, "summary": _records(own.summary),
                "rules": _records(own.rules), "agree": own.agree, "left_out": own.left_out,
                "crossings": _records(crossed[name]),
            }
            for name, own in found.items()
        })  # fmt: skip
        return
    output.say(store.question)
    for name, own in found.items():
        output.say(
            "", f"{own.about.label} ({own.about.unit}; {own.about.better} is better): regret over {_futures(own)}"
        )
        for row in own.summary.to_dict("records"):
            largest, ends = with_interval(row["max_regret"], row["max_regret_low"], row["max_regret_high"])
            met = (
                ""
                if np.isnan(row["met"])
                else f"; good enough in {row['met']:.0%} of futures"
                + ("" if np.isnan(row["met_low"]) else f" ({row['met_low']:.0%} to {row['met_high']:.0%})")
            )
            output.say(
                f"  {row['words']}: largest {largest} ({ends}, run-to-run) in {row['in_future']}; "
                f"mean {number(row['mean_regret'])}{met}"
            )
        if own.threshold:
            output.say(f"  good enough: {own.threshold}")
        output.say(f"  {own.words}")
        if len(crossed[name]):
            output.say(*(f"  {line}" for line in crossing_lines(crossed[name])))
    output.say(
        "",
        "Futures count alike. Regret is from the best policy here; on average, luck makes it look larger than it is.",
    )


def _futures(own: Any) -> str:
    n = counted(len(own.values.columns), "future")
    seeds = counted(int(own.summary["n_seeds"].iloc[0]), "seed")
    left = f" ({counted(len(own.left_out), 'future')} without matched runs left out)" if own.left_out else ""
    return f"{n}, each a mean over up to {seeds}{left}"


def crossing_lines(rows: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence per place where a ranking changes."""
    for row in rows.to_dict("records"):
        before = " ".join(f"({e})" if i else e for i, e in enumerate(_ends(row, "before")))
        after = " ".join(f"({e})" if i else e for i, e in enumerate(_ends(row, "after")))
        yield (
            f"{row['words']} − {row['against']} changes sign along {row['factor']}, near {row['at']:.4g}: {before} at "
            f"{row['below']:.4g}, {after} at {row['above']:.4g}: {row['verdict']}"
        )


def _ends(row: dict[Any, Any], key: str) -> tuple[str, str]:
    return with_interval(row[key], row[f"{key}_low"], row[f"{key}_high"], sign=True)


def multiverse(output: Output, folder: str, measures: Sequence[str] | None) -> None:
    """Say whether the order of styles is the same in worlds whose rules have other forms."""
    from civicsim.study.analysis.multiverse import multiverse as multiverse_of

    store = read(output, folder)
    _warn_of_missing(output, store)
    found = {name: multiverse_of(store, name) for name in _with_direction(matched(store, measures), measures)}
    if output.json:
        output.data({
            name: {
                "unit": own.about.unit, "better": own.about.better, "worlds": _records(own.worlds),
                "differences": _records(own.differences), "pairs": _records(own.pairs), "luck": own.luck,
            }
            for name, own in found.items()
        })  # fmt: skip
        return
    output.say(store.question)
    for own in found.values():
        n, worlds = own.values.shape
        seeds = counted(int(own.worlds["n_seeds"].iloc[0]), "matched seed")
        output.say(
            "",
            f"{own.about.label} ({own.about.unit}; {_way(own.about.better)}): {n} styles in {worlds} worlds, {seeds}",
        )
        output.say(*(f"  {line}" for line in world_lines(own.worlds, own.differences)))
        output.say(*(f"  {line}" for line in swap_lines(own.pairs)))
        output.say(f"  {own.words}")
    output.say(
        "",
        f"Tau is Kendall's, to the order of the first world; its interval is {INTERVAL} of samples of the seeds. Beyond doubt are "
        f"differences whose intervals leave out 0 on different sides. {_NOT_WIDENED}",
    )


def world_lines(worlds: pd.DataFrame, differences: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence per world: its order of styles, how far that is the first world's, and differences."""
    first = worlds["order"].iloc[0]
    for row in worlds.to_dict("records"):
        tau, ends = with_interval(row["tau"], row["low"], row["high"])
        at_first = row["setting"] == worlds["setting"].iloc[0]
        order = row["order"] if at_first or row["order"] != first else "the same order"
        own = differences[differences["setting"] == row["setting"]]
        against = own["against"].iloc[0]
        parts = [
            f"{style} {' ('.join(with_interval(difference, low, high, sign=True))})"
            for style, difference, low, high in own[["style", "difference", "low", "high"]].itertuples(index=False)
        ]
        agreement = "" if at_first else f"tau {tau} ({ends}); "
        yield f"{row['world']}: {agreement}{order}; against {against}: {', '.join(parts)}"


def swap_lines(pairs: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence per pair of styles that swaps beyond doubt."""
    for row in pairs[pairs["verdict"] == "swaps"].to_dict("records"):
        here = " (".join(with_interval(row["first"], row["first_low"], row["first_high"], sign=True))
        there = " (".join(with_interval(row["other"], row["other_low"], row["other_high"], sign=True))
        yield f"swapped with {row['world']}: {row['better']} − {row['worse']} is {there}) there, and {here}) in the first world"


def sensitivity(output: Output, folder: str, measures: Sequence[str] | None, difference: bool) -> None:
    """Say which factors measures depend on, and how much lies between parameters and between seeds."""
    from civicsim.study.analysis.sensitivity import NO_VARIANCE, parameters_against_seeds
    from civicsim.study.analysis.sensitivity import sensitivity as sensitivity_of

    store = read(output, folder)
    found = sensitivity_of(store, measures, difference=difference)
    # Differences are free of what seeds have in common, so that there is nothing to split.
    shares = pd.DataFrame() if difference else parameters_against_seeds(store, measures)
    if output.json:
        output.data({"indices": _records(found), "variance": _records(shares)})
        return
    output.say(store.question)
    what = " (difference from what it is compared with)" if difference else ""
    for (_, words, shock), rows in found.groupby(["measure", "words", "shock"], sort=False):
        first = rows.iloc[0]
        at = f" [{shock}]" if shock else ""
        output.say(
            "", f"{first['label']}{what} in {words}{at}: {first['method']}, {first['n']} rows × "
            f"{counted(first['n_seeds'], 'seed')} ({first['index_unit']})",
        )  # fmt: skip
        if (rows["index"] == NO_VARIANCE).all():
            output.say("  the same at every row of the design: it depends on none of these factors")
            continue
        for row in rows.to_dict("records"):
            value, ends = with_interval(row["value"], row["low"], row["high"])
            output.say(f"  {row['factor']}, {row['index']}: {value} ({ends})")
    if len(shares):
        output.say(
            "", "Variance between runs: share between parameters, between seeds, and in what parameters do by seed"
        )
    for (_, style), rows in shares.groupby(["measure", "style"], sort=False) if len(shares) else ():
        parts = [f"{row.source} {' ('.join(with_interval(row.share, row.low, row.high))})" for row in rows.itertuples()]
        output.say(f"  {rows['label'].iloc[0]} in {style}: {', '.join(parts)}")
    output.say("", f"Intervals are {INTERVAL}, over the sample of parameters; indices hold for the seeds there are.")


def discover(
    output: Output, folder: str, measures: Sequence[str] | None, style: str | None, against: str | None, depth: int
) -> None:
    """Say where a style loses to another."""
    from civicsim.study.analysis.discovery import discover as discover_in

    store = read(output, folder)
    _warn_of_missing(output, store)
    runs = matched(store, measures)
    names = _with_direction(runs, measures)
    found = {name: discover_in(runs, name, style, against, depth=depth) for name in names}
    if output.json:
        output.data({
            name: {
                "style": own.style, "against": own.against, "n": own.n, "lost": own.n_lost, "close": own.n_close,
                "boxes": _records(own.boxes), "coverage_elsewhere": own.coverage_elsewhere,
                "density_elsewhere": own.density_elsewhere,
            }
            for name, own in found.items()
        })  # fmt: skip
        return
    output.say(store.question)
    for own in found.values():
        output.say("", own.words)
        for row in own.boxes.to_dict("records"):
            output.say(
                f"  {row['box']}: holds {row['coverage']:.0%} of what is lost (coverage); {row['density']:.0%} of it is lost "
                f"(density, {row['density_low']:.0%} to {row['density_high']:.0%}; {row['lost']} of {row['n']} cases)"
            )
    output.say("", "Boxes are of a small tree that has seen these cases; limits are rough. They say where, not why.")


def _with_direction(runs: Matched, asked: Sequence[str] | None) -> list[str]:
    """Return the measures asked for; where none is named, those of which one way is better."""
    if asked is not None and list(asked) != ["all"]:
        return list(runs.columns)
    return [name for name, about in runs.columns.items() if about.better != "neither"]


def _warn_of_missing(output: Output, store: Store) -> None:
    if not store.complete:
        output.warn(f"{counted(store.status()['missing'], 'run')} not done yet: what follows may change")
    if store.n_failed:
        output.warn(f"{counted(store.n_failed, 'run')} failed and left out")


def _heading(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    better = "" if first["better"] == "neither" else f"; {_way(first['better'])}"
    matters = "" if np.isnan(first["matters"]) else f"; {first['matters']:g} matters"
    return f"{first['label']} ({first['unit']}{better}{matters})"


def _way(better: str) -> str:
    return "neither way is better" if better == "neither" else f"{better} is better"


def _records(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    return frame.to_dict("records")
