"""The brief of a study on one page: question, answer, figure, gains and costs, who loses, where it turns, and how to repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pandas as pd

from civicsim import checks
from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import ANYWHERE, Estimate, estimate
from civicsim.experiment.wording import counted, is_clear, number, percent, scale_of, toward, with_interval
from civicsim.model.measures import MEASURES
from civicsim.report.brief_answers import Kind, declared_answer, difference_text, kind_of, level_text, size_text
from civicsim.report.brief_subject import Subject
from civicsim.report.cells import table_of
from civicsim.report.methods import methods_text, varied, varied_part
from civicsim.report.parts import Columns, Part, Row, Table, page
from civicsim.report.words import INTERVAL, explained, seeds_text
from civicsim.study.analysis.adversary import Adversary
from civicsim.study.analysis.contrasts import tails
from civicsim.study.analysis.decide import decide
from civicsim.study.analysis.discovery import discover
from civicsim.study.analysis.matched import About, is_number, matched
from civicsim.study.analysis.regret import crossings
from civicsim.study.analysis.trials import SEARCH
from civicsim.study.store.store import Store

READERS = ("research", "policy")
"""Whom a brief is written for: with methods and tables, or in plain words with the picture first."""
UNEQUAL = (
    "voice_gini",
    "voice_status_gap",
    "status_parity",
    "patient_quality_gap",
    "panel_representativeness",
    "leaver_engagement_gap",
    "quality_team_sd",
)
"""Measures of how differently groups of people, or teams, fare."""
_FEWEST_PAIRS, _FEWEST_TRAJECTORIES, _WIDEST_INDEX = 10, 10, 0.1
"""Where results are provisional. Assumption: fewer pairs give no stable spread; ten trajectories are usual for Morris's method
(Campolongo, Cariboni and Saltelli 2007, Environmental Modelling & Software 22:1509)."""
_MOST_ROWS, _ACROSS, _TABLES, _NAMED, _MANY = 24, 5, 2, 6, 30
"""Rows and measures of a table, tables of measures, items of a list, and parameters up to which each is looked at by itself."""
_MOST_POLICIES, _MOST_FAILURES, _FEWEST_CASES = 60, 8, 20
_OUTER = (0.05, 0.95)
"""Share of futures between which a range is given. Assumption: the usual nine tenths."""
_VERDICTS = (
    f"A difference is “higher” or “lower” where its {INTERVAL} interval excludes 0 and, where the study states the smallest "
    "difference that matters, begins beyond that; “perhaps too little to matter” where it reaches below; “too small to matter” where "
    "all of it lies below; otherwise “too close to call”. Intervals are not widened for the number of comparisons."
)


def brief(store: Store, reader: str = "research", search: Adversary | None = None) -> str:
    """Return the brief of a study, complete or not, as a page of HTML that fetches nothing.

    Parameters
    ----------
    store : Store
        The results of the study; of a search for worst cases its evenly spread trials.
    reader : str
        One of :data:`READERS`.
    search : Adversary, optional
        What the search found.

    Raises
    ------
    CivicsimError
        If there is no such reader.
    """
    checks.keys([reader], READERS, "--for: no reader")
    study, subject = store.study, Subject(store, matched(store), search)
    doubts = [*_doubts(subject), _RULE] if subject.leads and _doubts(subject) else []
    body = _body(subject, reader) if subject.leads else [Part(texts=["There are no results yet."])]
    parts = [_question(store), *body]
    parts += [
        *_failures(store),
        *([_methods(subject)] if reader == "research" else []),
        _repeat(store, search),
        *_means(subject),
    ]
    return page(
        study.title or study.question,
        [_shortened(part) for part in parts],
        f", study {store.manifest['study']}",
        doubts,
    )


def _body(subject: Subject, reader: str) -> Iterator[Part]:
    kind, policy = kind_of(subject), reader == "policy"
    declared = list(_or_why(declared_answer(subject))) if subject.store.study.contrast else []
    answer = [*declared[:1], *_or_why(kind.answer(subject))]
    yield replace(answer[0], heading="Answer")
    yield from answer[1:]
    yield Part(texts=[_reading(subject, kind)])
    yield from kind.figures(subject)
    yield from _gains(subject.whole, policy)
    yield from _losers(subject.whole, policy)
    yield from _turns(subject.whole)
    yield from _assumptions(subject.store, policy)
    if not policy:
        tables = [replace(part, level=3) for part in (*declared[1:], *_or_why(kind.tables(subject)))]
        if tables:
            yield Part("Numbers")
            yield from tables


def _or_why(parts: Iterator[Part]) -> Iterator[Part]:
    """Yield parts, and why there are no more of them: an analysis may need every run of its design."""
    try:
        yield from parts
    except CivicsimError as error:
        yield Part(texts=[("Not shown:", f"{error}.")])


def _question(store: Store) -> Part:
    study, about = store.study, store.status()
    texts: list[str | tuple[str, str]] = [("Question:", study.question)] if study.title else []
    if study.expectation:
        texts.append(("Expected beforehand:", study.expectation))
    failed = f"{counted(about['failed'], 'run')} failed." if about["failed"] else "No run failed."
    size = f"{counted(about['points'], 'point')} × {counted(about['seeds'], 'seed')} ({seeds_text(store.seeds)})"
    texts.append((failed, f"{about['done']} of {about['runs']} runs are done: {size}."))
    return Part(texts=texts)


def _reading(subject: Subject, kind: Kind) -> str:
    """Return what intervals and points are, once for the whole answer."""
    draws = len(subject.whole.contrasts) and subject.whole.contrasts["parameter_low"].notna().any()
    usual = "those of differences show run-to-run variation" + (" and the spread over draws together" if draws else "")
    scales = [scale_of(about.unit) for about in subject.runs.columns.values()]
    points = " A point is a hundredth of a measure from 0 to 1." if any(own.factor != 1.0 for own in scales) else ""
    pairs = " Differences are between runs that share organisation and random events." if len(subject.contrasts) else ""
    return (
        f"In brackets: {INTERVAL} intervals; {kind.intervals or usual}.{points}{pairs} The model is a thinking aid: the answer "
        "holds in the model only."
    )


# -- where results are provisional -------------------------------------------------------------------------------------

_RULE = (
    f"A brief is marked as provisional if runs are missing, a comparison rests on fewer than {_FEWEST_PAIRS} matched pairs, half of "
    "its run-to-run interval is wider than the smallest difference that matters, a Morris design has fewer than "
    f"{_FEWEST_TRAJECTORIES} trajectories, or the interval of the largest Sobol' index is wider than ± {_WIDEST_INDEX}."
)


def _doubts(subject: Subject) -> list[str]:
    """Return why the replications of a study are too few for its answer; empty where they are not."""
    store, design = subject.store, subject.store.study.layout
    found = []
    if missing := store.status()["missing"]:
        found.append(f"{counted(missing, 'run')} missing.")
    rows = subject.whole.moves(matched(subject.whole.runs, [about.column for about in subject.leads]))
    rows = rows[rows["n"] > 0] if len(rows) else rows
    if len(rows) and (few := int(rows["n"].min())) < _FEWEST_PAIRS:
        found.append(f"A comparison rests on {counted(few, 'matched pair')}.")
    if not len(rows) and not design.sampled and len(store.seeds) < _FEWEST_PAIRS:
        found.append(f"Means rest on {counted(len(store.seeds), 'seed')}.")
    if len(rows):
        # A row without ends for run-to-run variation has no other kind.
        kind = "run_" if "run_low" in rows else ""
        matters = rows["measure"].map({about.column: about.matters for about in subject.leads}).astype(float)
        wide = rows.loc[(rows[f"{kind}high"] - rows[f"{kind}low"]) / 2 > matters, "label"].unique()
        found += [f"Run-to-run intervals are wider than what matters on {', '.join(wide)}."] if len(wide) else []
    if design.method == "morris" and design.n < _FEWEST_TRAJECTORIES:
        found.append(f"The design has {counted(design.n, 'trajectory', 'trajectories')}.")
    if design.method == "sobol":
        # The answer says why there are no indices, if there are none.
        with suppress(CivicsimError):
            found += _wide_index(subject)
    return found


def _wide_index(subject: Subject) -> Iterator[str]:
    total = subject.indices[subject.indices["index"] == "total"]
    top = total.loc[total["value"].idxmax()] if len(total) else None
    if top is not None and (top["high"] - top["low"]) / 2 > _WIDEST_INDEX:
        ends = f"from {number(top['low'], 2)} to {number(top['high'], 2)}"
        yield f"The index of {subject.view.label(top['factor'])} has an interval {ends}."


# -- gains, costs and losers -------------------------------------------------------------------------------------------


def _gains(subject: Subject, policy: bool) -> Iterator[Part]:
    """Yield what each policy gains and what it costs: in words, or as tables of policies by measures."""
    found = subject.moves(subject.runs)
    judged = found[found["better"] != "neither"] if len(found) else found
    if not len(judged):
        return
    names = list(dict.fromkeys(judged["words"]))
    # The policies with the largest gains on the first measure come first.
    first = judged[judged["measure"] == judged["measure"].iloc[0]]
    lower = first["better"].iloc[0] == "lower"
    order = [*first.sort_values("difference", ascending=lower, kind="stable")["words"], *names]
    names = list(dict.fromkeys(order))
    more = (
        f" The first {_MOST_ROWS} of {len(names)} policies; `civicsim study compare` shows all."
        if len(names) > _MOST_ROWS
        else ""
    )
    against = judged["against"].iloc[0]
    text = f"Compared with {against}, on all measures that the study names and of which one direction is better.{more}"
    if policy or len(names) == 1:
        listed = names[:_NAMED]
        left = f" The {_NAMED} that gain most on the first measure:" if len(names) > _NAMED else ""
        yield Part(
            "Gains and costs",
            [f"{text if len(names) <= _NAMED else text.removesuffix(more)}{left}"],
            items=[_balance(judged, name) for name in listed],
        )
        return
    columns = list(dict.fromkeys(judged["measure"]))
    for k in range(0, min(len(columns), _ACROSS * _TABLES), _ACROSS):
        yield _matrix(judged, names, columns[k : k + _ACROSS], "" if k else "Gains and costs", [] if k else [text])
    if beyond := columns[_ACROSS * _TABLES :]:
        yield Part(texts=[f"{counted(len(beyond), 'further measure')}: `civicsim study compare` shows them."])


def _balance(found: pd.DataFrame, name: str) -> str:
    own = found[found["words"] == name].to_dict("records")
    parts: list[str] = []
    for way, word in (("better", "gains"), ("worse", "costs")):
        rows = [row for row in own if toward(row["verdict"].partition(",")[0], row["better"]) == way]
        sizes = [f"{row['label']} {size_text(row)}" for row in rows]
        parts.append(f"{word}: {'; '.join(sizes)}" if sizes else f"no clear {word.removesuffix('s')}")
    unclear = len(own) - sum(
        toward(row["verdict"].partition(",")[0], row["better"]) in ("better", "worse") for row in own
    )
    rest = f" No clear difference on {counted(unclear, 'measure')}." if unclear else ""
    return f"{name}: {'. '.join(part[0].upper() + part[1:] for part in parts)}.{rest}"


def _matrix(
    found: pd.DataFrame, names: Sequence[str], columns: Sequence[str], heading: str, texts: Sequence[str]
) -> Part:
    cells = {(row["words"], row["measure"]): row for row in found.to_dict("records")}
    about = {row["measure"]: row for row in reversed(found.to_dict("records"))}
    units = [scale_of(about[column]["unit"]).points.strip() for column in columns]
    heads = [
        "Policy or change",
        *(f"{about[column]['label']}\n{unit}" for column, unit in zip(columns, units, strict=True)),
    ]
    rows = [[name, *(_cell(cells.get((name, column))) for column in columns)] for name in names]
    caption = (
        f"Mean paired differences with {INTERVAL} intervals. *: perhaps too little to matter, or a mean that misleads."
    )
    return Part(heading, texts, table=Table(caption, heads, rows))


def _cell(row: Row | None) -> str:
    if row is None or np.isnan(row["difference"]):
        return "–"
    way, _, rest = row["verdict"].partition(",")
    size = size_text(row, unit=False).replace(" (", "\n(")
    return f"{size}\n{toward(way, row['better'])}{' *' if rest else ''}"


def _losers(subject: Subject, policy: bool) -> Iterator[Part]:
    """Yield who loses: in the worst runs, in single pairs, and between groups of people."""
    about = next((own for own in subject.leads if own.better != "neither"), None)
    items = []
    kept = {own["column"]: own["measure"] for own in subject.store.manifest["columns"]}
    unequal = [column for column, measure in kept.items() if measure in UNEQUAL]
    others = subject.moves(subject.measured(unequal)) if unequal else pd.DataFrame()
    if len(others):
        clear = others[[is_clear(verdict) for verdict in others["verdict"]]]
        ranked = clear.sort_values("difference", key=np.abs, ascending=False, kind="stable").head(_NAMED)
        items = [f"{row['label']}, {difference_text(row)}." for row in ranked.to_dict("records")]
        labels = ", ".join(others["label"].unique())
        items.append(f"Not clear: {counted(len(others) - len(clear), 'difference')} between groups ({labels}).")
    elif not unequal:
        items = [
            f"The study keeps no measure of how differently groups fare ({', '.join(MEASURES[name].label for name in UNEQUAL[:3])} …), "
            "so it cannot show which people lose."
        ]
    table = None if about is None else _worst_table(subject, about.column, policy)
    if table is not None or items:
        yield Part("Who loses", items=items, table=table)


def _worst_table(subject: Subject, column: str, policy: bool) -> Table | None:
    found, worst = subject.contrasts, tails(subject.runs, [column])
    if not len(worst):
        return None
    own = found[found["measure"] == column].to_dict("records") if len(found) else []
    compared = {(row["policy"], row["shock"]): row for row in own}
    others = [policy for policy in worst["policy"].unique() if all(policy != key[0] for key in compared)]
    names = [own[0]["against"] if own else subject.runs.baseline]
    if len(others) > 1:
        # Policies that are compared with none are settings of the baseline.
        style = f"{subject.runs.baseline}, " if subject.runs.points["style"].nunique() > 1 else ""
        names = [f"{style}{name}" for name in subject.runs.names(others)]
    named = dict(zip(others, names, strict=False))
    rows = []
    for row in worst.sort_values("tail", ascending=worst["better"].iloc[0] == "higher", kind="stable").to_dict(
        "records"
    ):
        about, shock = compared.get((row["policy"], row["shock"])), f" [{row['shock']}]" if row["shock"] else ""
        pairs = np.nan if about is None else about["share_lower" if row["better"] == "higher" else "share_higher"]
        words = f"{named[row['policy']]}{shock}" if about is None else about["words"]
        rows.append({**row, "words": words, "pairs": pairs})
    ends = any(np.isfinite(row["low"]) for row in rows)
    caption = f"{rows[0]['label']} in the worst 5 % of runs, the worst policy first"
    caption += f", with {INTERVAL} intervals of samples of seeds" if ends else ""
    if len(own):
        caption += "; and the share of matched pairs in which a policy is worse than what it is compared with"
    columns = {head: cell for head, cell in _WORST.items() if len(own) or head != "Worse in pairs"}
    if policy:
        del columns[_WORST_RUN]
    else:
        caption += f". The worst run is that of a point and a seed: `civicsim study replay DIR {rows[0]['worst_run']}` repeats it"
    return table_of(caption, columns, rows[: _MOST_ROWS // 2])


_WORST_RUN = "Worst run (point:seed)"
_WORST: Columns = {
    "Policy": lambda row: row["words"],
    "Worst 5 %": lambda row: level_text(row["unit"], row["tail"], row["low"], row["high"]),
    "All runs": lambda row: scale_of(row["unit"]).text(row["mean"]),
    "Worse in pairs": lambda row: percent(row["pairs"]),
    _WORST_RUN: lambda row: row["worst_run"],
}


def _turns(subject: Subject) -> Iterator[Part]:
    """Yield where the answer turns: values at which a difference changes sign, and conditions under which a policy loses."""
    runs, about = subject.runs, next((own for own in subject.leads if own.better != "neither"), None)
    if about is None or not len(subject.contrasts):
        return
    items, several = [], runs.points["style"].nunique() > 1
    ordered = [name for name in runs.factors if runs.points[name].nunique() > 1 and is_number(runs.points[name])]
    if ordered and len(ordered) <= _MANY:
        found = crossings(runs, about.column)
        clear = found[found["verdict"] == "crosses"]
        items = [_crossing(subject, about, row) for row in clear.head(_NAMED).to_dict("records")]
        if len(found) > len(clear):
            items.append(f"Too close to call: {counted(len(found) - len(clear), 'change')} of sign along a factor.")
    if ordered and runs.points.groupby("policy")["future"].nunique().max() >= _FEWEST_CASES and several:
        best = str(subject.rows(about)[0]["words"])
        style = best if best in set(runs.points["style"]) else subject.style
        items += _of_draws(lambda: decide(runs, about.column, [style, runs.baseline]).words, runs.where)
        items += _of_draws(lambda: discover(runs, about.column, style, runs.baseline).words, runs.where)
    none = (
        "No difference changes its sign along a factor that is varied."
        if ordered
        else "No factor that is varied has ordered values along which a difference could change its sign."
    )
    yield Part("Where it turns", [f"On {about.label}."], items=items or [none])


def _crossing(subject: Subject, about: About, row: Row) -> str:
    scale = scale_of(about.unit)
    before, after = (
        scale.difference(row[name], row[f"{name}_low"], row[f"{name}_high"]) for name in ("before", "after")
    )
    return (
        f"{row['words']} compared with {row['against']}: the difference changes its sign near {subject.view.label(row['factor'])} "
        f"{number(row['at'])}, from {before} to {after}."
    )


def _of_draws(look: Callable[[], str], where: str) -> list[str]:
    """Return what an analysis of draws found, or why there is none."""
    try:
        return [look()]
    except CivicsimError as error:
        return [f"Not shown: {str(error).removeprefix(f'{where}: ')}."]


# -- what it rests on --------------------------------------------------------------------------------------------------


def _assumptions(store: Store, policy: bool) -> Iterator[Part]:
    """Yield what a study sets or varies, and on how many numbers without a source the model rests."""
    found, every = varied(store.study), store.study.protocol.sections.parameters.values()
    status = pd.Series([about.status for about in every]).value_counts()
    model = (
        f"Of the {status.drop('switch', errors='ignore').sum()} numbers of the model, {status.get('found', 0)} were found in the reference that is named, "
        f"{status.get('to be verified', 0)} have a reference that is still to be verified, and {status.get('assumption', 0)} are Assumptions. `civicsim describe parameter NAME` gives each."
    )
    shown = found.sort_values("role", key=lambda own: own.map({"setting": 0, "held": 1, "draw": 2}), kind="stable")
    counts = found["status"].value_counts()
    words = {"assumption": "Assumption", "switch": "switch"}
    own = ", ".join(
        counted(n, words[name], "switches" if name == "switch" else None) if name in words else f"{n} {name}"
        for name, n in counts.items()
    )
    texts = (
        [f"The study sets or varies {counted(len(found), 'parameter')}; the status of their defaults: {own}.", model]
        if len(found)
        else [model]
    )
    if policy:
        items = [
            f"{row['label']}: {row['values']}; default {row['default']} ({row['status']})."
            for row in shown[shown["status"] != "switch"].head(_NAMED).to_dict("records")
        ]
        left = len(found) - len(items)
        yield Part("Assumptions", texts, items=[*items, *([f"and {left} more."] if left > 0 else [])])
        return
    part = varied_part(shown.head(_MOST_ROWS // 2))
    more = (
        [f"The table shows the first {_MOST_ROWS // 2}; `civicsim study methods` gives all."]
        if len(found) > _MOST_ROWS // 2
        else []
    )
    yield replace(part, heading="Assumptions", texts=[*texts, *more])


def _failures(store: Store) -> Iterator[Part]:
    found = store.failures()
    if not len(found):
        return
    rows = [
        [f"{row.point}:{row.seed}", row.stage, row.type, row.message[:200], row.command]
        for row in found.head(_MOST_FAILURES).itertuples()
    ]
    more = f"; the first {_MOST_FAILURES}" if len(found) > _MOST_FAILURES else ""
    caption = f"Runs that failed ({len(found)}{more}). All numbers leave them out."
    yield Part("Failures", table=Table(caption, ["Point:seed", "Stage", "Kind", "Message", "Command to repeat"], rows))


def _methods(subject: Subject) -> Part:
    verdicts = subject.contrasts["verdict"] if subject.leads and len(subject.contrasts) else []
    return Part("Methods", [methods_text(subject.store), ("Verdicts:", _VERDICTS), *explained(verdicts)])


def _repeat(store: Store, search: Adversary | None) -> Part:
    """Return the one command that repeats the study beside the folder of its results, with its file folded away."""
    # The folder has all scenarios of the study and all its seeds; the file may name others.
    again = f"civicsim study run {shlex.quote(store.path.name)} --out again"
    if search is not None:
        trials = int((search.trials["found"] == SEARCH).sum())
        again = (
            f"civicsim study adversary study.toml --style {search.style} --measure {search.about.column} --trials {trials} "
            f"--fresh {search.n_fresh} --seed {search.seed} --out again"
        )
    manifest, file = store.manifest, store.path / "study.toml"
    software = manifest["software"]
    commit = f", commit {manifest['commit']}" if manifest.get("commit") else ""
    about = (
        f"civicsim {software['civicsim']} (model code {software['model']}{commit}), Python {software['python']}, {manifest['platform']}; study "
        f"{manifest['study']}, {seeds_text(store.seeds)}."
    )
    files = [("study.toml", file.read_text(encoding="utf-8"))] if file.exists() else []
    return Part(
        "Repeat it",
        [
            f"`{again}`",
            about,
            "The same software gives the same numbers. `civicsim study export` writes every run as a table.",
        ],
        files=files,
    )


# -- means, folded away ------------------------------------------------------------------------------------------------


def _means(subject: Subject) -> Iterator[Part]:
    """Yield the means of all policies and measures, folded away."""
    columns = subject.runs.columns
    runs = subject.runs.points.drop(columns="against")
    words, futures = subject.runs.policy_words(), runs["future"].nunique() > 1
    rows = []
    for policy, own in list(runs.groupby("policy"))[:_MOST_POLICIES]:
        values = {name: subject.runs.values[name][own["point"].to_numpy()] for name in columns}
        cells = [_mean_cell(name, cube, own["future"].to_numpy(), futures) for name, cube in values.items()]
        n = max((int(np.isfinite(cube).sum()) for cube in values.values()), default=0)
        rows.append([words[int(policy)], *cells, str(n)])
    n_policies = runs["policy"].nunique()
    shown = f"; the first {_MOST_POLICIES} of {n_policies}" if n_policies > _MOST_POLICIES else ""
    if futures:
        under = f"the range from the 5 % to the 95 % of {runs['future'].nunique()} futures, which shows parameter uncertainty and shocks"
    else:
        under = f"{INTERVAL} t intervals over runs, which show run-to-run variation"
    heads = ["Policy", *(f"{about.label}\n{about.unit}" for about in columns.values()), "Runs (n)"]
    yield Part(
        table=Table(f"Means; under them, {under}{shown}.", heads, rows), fold="Means of every policy and measure"
    )


def _mean_cell(column: str, cube: np.ndarray, future: np.ndarray, futures: bool) -> str:
    """Return the mean of a policy with its interval over runs, or its range over futures, from (points, seeds) values."""
    known = MEASURES.get(column.partition("__")[0])
    if not futures:
        found = estimate(cube.ravel(), bounds=ANYWHERE if known is None else known.bounds)
    else:
        means = pd.DataFrame(cube).groupby(future).mean().mean(axis=1).dropna().to_numpy()
        ends = np.quantile(means, _OUTER) if len(means) else (np.nan, np.nan)
        found = Estimate(float(means.mean()) if len(means) else np.nan, float(ends[0]), float(ends[1]), len(means))
    return "\n".join(with_interval(found.mean, found.low, found.high)) if found.n else number(np.nan)


def _shortened(part: Part) -> Part:
    """Return a part whose table in full view has no more rows than a page of paper."""
    table = part.table
    if table is None or part.fold or len(table.rows) <= _MOST_ROWS:
        return part
    caption = f"{table.caption.removesuffix('.')}; the first {_MOST_ROWS} of {len(table.rows)}."
    return replace(part, table=Table(caption, table.heads, table.rows[:_MOST_ROWS]))
