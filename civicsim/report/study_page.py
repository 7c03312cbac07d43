"""One page about a study: question, failures, results, analyses and how to repeat it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from civicsim.experiment.statistics import ANYWHERE, Estimate, estimate
from civicsim.model.measures import MEASURES
from civicsim.report.analysis_tables import analysis
from civicsim.report.look import svg_text
from civicsim.report.methods import methods_text
from civicsim.report.parts import Part, Table, page
from civicsim.report.study_chart import MOST_DOTS, Row, study_chart
from civicsim.report.words import INTERVAL, counted, number, seeds_text, with_interval
from civicsim.study.analysis.matched import matched, policy_words
from civicsim.study.store.store import Store

_MOST_POLICIES, _MOST_FAILURES = 60, 20
_OUTER = (0.05, 0.95)
"""Share of futures between which a range is given. Assumption: the usual nine tenths."""


def study_page(store: Store) -> str:
    """Return the page of a study, complete or not.

    Failed runs are counted first. A mean comes with its number of runs, an interval, and the kind of uncertainty that the
    interval shows: run-to-run variation or parameter uncertainty.

    Parameters
    ----------
    store : Store
        The results of the study.
    """
    study = store.study
    texts: list[str | tuple[str, str]] = [study.question] if study.title else []
    if study.expectation:
        texts.append(("Expected beforehand:", study.expectation))
    parts = [
        Part(texts=[*texts, _progress(store)]),
        *_failures(store),
        *_results(store),
        *analysis(matched(store)),
        _methods(store),
    ]
    return page(study.title or study.question, parts, f", study {store.manifest['study']}")


def _progress(store: Store) -> tuple[str, str]:
    about = store.status()
    failed = f"{counted(about['failed'], 'run')} failed." if about["failed"] else "No run failed."
    missing = f" {counted(about['missing'], 'run')} not done yet: the results may change." if about["missing"] else ""
    return failed, (
        f"{about['done']} of {about['runs']} runs are done: {counted(about['points'], 'point')} × "
        f"{counted(about['seeds'], 'seed')} ({seeds_text(store.seeds)}).{missing}"
    )


def _failures(store: Store) -> Iterator[Part]:
    found = store.failures()
    if not len(found):
        return
    rows = [
        [f"{row.point}:{row.seed}", row.stage, row.type, row.message[:200], row.command]
        for row in found.head(_MOST_FAILURES).itertuples()
    ]
    more = f"; the first {_MOST_FAILURES}" if len(found) > _MOST_FAILURES else ""
    caption = f"Runs that failed ({len(found)}{more}). Means below leave them out."
    yield Part("Failures", table=Table(caption, ["Point:seed", "Stage", "Kind", "Message", "Command to repeat"], rows))


def _results(store: Store) -> Iterator[Part]:
    columns = matched(store).columns
    runs = store.to_pandas(columns=list(columns))
    if not len(runs):
        yield Part(texts=["There are no results yet."])
        return
    words_of = policy_words(runs, store.manifest["factors"], store.study.protocol.sections)
    n_futures, n = runs["future"].nunique(), runs["policy"].nunique()
    futures = n_futures > 1
    rows, drawn = [], []
    for policy, own in list(runs.groupby("policy"))[:_MOST_POLICIES]:
        found = {name: _estimate(own, name, futures) for name in columns}
        words = words_of[int(policy)]
        rows.append([words, *(_cell(about, len(own), futures) for about in found.values()), str(len(own))])
        ends = {name: _ends(own, name, about, futures) for name, about in found.items()}
        drawn.append(Row(words, str(own["style"].iloc[0]), len(own), ends))
    shown = f"; the first {_MOST_POLICIES} of {n}" if n > _MOST_POLICIES else ""
    if futures:
        bar = (
            f"{INTERVAL} t interval over seeds, which shows run-to-run variation; thin line: the range from the 5 % to the 95 % of "
            f"{n_futures} futures, which shows parameter uncertainty"
        )
        caption = (
            f"Means over {n_futures} futures, each over its runs; under them, the range from the 5 % to the 95 % of futures"
            f"{shown}. The range shows parameter uncertainty and shocks, not run-to-run variation."
        )
    else:
        bar = f"{INTERVAL} t interval over runs, which shows run-to-run variation"
        caption = (
            f"Means over runs; under them, {INTERVAL} t intervals{shown}. They show run-to-run variation only, not parameter "
            "uncertainty, and are not widened for the number of comparisons."
        )
    many = f"{n} policies are too many for a chart; `civicsim app --results .` shows them."
    chart = "" if n > MOST_DOTS else _chart(store, list(columns), drawn, bar)
    heads = ["Policy", *(f"{about.label}\n{about.unit}" for about in columns.values()), "Runs (n)"]
    yield Part("Results", [many] if n > MOST_DOTS else [], chart, table=Table(caption, heads, rows))


def _chart(store: Store, names: Sequence[str], rows: Sequence[Row], bar: str) -> str:
    """Return means with bars as a picture of the numbers in the table."""
    about, points = matched(store, names).columns, store.study.points
    against = points["against"].dropna()
    baseline = str(points["style"].iloc[int(against.iloc[0])]) if len(against) else ""
    labels = ", ".join(shown.label for shown in about.values())
    note = f"Bar: {bar}."
    if len(rows) > 1:
        note += " Runs are matched: overlapping bars do not mean that policies do not differ."
    return svg_text(study_chart(about, rows, baseline, note), f"Means with bars ({bar}) of {labels}, as in the table.")


def _estimate(own: pd.DataFrame, column: str, futures: bool) -> Estimate:
    """Return the mean of a policy with its interval over runs, or its range over futures."""
    values = own[column].to_numpy(dtype=float)
    if not futures:
        known = MEASURES.get(column.partition("__")[0])
        return estimate(values, bounds=ANYWHERE if known is None else known.bounds)
    means = own.groupby("future")[column].mean().dropna().to_numpy()
    if not len(means):
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    low, high = np.quantile(means, _OUTER)
    return Estimate(float(means.mean()), float(low), float(high), len(means))


def _ends(own: pd.DataFrame, column: str, about: Estimate, futures: bool) -> tuple[float, ...]:
    """Return what the chart shows of a policy: mean, interval over seeds, and where there are futures their range."""
    if not futures:
        return about.mean, about.low, about.high
    by_seed = estimate(own.groupby("seed")[column].mean().to_numpy())
    return about.mean, by_seed.low, by_seed.high, about.low, about.high


def _cell(about: Estimate, n: int, futures: bool) -> str:
    if futures and not about.n:
        return number(float("nan"))
    mean, ends = with_interval(about.mean, about.low, about.high)
    few = f" (n = {about.n})" if about.n < n and not futures else ""
    return f"{mean}{few}\n{ends}"


def _methods(store: Store) -> Part:
    again = "To continue or repeat the study, run `civicsim study run .` in its folder."
    return Part("Methods", [methods_text(store), again])
