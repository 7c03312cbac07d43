"""What a brief answers, by the design of the study: sentences with their uncertainty, the figure that fits, and a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from civicsim.experiment.statistics import estimate
from civicsim.experiment.wording import (
    counted,
    direction,
    estimated,
    is_clear,
    judged,
    number,
    outcome,
    percent,
    scale_of,
)
from civicsim.report import contrast_tables, mechanism_tables, multiverse_tables, sensitivity_tables
from civicsim.report.brief_figures import drawn, mechanisms_figure, search_figure, worlds_figure
from civicsim.report.brief_subject import Subject
from civicsim.report.effect_tables import declared_parts, effect_parts
from civicsim.report.parts import Part, Row
from civicsim.report.rank_tables import rankings
from civicsim.report.search_tables import search_parts
from civicsim.report.study_plots import plot_study
from civicsim.report.words import in_pairs
from civicsim.study.analysis.ablation import ADDS, CARRIES, EMPTY, HOLDS, SAME, TURNS, UNTOLD, ablation
from civicsim.study.analysis.adversary import Adversary
from civicsim.study.analysis.declared import declared_contrasts
from civicsim.study.analysis.effects import INTERACTION, MAIN, SIMPLE, effects, grid_of, variance_shares
from civicsim.study.analysis.indices import ALL, NO_VARIANCE, NOTHING
from civicsim.study.analysis.matched import About
from civicsim.study.analysis.multiverse import SWAPS, of_rules
from civicsim.study.design.mechanisms import EVERYTHING

_LISTED, _LEVELS = 5, 12
"""Rows that an answer names one by one, and most effects that it lists. Assumption."""
_LEADING = {"sobol": "total", "morris": "mean size", "pawn": "median"}


@dataclass(frozen=True)
class Kind:
    """A design of studies: whether one has it, its answer, its figures, the tables of its analysis, and what its intervals show."""

    name: str
    fits: Callable[[Subject], bool]
    answer: Callable[[Subject], Iterator[Part]]
    figures: Callable[[Subject], Iterator[Part]]
    tables: Callable[[Subject], Iterator[Part]]
    intervals: str = ""


def kind_of(subject: Subject) -> Kind:
    """Return the first design that fits."""
    return next(kind for kind in KINDS if kind.fits(subject))


def declared_answer(subject: Subject) -> Iterator[Part]:
    """Yield the verdicts on the contrasts that the study declared beforehand, and their table."""
    found = declared_contrasts(subject.store)
    counts = found.drop_duplicates("name")["verdict"].value_counts()
    items = []
    for name, own in found.groupby("name", sort=False):
        rows = own.to_dict("records")
        parts = [
            (f"{row['part']}: " if len(rows) > 1 else "")
            + size_text({**row, "low": row["run_low"], "high": row["run_high"]})
            for row in rows
            if row["difference"] == row["difference"]
        ]
        verdict, statement = rows[0]["verdict"], str(rows[0]["statement"] or f"{name}.")
        items.append(
            f"{verdict[:1].upper()}{verdict[1:]}: {statement}{' ' if parts else ''}{'; '.join(parts)}{'.' if parts else ''}"
        )
    text = f"{counted(len(items), 'expectation')}; {'; '.join(f'{n} {verdict}' for verdict, n in counts.items())}."
    yield Part(texts=[("Declared beforehand:", text.replace(", but small", " but small"))], items=items)
    yield from declared_parts(found)


# -- comparisons -------------------------------------------------------------------------------------------------------


def size_text(row: Row, unit: bool = True) -> str:
    """Return how large a difference is, with its interval and, if asked for, its unit."""
    scale = scale_of(row["unit"])
    text = scale.difference(row["difference"], row["low"], row["high"])
    return text if unit else text.replace(scale.points, "", 1)


def level_text(unit: str, value: float, low: float, high: float) -> str:
    """Return a value as readers see it, with its interval where it has one."""
    scale = scale_of(unit)
    return scale.text(value) + ("" if np.isnan(low) else f" ({scale.between(low, high)})")


def difference_text(row: Row, pairs: bool = True) -> str:
    """Return a difference in words: what it is better or worse than, how much, and in how many pairs."""
    many = f"; {in_pairs(row, row['n'])} pairs" if pairs and row["n"] > 1 else ""
    return f"{row['words']}: {outcome(row['verdict'], row['better'])}, {size_text(row)}{many}"


def _comparison(subject: Subject) -> Iterator[Part]:
    for about in subject.leads:
        rows, head = subject.rows(about), f"{about.label} ({about.unit}{direction(about.better)})"
        if not rows:
            found = estimate(subject.runs.values[about.column].ravel(), bounds=about.bounds)
            size = level_text(about.unit, found.mean, found.low, found.high)
            yield Part(texts=[(f"{head}:", f"{size} on average over {counted(found.n, 'run')}.")])
            continue
        ways = [judged(row["verdict"].partition(",")[0], about.better).rpartition(", ")[2] for row in rows]
        names = ("better", "worse") if about.better != "neither" else ("higher", "lower")
        counts = [f"{ways.count(name)} {name}" for name in names]
        rest = len(rows) - sum(ways.count(name) for name in names)
        text = f"compared with {rows[0]['against']}."
        if len(rows) > 1:
            text = (
                f"of {len(rows)} policies compared with {rows[0]['against']}, {' and '.join(counts)}, {rest} without a clear difference "
                "that matters."
            )
        shown = rows if len(rows) <= _LISTED else [*rows[:3], *rows[-2:]]
        left = f" The first three and the last two of {len(rows)}:" if len(shown) < len(rows) else ""
        yield Part(texts=[(f"{head}:", f"{text}{left}")], items=[f"{difference_text(row)}." for row in shown])


def _compared_table(subject: Subject) -> Iterator[Part]:
    columns = [about.column for about in subject.leads]
    found = subject.contrasts
    if len(found):
        yield from contrast_tables.comparison(found[found["measure"].isin(columns)], pd.DataFrame())


def _compared_figure(subject: Subject) -> Iterator[Part]:
    for about in subject.leads[:1]:
        if about.column in subject.store.manifest["weekly"] and subject.runs.points["policy"].nunique() <= _LEVELS:
            yield drawn(plot_study, subject.store, "paths", about.column)
    if len(subject.contrasts):
        yield from _each(subject, "differences")


def _each(subject: Subject, kind: str, styles: Sequence[str] = ()) -> Iterator[Part]:
    """Yield a figure of each measure of the answer."""
    for about in subject.leads:
        yield drawn(plot_study, subject.store, kind, about.column, styles)


# -- ranks over draws --------------------------------------------------------------------------------------------------


def _ranked(subject: Subject) -> Iterator[Part]:
    for found in subject.ranks:
        first, *rest = found.summary.head(3).to_dict("records")
        own = (
            f"over {first['n_futures']} futures, {first['words']} has the best mean rank ({number(first['mean_rank'], 1)} of "
            f"{len(found.summary)}) and is best in {_share(first)} of them"
        )
        more = "; ".join(f"{row['words']} in {_share(row)}" for row in rest)
        draws = found.agreement[found.agreement["source"] == "draws"].to_dict("records")
        agree = "".join(
            f" Orders of policies over draws agree with Kendall's W {number(row['w'], 2)} (1 for the same order in all; by chance {number(row['chance'], 2)})."
            for row in draws
        )
        yield Part(texts=[(f"{found.about.label}:", f"{own}{'; ' if more else ''}{more}.{agree}")])
    yield from _comparison(subject)


def _share(row: Row) -> str:
    ends = "" if np.isnan(row["low"]) else f" ({number(100.0 * row['low'], 0)} to {percent(row['high'])} over draws)"
    return f"{percent(row['best'])}{ends}"


def _ranked_figures(subject: Subject) -> Iterator[Part]:
    if subject.ranks:
        yield drawn(plot_study, subject.store, "rank", subject.ranks[0].about.column)
    yield from _compared_figure(subject)


# -- full grids --------------------------------------------------------------------------------------------------------


def _factors(subject: Subject) -> Iterator[Part]:
    for about in subject.leads:
        found, shares = effects(subject.runs, measures=[about.column]), variance_shares(subject.runs, [about.column])
        top = shares[shares["share"] > 0.01].sort_values("share", ascending=False, kind="stable").head(_LISTED)
        parts = ", ".join(f"{subject.labelled(row['term'])} {percent(row['share'])}" for row in top.to_dict("records"))
        mains = found[found["kind"] == MAIN].sort_values("difference", key=np.abs, ascending=False, kind="stable")
        items = [
            f"On average, {difference_text({**row, 'words': subject.labelled(row['change'])})}."
            for row in mains.drop_duplicates("term").head(_LISTED).to_dict("records")
        ]
        both = found[found["kind"] == INTERACTION]
        clear = both[[is_clear(verdict) for verdict in both["verdict"]]]
        clear = clear.sort_values("difference", key=np.abs, ascending=False, kind="stable")
        items += [_interaction(subject, about, row) for row in clear.drop_duplicates("term").head(2).to_dict("records")]
        if len(both) and not len(clear):
            items.append("No interaction of two factors is clear.")
        text = f"shares of the variance of all runs: {parts}." if parts else "it is the same in all runs."
        yield Part(texts=[(f"{about.label} ({about.unit}{direction(about.better)}):", text)], items=items)


def _interaction(subject: Subject, about: About, row: Row) -> str:
    """Return an interaction in words: the effect at each level, and the difference between these effects."""
    first, second = row["term"].split(" × ")
    simple = effects(subject.runs, first, [second], [about.column])
    own = simple[(simple["kind"] == SIMPLE) & (simple["change"] == row["change"])].head(_LEVELS).to_dict("records")
    at = "; ".join(f"{size_text(each, unit=False)} at {subject.labelled(each['at'])}" for each in own)
    return (
        f"The effect of {subject.labelled(row['change'])} depends on {subject.view.label(second)}: {at}. The effects differ by "
        f"{size_text(row)} for {subject.labelled(row['at'])}."
    )


def _effects_tables(subject: Subject) -> Iterator[Part]:
    columns = [about.column for about in subject.leads]
    found, shares = effects(subject.runs, measures=columns), variance_shares(subject.runs, columns)
    named = {name: [subject.labelled(text) for text in found[name]] for name in ("change", "at")}
    yield from effect_parts(
        found.assign(**named), shares.assign(term=[subject.labelled(text) for text in shares["term"]])
    )


def _grid_figures(subject: Subject) -> Iterator[Part]:
    # Levels and factors with an order are drawn as a map, few levels as lines.
    levels = [len(own) for own in grid_of(subject.runs, [subject.leads[0].column]).levels.values()]
    kind = "effects" if sum(n > 3 for n in levels) < 2 else "heat"
    styles = [subject.style] if subject.runs.points["style"].nunique() > 1 and kind == "heat" else []
    yield from _each(subject, kind, styles)


# -- samples, worlds, mechanisms and searches --------------------------------------------------------------------------


def _sample(subject: Subject) -> Iterator[Part]:
    for about in subject.leads:
        found = subject.indices[subject.indices["measure"] == about.column]
        method = found["method"].iloc[0]
        own = found[(found["index"] == _LEADING[method]) & ~found["factor"].isin([NOTHING, ALL, NO_VARIANCE])]
        own = own.sort_values("value", ascending=False, kind="stable")
        chance = found.loc[found["factor"] == NOTHING, "value"]
        if not len(own):
            yield Part(texts=[(f"{about.label}:", "the same in every row of the design; it depends on no factor.")])
            continue
        items = [
            f"{subject.view.label(row['factor'])}{f' [{row["shock"]}]' if row['shock'] else ''}: {_index(row)}"
            for row in own.head(_LISTED).to_dict("records")
        ]
        level = f" A factor without effect may reach {number(chance.iloc[0], 2)}." if len(chance) else ""
        size = f"{own['n'].iloc[0]} rows × {counted(own['n_seeds'].iloc[0], 'seed')}"
        most = f"it depends most on {subject.view.label(own['factor'].iloc[0])}"
        if len(chance) and own["value"].iloc[0] <= chance.iloc[0]:
            most = "no factor has an index that one without effect could not reach"
        text = f"{most}. {_METHODS[method]} ({subject.style}, {size}).{level}"
        yield Part(texts=[(f"{about.label}:", text)], items=items)
    if subject.runs.points["style"].nunique() > 1:
        yield from _comparison(subject)


_METHODS = {
    "sobol": "Share of the variance with all that a factor takes part in (total Sobol' index)",
    "morris": "Mean size of the change as a factor moves over its whole range (Morris)",
    "pawn": "Median gap between distributions, 0 to 1 (PAWN)",
}


def _index(row: Row) -> str:
    if row["method"] == "sobol":
        return f"{percent(row['value'])} ({number(100.0 * row['low'], 0)} to {percent(row['high'])})"
    if row["method"] == "morris":
        return scale_of(row["unit"]).difference(row["value"], row["low"], row["high"], sign=False)
    return number(row["value"]) if np.isnan(row["low"]) else estimated(row["value"], row["low"], row["high"])


def _sample_tables(subject: Subject) -> Iterator[Part]:
    named = [subject.labelled(name) for name in subject.indices["factor"]]
    yield from sensitivity_tables.indices(subject.indices.assign(factor=named), pd.DataFrame())


def _worlds(subject: Subject) -> Iterator[Part]:
    for found in subject.worlds:
        swaps = found.pairs[found.pairs["verdict"] == SWAPS].head(_LISTED).to_dict("records")
        items = [
            f"In the world {row['world']}, {row['worse']} is ahead of {row['better']}; as published it is behind."
            for row in swaps
        ]
        yield Part(texts=[(f"{found.about.label}:", found.words)], items=items)


def _mechanisms(subject: Subject) -> Iterator[Part]:
    found = ablation(subject.runs, [about.column for about in subject.leads])
    for about in subject.leads:
        own = found[found["measure"] == about.column]
        full = own[own["setting"] == EVERYTHING].to_dict("records")
        items = [f"With every mechanism on, {difference_text({**row, 'words': row['style']}, False)}." for row in full]
        without = own[own["reference"] == EVERYTHING].assign(finding=lambda rows: rows["finding"].replace("", EMPTY))
        named = {
            finding: ", ".join(name.removeprefix("without ") for name in group["setting"].unique())
            for finding, group in without.groupby("finding")
        }
        items += [f"{words}: {named.pop(finding)}." for finding, words in _FINDINGS.items() if finding in named]
        # A caution follows some of the findings.
        items += [f"{finding[:1].upper()}{finding[1:]}: {names}." for finding, names in named.items()]
        carried = without[without["finding"].isin([CARRIES, TURNS])]["setting"].nunique()
        taken = f"{carried or 'none'} of {counted(without['setting'].nunique(), 'mechanism')}"
        text = f"taken out alone, {taken} {'make' if carried > 1 else 'makes'} the difference between styles disappear or turn round."
        yield Part(texts=[(f"{about.label}:", text)], items=items)


_FINDINGS = {
    CARRIES: "The difference is no longer clear without",
    TURNS: "It turns round without",
    ADDS: "It becomes smaller without",
    HOLDS: "It becomes larger without",
    UNTOLD: "No clear change without",
    SAME: "Not a single run changes without",
    EMPTY: "The measure has no value, so that nothing can be compared, without",
}
"""What became of a difference without a mechanism, the most telling first."""


def _searched(subject: Subject) -> Adversary:
    assert subject.search is not None
    return subject.search


def _search(subject: Subject) -> Iterator[Part]:
    found = _searched(subject)
    yield Part(texts=[found.words, found.box_words])


KINDS: tuple[Kind, ...] = (
    Kind(
        "search for worst cases",
        lambda subject: subject.search is not None,
        _search,
        lambda subject: iter([drawn(search_figure, _searched(subject))]),
        lambda subject: search_parts(_searched(subject)),
        "those with fresh seeds show run-to-run variation, those of the evenly spread trials under Gains and costs the spread "
        "over their draws as well",
    ),
    Kind(
        "mechanisms off",
        lambda subject: subject.of_mechanisms,
        _mechanisms,
        lambda subject: (drawn(mechanisms_figure, subject.runs, about.column) for about in subject.leads),
        lambda subject: mechanism_tables.mechanisms(ablation(subject.runs, [about.column for about in subject.leads])),
    ),
    Kind(
        "other forms of the rules",
        lambda subject: of_rules(subject.runs),
        _worlds,
        lambda subject: (drawn(worlds_figure, found) for found in subject.worlds),
        lambda subject: multiverse_tables.worlds(subject.worlds),
        "those of one world show run-to-run variation, those over all worlds under Gains and costs the spread over worlds as "
        "well",
    ),
    Kind(
        "sample",
        lambda subject: subject.store.study.layout.sampled,
        _sample,
        lambda subject: _each(subject, "indices", [subject.style]),
        _sample_tables,
        "those of indices show the spread over samples of the parameters",
    ),
    Kind("full grid", lambda subject: subject.of_grid, _factors, _grid_figures, _effects_tables),
    Kind(
        "draws",
        lambda subject: subject.of_draws,
        _ranked,
        _ranked_figures,
        lambda subject: rankings(subject.ranks),
        "those of differences show run-to-run variation and the spread over draws together, and the figure each by itself",
    ),
    Kind("comparison", lambda _: True, _comparison, _compared_figure, _compared_table),
)
"""The designs, the most particular first."""
