"""How a study was done, for an article: its methods in words, the parameters that varied, a checklist and a citation.

Every number is read from the store. Nothing has to be filled in by hand.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator

import pandas as pd

import civicsim
from civicsim.experiment.wording import counted, setting_text
from civicsim.model.week import PUBLISHED
from civicsim.report.model_page import page, template
from civicsim.report.parts import Columns, Part, table_of
from civicsim.report.words import INTERVAL, kind_text, product_text, seeds_text, size_text, time_text
from civicsim.scenario.sizes import n_managers, n_staff
from civicsim.study.design.factors import Factor
from civicsim.study.design.study import Study
from civicsim.study.design.summaries import Summary
from civicsim.study.store.store import Store

RELEASED = "2026-11-29"
"""Date of the release of this version, as in ``CITATION.cff``."""
_MOST_NAMED = 12
"""Styles, levels or measures that a sentence names one by one; of more it gives the number."""
DESIGNS = {
    "grid": "every combination of levels",
    "one-at-a-time": "the base and each level alone",
    "forms": "the published form of every rule and each other form",
    "list": "listed one by one",
    "contrasts": "the conditions that its contrasts need",
    "csv": "rows of a table",
    "latin-hypercube": "a Latin hypercube (sample seed {seed})",
    "sobol": "Saltelli's design for Sobol' indices with base sample {n} (sample seed {seed})",
    "morris": "{n} Morris trajectories on {levels} levels (sample seed {seed})",
}
"""Words for each design, filled with its options."""
_ITEMS = {
    "1.3": ("aim", "design"),
    "2.3": ("design",),
    "3.3": ("varied",),
    "4.1": ("start",),
    "4.2": ("weeks", "measures"),
    "4.3": ("seeds", "intervals"),
    "5.1": ("software",),
    "5.4": ("machine",),
    "6.1": ("repeat",),
}
_SUBJECTS = [
    "aim",
    "model",
    "case",
    "start",
    "weeks",
    "design",
    "varied",
    "seeds",
    "measures",
    "intervals",
    "software",
    "machine",
    "repeat",
]
"""Items of the STRESS-ABS checklist that a study answers, each with sentences of :func:`sentences`."""


def methods_text(store: Store) -> str:
    """Return the methods of a study as one paragraph."""
    return " ".join(text for key, text in sentences(store).items() if key != "aim" and text)


def sentences(store: Store) -> dict[str, str]:
    """Return what a methods paragraph says about a study, by subject; empty where there is nothing to say.

    The words are those of the template ``pages/methods.md``.
    """
    study, manifest, points, log = store.study, store.manifest, store.study.points, store.log()
    protocol, method, found = study.protocol, study.layout, varied(study)
    base = next(iter(protocol.bases.values()))
    digits, _, changed = (manifest.get("commit") or "").partition("-")
    against, seconds = points["against"].dropna(), log["seconds"].sum() if len(log) else 0.0
    texts = [f"{row['parameter']}: {row['values']}" for row in found[found["role"] == "setting"].to_dict("records")]
    facts = template("methods", time=time_text, seeds=seeds_text, counted=counted).make_module(
        {
            "base": base,
            "baseline": points["style"].iloc[int(against.iloc[0])] if len(against) else "",
            "commit": f", commit {digits[:12]}{' with changes' if changed else ''}" if digits else "",
            "draws": found.loc[found["role"] == "draw", "distribution"].tolist(),
            "held": [
                f"{row['parameter']} = {row['values']}" for row in found[found["role"] == "held"].to_dict("records")
            ],
            "interval": INTERVAL,
            "kind": kind_text(base),
            "log": log,
            "manifest": manifest,
            "matters": [f"{name} {size:g}" for name, size in study.matters.items()],
            "measured": list(dict.fromkeys(column.measure for column in protocol.columns)),
            "method": method,
            "methods": DESIGNS,
            "minute": "%Y-%m-%d %H:%M",
            "most": _MOST_NAMED,
            "n_draws": points["draw"].nunique(),
            "over": [
                Summary(name).words(base.weeks) for name in dict.fromkeys(own.summary for own in protocol.columns)
            ],
            "product": product_text(points, len(store.seeds)),
            "protocol": protocol,
            "published": PUBLISHED,
            "rule": study.rule,
            "seed_numbers": store.seeds,
            "settings": texts,
            "size": _size(study),
            "versions": manifest["software"],
            "status": store.status(),
            "study": study,
            "styles": list(protocol.bases),
            "taken": f"{seconds / 3600:.1f} hours"
            if seconds >= 3600
            else f"{seconds:.{0 if seconds >= 10 else 1}f} seconds",
            "uncertain": points["draw"].nunique() > 1 or method.uncertain,
        }
    )
    return {name: " ".join(str(getattr(facts, name)()).split()) for name in _SUBJECTS}


def _size(study: Study) -> str:
    """Return the size of an organisation, or from which to which size, where that varies."""
    keys = [name for name, key in study.protocol.factors.items() if key.startswith("structure.")]
    once = study.points.drop_duplicates(["style", *keys])["point"]
    sizes = {size_text(scenario): scenario for scenario in (study.scenario(int(point)) for point in once)}
    if len(sizes) == 1:
        return next(iter(sizes))
    staff, managers = ([count(scenario) for scenario in sizes.values()] for count in (n_staff, n_managers))
    return f"{min(staff):,} to {max(staff):,} staff and {min(managers):,} to {max(managers):,} managers"


# -- what was varied ---------------------------------------------------------------------------------------------------


def varied(study: Study) -> pd.DataFrame:
    """Return the parameters that a study sets, a row each.

    Columns: parameter (full name), label, unit, role ("setting" for what someone decides, "draw" for what no one does, "held"
    for one value), values (each, or the range), low, high (NaN where it is no number), n (different values), distribution,
    default, status and source of the default.
    """
    protocol, points, rows = study.protocol, study.points, []
    asked = {factor.key: factor for factor in (*study.swept, *study.drawn)}
    for column, key in protocol.factors.items():
        about, values = protocol.sections.parameters[key], points[column]
        distinct = values.drop_duplicates().sort_values().tolist()
        by_setting = points.groupby(["style", "setting"])[column].nunique().max() == 1
        role = "held" if len(distinct) == 1 else "setting" if by_setting else "draw"
        number = not about.choices and not isinstance(about.default, bool)
        low, high = (float(distinct[0]), float(distinct[-1])) if number else (float("nan"), float("nan"))
        shown = [setting_text(value, about) for value in distinct]
        text = ", ".join(shown) if len(distinct) <= _MOST_NAMED or not number else f"{shown[0]} to {shown[-1]}"
        first = (key, about.label, about.unit.partition(";")[0], role, text, low, high, len(distinct))
        default = setting_text(about.default, about), about.status, about.source
        rows.append((*first, _distribution(asked.get(key), role, study), *default))
    names = "parameter label unit role values low high n distribution default status source"
    return pd.DataFrame(rows, columns=names.split())


def _distribution(factor: Factor | None, role: str, study: Study) -> str:
    if role == "held":
        return "one value"
    if factor is not None:
        return "listed" if factor.range is None else factor.range.distribution
    given = study.uncertainties
    if role == "draw" and "posterior" in given:
        return "parameter sets that fit published data"
    return f"draws of {given['file']}" if role == "draw" and "file" in given else "listed"


_VARIED: Columns = {
    "Parameter": lambda row: f"{row['label']}\n{row['parameter']}",
    "Role": lambda row: f"{row['role']}\n{row['distribution']}",
    "Values": lambda row: f"{row['values']}\n{row['unit']}",
    "Default": lambda row: f"{row['default']}\n{row['status']}",
    "Source of the default": lambda row: row["source"],
}


def varied_part(found: pd.DataFrame, most: int | None = None) -> Part:
    """Return the table of :func:`varied` as a part of a page; with ``most``, that many rows, without sources for width."""
    columns = dict(list(_VARIED.items())[: None if most is None else -1])
    shown = found if most is None else found.head(most)
    more = f"; the first {most} of {len(found)}" if len(shown) < len(found) else ""
    return Part("Parameters", table=table_of(f"What the study sets or varies{more}", columns, shown))


# -- the checklist and the citation ------------------------------------------------------------------------------------


def stress(store: Store) -> pd.DataFrame:
    """Return the STRESS-ABS checklist of a study: columns item, asks, here.

    Items about the model are those of the page ``stress-abs``; the study answers the others.
    """
    texts, rows = sentences(store), []
    for item, asks, here in _checklist():
        own = " ".join(filter(None, (texts[key] for key in _ITEMS.get(item, ()))))
        rows.append((item, asks, own or here))
    return pd.DataFrame(rows, columns=["item", "asks", "here"])


def _checklist() -> Iterator[tuple[str, str, str]]:
    """Yield the items of the page, as plain text."""
    for line in page("stress-abs").splitlines():
        if re.match(r"\| \d", line):
            text = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", line).replace("`", "").replace("*", "")
            item, asks, here = (cell.strip() for cell in text.strip("|").split("|"))
            yield item, asks, here


def stress_part(found: pd.DataFrame) -> Part:
    """Return the table of :func:`stress` as a part of a page."""
    columns: Columns = {
        "Item": lambda row: row["item"],
        "Asks for": lambda row: row["asks"],
        "Here": lambda row: row["here"],
    }
    caption = "Strengthening the Reporting of Empirical Simulation Studies (Monks and others 2019), agent-based version"
    return Part("STRESS-ABS checklist", table=table_of(caption, columns, found))


def bibtex() -> str:
    """Return the citation of this version of civicsim as an entry of BibTeX."""
    about = importlib.metadata.metadata("civicsim")
    fields = {
        "author": f"{{{about['Author']}}}",
        "title": "civicsim: Simulating civic culture in healthcare organisations",
        "version": civicsim.__version__,
        "year": RELEASED[:4],
        "date": RELEASED,
        "note": f"{about['License-Expression'] or about['License']} licence",
    }
    lines = ",\n".join(f"  {key} = {{{value}}}" for key, value in fields.items())
    return f"@software{{civicsim,\n{lines}\n}}\n"
