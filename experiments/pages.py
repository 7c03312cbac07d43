"""The page of each study that compares styles: what is computed from its stores, by functions of civicsim, and how it is shown."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import civicsim as cs
from civicsim.experiment.order import order_study
from civicsim.experiment.wording import number, percent, scale_of
from civicsim.study.analysis.contrasts import contrast
from civicsim.study.analysis.matched import matched, mean_of
from civicsim.study.store.store import Store
from experiments.catalogue import FEW, STUDIES, STYLES, WELLBEING
from experiments.writing import Page, box_words, text_of

SHOWN = ("burnt_out_share", "voice_share", "trust", "quality_true", "harm_rate")
"""Burnout, voice, trust, care and harm: shown side by side, and never weighed against one another."""
SEARCHED = ("quality_true", "burnt_out_share", "trust")
"""Measures of which a search looks for the worst case of civic culture."""
CIVIC, FEAR = "civic-culture", "targets-through-fear"
CROSSED = ("status-quo", "command", CIVIC)
"""Styles of which a page shows the attitudes of each with the hours of each; the table has all."""


@dataclass(frozen=True)
class Ran:
    """A study that was run: its stores by part, the folder of these, and whether it is the small version."""

    name: str
    stores: dict[str, Store]
    folder: Path
    small: bool
    processes: int | None

    @property
    def shown(self) -> tuple[str, ...]:
        """Measures of which the page shows tables; CSV files have all."""
        return SHOWN[:1] if self.small else SHOWN


# -- pieces of pages ---------------------------------------------------------------------------------------------------


def opening(ran: Ran, folder: Path) -> Page:
    """Return a page with question, expectation and design."""
    parts = STUDIES[ran.name]
    study = next(iter(ran.stores.values())).study
    page = Page(folder, study.title, f"python -m experiments {ran.name}")
    page.say(f"**Question.** {study.question}")
    if study.expectation:
        page.say(f"**Expectation**, recorded before the runs. {study.expectation.strip()}")
    rows = pd.DataFrame([{"part": part.name, "what": part.words} | _size(ran.stores[part.name]) for part in parts])
    cells = {
        "part": text_of("part"),
        "what it is": text_of("what"),
        "styles": text_of("styles"),
        "draws": text_of("draws"),
    }
    page.table(rows, cells | {"seeds": text_of("seeds"), "runs": lambda row: f"{row['runs']:,}"})
    if ran.name != "flagship":
        page.say(
            "What a style does to burnout rests on a few weights; with these at 0 see the [flagship](../flagship/README.md)."
        )
    failed = sum(len(store.failures()) for store in ran.stores.values())
    if failed:
        page.say(f"**{failed} runs failed** and are left out.")
    return page


def _size(store: Store) -> dict[str, int]:
    points, seeds = store.study.points, len(store.seeds)
    return {
        "styles": points["style"].nunique(),
        "draws": points["draw"].nunique(),
        "seeds": seeds,
        "runs": len(points) * seeds,
    }


def compared(store: Store) -> pd.DataFrame:
    """Return differences of all measures and horizons from the status quo, with the share of pairs in which they are better."""
    found = cs.contrasts(store, ["all"], against="status-quo")
    better = np.where(found["better"] == "lower", found["share_lower"], found["share_higher"])
    return found.assign(share_better=np.where(found["better"] == "neither", np.nan, better))


KEPT = [
    "part",
    "measure",
    "label",
    "unit",
    "better",
    "words",
    "against",
    "shock",
    "difference",
    "low",
    "high",
    "uncertainty",
    "run_low",
    "run_high",
    "parameter_low",
    "parameter_high",
    "median",
    "q25",
    "q75",
    "share_higher",
    "share_lower",
    "share_better",
    "n",
    "n_seeds",
    "n_draws",
    "verdict",
]
"""Columns of tables of differences."""


def keep_differences(page: Page, found: pd.DataFrame) -> str:
    """Write a table of differences, and return a link to it."""
    return page.keep("differences", found[[name for name in KEPT if name in found]])


def difference(row: Any, low: str = "run_low", high: str = "run_high") -> str:
    """Return a mean difference with one of its intervals."""
    return scale_of(row["unit"]).difference(row["difference"], row[low], row[high])


def _quartiles(row: Any) -> str:
    scale = scale_of(row["unit"])
    return f"{scale.text(row['median'], False)} ({scale.between(row['q25'], row['q75'])})"


def show_differences(page: Page, found: pd.DataFrame, measures: Sequence[str], extra: Any = None) -> None:
    """Add a table of differences for each measure: mean with both kinds of uncertainty, quartiles, and share better."""
    for measure in measures:
        rows = found[found["measure"] == measure]
        if not len(rows):
            continue
        page.say(f"**{rows['label'].iloc[0]}** (difference from the status quo; {rows['better'].iloc[0]} is better).")
        cells = {
            "style": text_of("words"),
            "mean (95 % over seeds)": difference,
            "middle 95 % of draws": lambda row: scale_of(row["unit"]).between(
                row["parameter_low"], row["parameter_high"]
            ),
            "median (quartiles) of pairs": _quartiles,
            "better in": lambda row: percent(row["share_better"]),
            "verdict": text_of("verdict"),
        }
        page.table(rows, cells | (extra(measure) if extra else {}))


def show_ranks(page: Page, store: Store, measures: Iterable[str], prefix: str = "") -> None:
    """Add how policies rank over futures, by measure; measures are not weighed against one another."""
    for measure in measures:
        found = cs.rank(store, measure)
        wide = found.distribution.rename(columns=lambda k: f"rank_{k}").rename_axis("words").reset_index()
        link = page.keep(f"{prefix}ranks-{measure}", found.summary.merge(wide, on="words"))
        page.say(f"**{found.about.label}**: ranks over {found.ranks.shape[1]} futures ({link}).")
        cells = {
            "policy": text_of("words"),
            "best in (95 % over draws)": lambda row: (
                f"{percent(row['best'])} ({percent(row['low'])} to {percent(row['high'])})"
            ),
            "mean rank": lambda row: number(row["mean_rank"], 1),
            "rank in nine tenths of futures": lambda row: f"{round(row['rank_low'])} to {round(row['rank_high'])}",
        }
        page.table(found.summary, cells)
        agreement = [
            f"{row.source} W {number(row.w, 2)} (chance {number(row.chance, 2)})"
            for row in found.agreement.itertuples()
        ]
        page.say(f"Agreement of orders between: {'; '.join(agreement)}.")


def show_worlds(page: Page, store: Store, part: str, measures: Iterable[str]) -> None:
    """Add how the order of styles depends on the setting, by measure."""
    worlds, rows = [], []
    for measure in measures:
        found = cs.multiverse(store, measure)
        worlds.append(found.worlds.assign(measure=measure))
        rows.append(found.differences.assign(measure=measure))
        page.say(f"**{found.about.label}.** {found.words}")
    tables = {f"{part}-worlds": pd.concat(worlds), f"{part}-differences": pd.concat(rows)}
    page.say(f"Orders and differences: {', '.join(page.keep(name, table) for name, table in tables.items())}.")
    table = (
        tables[f"{part}-worlds"].pivot_table(index="world", columns="measure", values="tau", sort=False).reset_index()
    )
    names = {name: (lambda row, name=name: number(row[name], 2)) for name in table.columns[1:]}
    page.say("Kendall's tau to the order as published:")
    page.table(table, {"world": text_of("world"), **names})


# -- pages -------------------------------------------------------------------------------------------------------------


def flagship(ran: Ran, folder: Path) -> Page:
    """Write what styles do: horizons, ranks, and the same with other numbers, hours, money and kinds of organisation."""
    page = opening(ran, folder)
    tables = {name: compared(store).assign(part=name) for name, store in ran.stores.items()}
    link = keep_differences(page, pd.concat(tables.values()))
    main, zero = tables["equal-hours"], tables["at-zero"]
    page.heading("After five years, with equal hours")
    page.say(
        f"All parts, measures and horizons: {link}. Measures are not weighed against one another, and no style is named best overall."
    )

    def at_zero(measure: str) -> Any:
        own = zero[zero["measure"] == measure].set_index("words")
        wellbeing = measure in WELLBEING or measure == "belonging"
        return {"with deciding numbers at 0": lambda row: difference(own.loc[row["words"]])} if wellbeing else {}

    show_differences(page, main, (*ran.shown, "leaver_rate"), at_zero)
    for measure in ran.shown:
        store = ran.stores["equal-hours"]
        page.figure(
            measure, store.plot("differences", measure), f"{measure}: difference of each style from the status quo"
        )
    page.heading("Horizons")
    for measure in ran.shown:
        _horizons(page, main, measure)
    page.heading("Ranks")
    show_ranks(page, ran.stores["equal-hours"], ran.shown)
    page.heading("Other hours, money and kinds of organisation")
    for measure in ran.shown:
        _parts(page, tables, measure)
    return page


def _horizons(page: Page, found: pd.DataFrame, measure: str) -> None:
    columns = [name for name in found["measure"].unique() if name.partition("__")[0] == measure]
    rows = found[found["measure"].isin(columns)]
    page.say(
        f"**{rows['label'].iloc[0]}**, difference from the status quo in the quarter before week 26, 52, 156 and 260."
    )
    by = {name: rows[rows["measure"] == name].set_index("words") for name in reversed(columns)}
    weeks = {name: 260 if name == measure else int(name.rpartition("_")[2]) + 1 for name in by}
    cells = {
        f"week {weeks[name]}": (lambda row, own=own: difference(own.loc[row["words"]])) for name, own in by.items()
    }
    page.table(rows[["words"]].drop_duplicates(), {"style": text_of("words"), **cells})


def _parts(page: Page, tables: dict[str, pd.DataFrame], measure: str) -> None:
    by = {
        name: found[found["measure"] == measure].set_index("words")
        for name, found in tables.items()
        if name != "at-zero"
    }
    first = by["equal-hours"]
    page.say(f"**{first['label'].iloc[0]}**, difference from the status quo after five years.")
    cells = {name: (lambda row, own=own: difference(own.loc[row["words"]])) for name, own in by.items()}
    page.table(first.reset_index()[["words"]], {"style": text_of("words"), **cells})


def shocks(ran: Ran, folder: Path) -> Page:
    """Styles with and without shocks: differences in each, what a shock changes, and whether orders agree."""
    page, store = opening(ran, folder), ran.stores["shocks"]
    found = compared(store)
    changed = cs.effects(store, "style", ["shock"])
    links = keep_differences(page, found), page.keep("effects", changed)
    page.say(f"Differences under each shock: {links[0]}; effects of style and shock and their interaction: {links[1]}.")
    for measure in ran.shown:
        rows = found[found["measure"] == measure]
        by = {shock: own.set_index("words") for shock, own in rows.groupby("shock", sort=False)}
        page.say(f"**{rows['label'].iloc[0]}**, difference from the status quo after five years.")
        cells = {str(shock): (lambda row, own=own: difference(own.loc[row["words"]])) for shock, own in by.items()}
        page.table(rows[["words"]].drop_duplicates(), {"style": text_of("words"), **cells})
    page.heading("Ranks")
    show_ranks(page, store, ran.shown)
    return page


def swap(ran: Ran, folder: Path) -> Page:
    """Attitudes of one style with the hours of another: shares of the variance, and the two effects of each style."""
    page, store = opening(ran, folder), ran.stores["swap"]
    runs, styles = matched(store, ["all"]), list(dict.fromkeys(store.study.points["style"]))
    # Points come by style, setting and draw, and settings are the hours of the styles in their order.
    shape = len(styles), len(STYLES), runs.points["draw"].nunique(), -1
    shares, effects, crossed = [], [], []
    usual, own_hours = styles.index("status-quo"), STYLES.index("status-quo")
    for measure, about in runs.columns.items():
        cube = runs.values[measure].reshape(shape)
        means = mean_of(cube.reshape(*cube.shape[:2], -1), axis=2)
        attitudes, hours = means.mean(axis=1, keepdims=True), means.mean(axis=0, keepdims=True)
        parts = {"attitudes": attitudes, "hours": hours, "together": means - attitudes - hours}
        shares.append({"measure": measure, **{name: float(own.var() / means.var()) for name, own in parts.items()}})
        for k, at in itertools.product(range(len(styles)), range(len(STYLES))):
            found = contrast(cube[k, at], cube[usual, own_hours], about)
            ends = {name: found[name] for name in ("difference", "run_low", "run_high")}
            crossed.append(about.row | {"attitudes": styles[k], "hours": STYLES[at]} | ends)
        for k, style in enumerate(styles):
            if k == usual:
                continue
            at = STYLES.index(style)
            pairs = {
                "attitudes": (cube[k].mean(axis=0), cube[usual].mean(axis=0)),
                "hours": (cube[:, at].mean(axis=0), cube[:, own_hours].mean(axis=0)),
                "both": (cube[k, at], cube[usual, own_hours]),
            }
            effects += [about.row | {"style": style, "of": of} | contrast(*pair, about) for of, pair in pairs.items()]
    page.say(
        f"Shares of the variance between the mean results of all combinations: {page.keep('shares', pd.DataFrame(shares))}."
    )
    names = ("attitudes", "hours", "together")
    cells = {name: (lambda row, name=name: percent(row[name])) for name in names}
    page.table(pd.DataFrame(shares), {"measure": text_of("measure"), **cells})
    table = pd.DataFrame(effects)
    page.say(
        f"Effects against those of the status quo, the mean over all hours or all attitudes: {page.keep('effects', table)}."
    )
    for measure in ran.shown:
        own = table[table["measure"] == measure]
        by = {kind: rows.set_index("style") for kind, rows in own.groupby("of", sort=False)}
        page.say(f"**{own['label'].iloc[0]}.** *Both* is the style as it is.")
        cells = {kind: (lambda row, rows=rows: difference(rows.loc[row["style"]])) for kind, rows in by.items()}
        page.table(own[["style"]].drop_duplicates(), {"style": text_of("style"), **cells})
    crossings = pd.DataFrame(crossed)
    page.say(
        "Attitudes of one style with the hours of another, against the status quo as it is, of all pairs of styles: "
        f"{page.keep('combinations', crossings)}. Here those of three."
    )
    for measure in ran.shown:
        own = crossings[(crossings["measure"] == measure) & crossings["attitudes"].isin(CROSSED)]
        page.say(f"**{own['label'].iloc[0]}**")
        by = {hours: own[own["hours"] == hours].set_index("attitudes") for hours in CROSSED}
        cells = {
            f"hours of {hours}": (lambda row, rows=rows: difference(rows.loc[row["attitudes"]]))
            for hours, rows in by.items()
        }
        page.table(own[["attitudes"]].drop_duplicates(), {"attitudes of": text_of("attitudes"), **cells})
    return page


def losing(ran: Ran, folder: Path) -> Page:
    """Where civic culture loses and fear wins: boxes with coverage and density, what decides, and searches for the worst case."""
    page, store = opening(ran, folder), ran.stores["futures"]
    styles = list(dict.fromkeys(store.study.points["style"]))
    page.say(f"Differences from the status quo: {keep_differences(page, compared(store))}.")
    page.say("Coverage is the share of lost futures in a box, density the share of the futures in it that are lost.")
    others = [style for style in styles if style != CIVIC]
    _boxes(page, ran, "civic-loses", [(CIVIC, other) for other in others], "Where civic culture loses")
    _boxes(page, ran, "fear-wins", [(other, FEAR) for other in styles if other != FEAR], "Where fear wins")
    page.heading("What decides")
    decided = []
    for measure in ran.shown:
        found = cs.decide(store, measure, [CIVIC, "command"])
        decided.append(found.table.assign(measure=measure))
        page.say(f"**{found.about.label}.** {found.words}")
    page.say(f"The numbers most worth measuring, for all measures: {page.keep('decides', pd.concat(decided))}.")
    page.heading("The worst case that a search finds")
    for measure in SEARCHED[: 1 if ran.small else None]:
        _search(page, ran, measure)
    return page


def _boxes(page: Page, ran: Ran, name: str, pairs: Sequence[tuple[str, str]], title: str) -> None:
    page.heading(title)
    rows, boxes = [], []
    for measure in ran.shown:
        for style, against in pairs:
            found = cs.discover(ran.stores["futures"], measure, style, against)
            about = {"measure": measure, "label": found.about.label, "style": style, "against": against}
            lost = {"n": found.n, "lost": found.n_lost, "share": found.n_lost / found.n, "close": found.n_close}
            validated = {"coverage_elsewhere": found.coverage_elsewhere, "density_elsewhere": found.density_elsewhere}
            first = found.boxes.iloc[0].to_dict() if len(found.boxes) else dict.fromkeys(found.boxes.columns, np.nan)
            rows.append(about | lost | {key: first[key] for key in ("box", "coverage", "density")} | validated)
            boxes.append(found.boxes.assign(**about))
    table = pd.DataFrame(rows)
    links = page.keep(name, table), page.keep(f"{name}-boxes", pd.concat(boxes))
    page.say(f"By more than what matters; the densest box of each pair. All: {links[0]}, {links[1]}.")
    cells = {
        "measure": text_of("label"),
        "loses": text_of("style"),
        "to": text_of("against"),
        "in": lambda row: f"{percent(row['share'], 1)} of futures",
        "when": lambda row: box_words(row["box"]) if isinstance(row["box"], str) else "no box",
        "coverage": lambda row: percent(row["coverage"]),
        "density": lambda row: percent(row["density"]),
    }
    page.table(table, cells)


def _search(page: Page, ran: Ran, measure: str) -> None:
    """Add the result of an adversarial search against civic culture over the same futures."""
    part = dataclasses.replace(STUDIES["losing"][0], changes={"styles": FEW, "design": {"draws": 64}})
    trials, fresh = (8, 2) if ran.small else (200, 30)
    study = part.study(ran.small)
    found = cs.adversary(
        study, CIVIC, measure, ran.folder / f"search-{measure}", trials=trials, fresh=fresh, processes=ran.processes
    )
    page.say(f"**{found.about.label}.** {found.words} {found.box_words}")
    names = f"search-{measure}-worst", f"search-{measure}-parameters"
    links = page.keep(names[0], found.worst), page.keep(names[1], found.parameters)
    page.say(f"Worst cases, simulated again, and what matters to them: {links[0]}, {links[1]}.")


def robustness(ran: Ran, folder: Path) -> Page:
    """Whether the order of styles survives other mechanisms, forms, contagion, networks, sizes, levers and orders of the week."""
    page = opening(ran, folder)
    page.heading("Mechanisms")
    found = cs.ablation(ran.stores["ablation"])
    page.say(
        f"Each mechanism switched off by itself, and each by itself with the core: {page.keep('ablation', found)}."
    )
    carries = found[(found["style"] == CIVIC) & found["measure"].isin(SHOWN) & (found["finding"] != "")]
    table = carries.pivot(index="setting", columns="measure", values="finding").reset_index()
    names = {name: (lambda row, name=name: str(row[name])) for name in table.columns[1:]}
    page.say("What each does to the difference of civic culture from the status quo:")
    page.table(table, {"mechanism": text_of("setting"), **names})
    titles = {
        "forms": "Forms of rules",
        "combinations": "Forms of rules, combined",
        "contagion": "Contagion, and neutral copying",
        "networks": "Networks",
        "sizes": "Sizes",
    }
    for part, title in titles.items():
        page.heading(title)
        show_worlds(page, ran.stores[part], part, ran.shown)
    page.heading("Random levers")
    _among_random(page, ran.stores["random-levers"])
    page.heading("Order of the week")
    page.say("Shifts of the difference of civic culture from the status quo, with the week in twenty other orders.")
    table = _order(ran)
    page.say(f"All: {page.keep('order', table)}. *Matters* is a fifth of the standard deviation between runs.")
    cells = {
        "measure": text_of("label"),
        "difference": lambda row: number(row["mean"]),
        "mean shift": lambda row: f"{number(row['shift'])} ({number(row['shift_low'])} to {number(row['shift_high'])})",
        "SD between orders": lambda row: number(row["order_sd"]),
        "matters from": lambda row: number(row["threshold"]),
        "more than that": text_of("exceeds"),
    }
    page.table(table, cells)
    return page


def _among_random(page: Page, store: Store) -> None:
    """Add where the shipped styles stand among random ones, by measure."""
    runs, rows = matched(store), []
    for measure, about in runs.columns.items():
        means = pd.Series(about.sign * mean_of(runs.values[measure], axis=1), index=runs.points["style"])
        at_random = means[means.index.str.startswith("random-")]
        named = means[~means.index.str.startswith("random-")]
        rows += [
            {"measure": measure, "style": style, "beats": float((at_random < own).mean())}
            for style, own in named.items()
        ]
    table = pd.DataFrame(rows)
    page.say(f"Share of styles with random levers that each shipped style beats: {page.keep('random-levers', table)}.")
    wide = table.pivot(index="style", columns="measure", values="beats").reset_index()
    page.table(wide, {"style": text_of("style")} | {name: _share(name) for name in SHOWN})


def _share(name: str) -> Callable[[Any], str]:
    return lambda row: percent(row[name])


def _order(ran: Ran) -> pd.DataFrame:
    """Return how far the difference of civic culture moves with the order of the week; kept in the folder of stores."""
    kept = ran.folder / "order.csv"
    if not kept.is_file():
        study = ran.stores["sizes"].study
        civic, other = (
            study.scenario(int(study.points.query("style == @style and setting == 0")["point"].iloc[0]))
            for style in (CIVIC, "status-quo")
        )
        n_orders, seeds = (3, 2) if ran.small else (20, 40)
        found = order_study(
            civic,
            n_orders,
            seeds,
            against=other,
            measures=list(ran.shown),
            last_weeks=13,
            threads=1 if ran.small else None,
        )
        found.table().to_csv(kept, index=False)
    return pd.read_csv(kept)


PAGES: dict[str, Callable[[Ran, Path], Page]] = {
    "flagship": flagship,
    "shocks": shocks,
    "hours-and-attitudes": swap,
    "losing": losing,
    "robustness": robustness,
}
"""What writes the page of each study of styles."""
