"""One page about a study that needs nothing else: what was asked, what failed, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd

from civicsim import __version__
from civicsim.experiment.statistics import ANYWHERE, Estimate, estimate
from civicsim.model.measures import FLAGSHIP, MEASURES
from civicsim.report.analysis_tables import analysis
from civicsim.report.html import _table as table
from civicsim.report.look import svg_text
from civicsim.report.study_chart import MOST_DOTS, Row, study_chart
from civicsim.report.words import INTERVAL, THINKING_AID, counted, number, seeds_text, with_interval
from civicsim.study.analysis.matched import matched, policy_words
from civicsim.study.store.store import Store

_MOST_POLICIES, _MOST_FAILURES = 60, 20
_OUTER = (0.05, 0.95)
"""Share of futures between which a range is given. Assumption: the usual nine tenths."""
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#222}}
table{{border-collapse:collapse;margin:1em 0}} code{{background:#f3f3f3}} caption{{font-weight:600}}</style></head><body>
"""


def study_page(store: Store) -> str:
    """Return the page of a study, however far it is.

    Runs that failed are counted first. A mean stands with how many runs it rests on and an interval, and with what kind of
    uncertainty that is: luck from run to run, or what nobody knows.

    Parameters
    ----------
    store : Store
        What came of the study.
    """
    study = store.study
    title = study.title or study.question
    parts = [
        _HEAD.format(title=escape(title)),
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(study.question)}</p>" if study.title else "",
        f"<p><strong>Expected beforehand:</strong> {escape(study.expectation)}</p>" if study.expectation else "",
        _standing(store),
        _failures(store),
        _results(store),
        *analysis(matched(store)),
        _how(store),
        f"<p><small>civicsim {__version__}, study {escape(store.manifest['study'])}. {THINKING_AID} "
        "These are people in a model.</small></p></body></html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _standing(store: Store) -> str:
    about = store.status()
    failed = f"<strong>{counted(about['failed'], 'run')} failed.</strong>" if about["failed"] else "No run failed."
    missing = f" {counted(about['missing'], 'run')} not done yet: what follows may change." if about["missing"] else ""
    return (
        f"<p>{failed} {about['done']} of {about['runs']} runs are done: {counted(about['points'], 'point')} × "
        f"{counted(about['seeds'], 'seed')} ({seeds_text(store.seeds)}).{missing}</p>"
    )


def _failures(store: Store) -> str:
    found = store.failures()
    if not len(found):
        return ""
    rows = [
        [f"{row.point}:{row.seed}", row.stage, row.type, row.message[:200], row.command]
        for row in found.head(_MOST_FAILURES).itertuples()
    ]
    more = f"; the first {_MOST_FAILURES}" if len(found) > _MOST_FAILURES else ""
    words = f"Runs that failed ({len(found)}{more}). Means below leave them out."
    return f"<h2>Failures</h2>{table(words, ['Point:seed', 'Stage', 'Kind', 'Message', 'Repeat it with'], rows)}"


def _results(store: Store) -> str:
    columns = [c for c in store.manifest["columns"] if c["column"] in FLAGSHIP] or store.manifest["columns"][:10]
    runs = store.to_pandas(columns=[column["column"] for column in columns])
    if not len(runs):
        return "<p>There are no results yet.</p>"
    words_of, futures = (
        policy_words(runs, store.manifest["factors"], store.study.protocol.sections),
        runs["future"].nunique() > 1,
    )
    rows, drawn = [], []
    for policy, own in list(runs.groupby("policy"))[:_MOST_POLICIES]:
        found = {column["column"]: _estimate(own, column["column"], futures) for column in columns}
        words = words_of[int(policy)]
        rows.append([words, *(_cell(about, len(own), futures) for about in found.values()), str(len(own))])
        ends = {name: (about.mean, about.low, about.high) for name, about in found.items()}
        drawn.append(Row(words, str(own["style"].iloc[0]), len(own), ends))
    heads = ["Policy", *(f"{column['label']}\n{column['unit']}" for column in columns), "Runs (n)"]
    n = runs["policy"].nunique()
    shown = f"; the first {_MOST_POLICIES} of {n}" if n > _MOST_POLICIES else ""
    if futures:
        bar = f"the range from the 5 % to the 95 % of {runs['future'].nunique()} futures"
        words = (
            f"Means over {runs['future'].nunique()} futures, each over its runs; under them, the range from the 5 % to the "
            f"95 % of futures{shown}. This is what nobody knows (parameters and shocks), not luck from run to run."
        )
    else:
        bar = f"{INTERVAL} t interval over runs, which speaks of luck from run to run"
        words = (
            f"Means over runs; under them, {INTERVAL} t intervals{shown}. These speak of luck from run to run, not of how "
            "uncertain the parameters are, and are not widened for the number of comparisons."
        )
    if n > MOST_DOTS:
        chart = f"<p>{n} policies are too many for a chart; <code>civicsim app --results .</code> shows them.</p>"
    else:
        chart = _chart(store, [column["column"] for column in columns], drawn, bar)
    return f"<h2>Results</h2>{chart}{table(words, heads, rows)}"


def _chart(store: Store, names: Sequence[str], rows: Sequence[Row], bar: str) -> str:
    """Return means with bars as a picture; the table under it holds the same numbers."""
    about, points = matched(store, names).columns, store.study.points
    against = points["against"].dropna()
    baseline = str(points["style"].iloc[int(against.iloc[0])]) if len(against) else ""
    words = (
        f"Means with bars ({bar}) of {', '.join(shown.label for shown in about.values())}; the table holds the same."
    )
    note = f"Bar: {bar}."
    if len(rows) > 1:
        note += " Runs are matched: overlapping bars do not mean that policies do not differ."
    return svg_text(study_chart(about, rows, baseline, note), words)


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


def _cell(about: Estimate, n: int, futures: bool) -> str:
    if futures and not about.n:
        return number(float("nan"))
    mean, ends = with_interval(about.mean, about.low, about.high)
    few = f" (n = {about.n})" if about.n < n and not futures else ""
    return f"{mean}{few}\n{ends}"


def _how(store: Store) -> str:
    software = ", ".join(f"{name} {version}" for name, version in store.manifest["software"].items())
    mixed = " Results of other software are among them." if store.manifest["others"] else ""
    return (
        f"<h2>How it was run</h2><p>{escape(software)}.{mixed} Runs of one seed are matched: the same organisation with the "
        "same luck. To continue or repeat the study: <code>civicsim study run .</code> in its folder.</p>"
    )
