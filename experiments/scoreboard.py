"""The scoreboard: what became of the 67 hypotheses, by the rules at the head of ``hypotheses.toml``."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

import civicsim as cs
from civicsim.experiment.wording import number, percent, scale_of
from civicsim.report.canvas import Words, panel
from civicsim.report.look import BASELINE_COLOUR, BETTER, GRID, INK, WORSE, Look
from civicsim.report.rows import Dot, named_rows
from civicsim.scenario.toml import read_toml
from civicsim.study.analysis.declared import BUILT, CONTRARY, OPEN, SHOWN, SMALL, SUPPORTED, UNTESTABLE
from civicsim.study.store.store import Store
from experiments.catalogue import CLUSTERS, FEW, HERE, STUDIES, STYLES
from experiments.pages import Ran
from experiments.writing import Page, text_of

IN_PART, WAITING = "supported in part", "not scored yet"
ORDER = (SUPPORTED, SMALL, IN_PART, SHOWN, OPEN, CONTRARY, UNTESTABLE, BUILT, WAITING)
"""Scores in the order in which they are counted."""
_LOOKS = {SUPPORTED: BETTER, SMALL: BETTER, CONTRARY: WORSE}
_MOST = 30.0
"""Effects beyond so many margins are drawn at the edge of a figure. Assumption."""
_TICKS = (1.0, 3.0, 10.0, _MOST)
RATIO = 5.0
"""What hypothesis H32 compares the ratio of team to organisation with."""


def hypotheses() -> list[dict[str, Any]]:
    """Return the hypotheses as they were recorded."""
    found: list[dict[str, Any]] = read_toml(HERE / "hypotheses.toml")["hypothesis"]
    return found


@functools.cache
def clusters() -> dict[str, str]:
    """Return the study that tests each hypothesis."""
    read = {name: read_toml(HERE / "hypotheses" / f"{name}.toml")["contrast"] for name in CLUSTERS}
    return {block["name"].partition(".")[0]: name for name, blocks in read.items() for block in blocks}


# -- a study of hypotheses ---------------------------------------------------------------------------------------------


def verdicts(ran: Ran) -> pd.DataFrame:
    """Return the verdict on every contrast of a study, in each of its parts; "main" is what is scored."""
    found = pd.concat(
        [cs.declared_contrasts(store).assign(run=part) for part, store in ran.stores.items()], ignore_index=True
    )
    if ran.name == "networks":
        ratio = _of_ratio(_ratios(ran))
        here = (found["name"] == "H32") & (found["run"] == "main")
        found.loc[here, list(ratio)] = pd.Series(ratio).to_frame().T.to_numpy()
    return found


def _ratios(ran: Ran) -> pd.DataFrame:
    """Return the ratio of team to organisation by style and parameter set, −1 for the defaults; kept in the folder of stores."""
    kept = ran.folder / "icc-ratio.csv"
    n_seeds, n_draws, boot = (2, 1, 20) if ran.small else (30, 16, 200)
    done = pd.read_csv(kept) if kept.is_file() else pd.DataFrame({"draw": []})
    sizes: dict[str, Any] = {"n_teams": 3, "team_size": 5, "n_executives": 1} if ran.small else {}
    study = cs.Study(
        question="How much does what people say depend on their team?",
        styles=FEW if ran.small else STYLES,
        weeks=52 if ran.small else 156,
        burn_in_weeks=4 if ran.small else None,
        uncertainties={"posterior": n_draws},
        factors=sizes,
    )
    for draw in range(-1, n_draws):
        if draw in done["draw"].to_numpy():
            continue
        if draw < 0:
            scenarios = [one.with_(**sizes) for one in study.protocol.bases.values()]
        else:
            own = study.points.query("draw == @draw")
            scenarios = [study.scenario(int(point)) for point in own["point"]]
        results = cs.compare(*scenarios, seeds=n_seeds, threads=1 if ran.small else None).results
        rows = [
            {
                "draw": draw,
                "style": style,
                **result.icc_ratio(n_bootstrap=boot).set_index("item").loc["binary"].to_dict(),
            }
            for style, result in results.items()
        ]
        done = pd.concat([done, pd.DataFrame(rows)], ignore_index=True) if len(done) else pd.DataFrame(rows)
        done.to_csv(kept, index=False)
    return done


def _of_ratio(ratios: pd.DataFrame) -> dict[str, Any]:
    """Return the verdict on H32: in every style at least five, at the default parameters; and in what share of parameter sets."""
    usual, drawn = ratios[ratios["draw"] == -1], ratios[ratios["draw"] >= 0]
    least = usual.loc[usual["ratio"].fillna(np.inf).idxmin()]
    low, high = usual["low"].min() - RATIO, usual["high"].min() - RATIO
    verdict = SUPPORTED if low > 0.0 else CONTRARY if high < 0.0 else OPEN
    return {
        "difference": least["ratio"] - RATIO,
        "run_low": low,
        "run_high": high,
        "share": float((drawn.groupby("draw")["ratio"].min() > RATIO).mean()),
        "label": "Variance between teams over that between organisations",
        "unit": f"times, beyond {RATIO:g}",
        "verdict": verdict,
        "note": f"the style with the least ratio is {least['style']}; computed from runs of several organisations",
    }


def cluster(ran: Ran, folder: Path) -> Page:
    """Return the page of a study of hypotheses: every contrast, with the figure."""
    page = Page(folder, next(iter(ran.stores.values())).study.title, f"python -m experiments {ran.name}")
    page.say(f"**Question.** {next(iter(ran.stores.values())).study.question}")
    found = verdicts(ran)
    columns = [
        "run",
        "name",
        "measure",
        "label",
        "unit",
        "sign",
        "part",
        "expected",
        "difference",
        "run_low",
        "run_high",
        "parameter_low",
        "parameter_high",
        "median",
        "q25",
        "q75",
        "margin",
        "share",
        "finding",
        "verdict",
        "note",
        "n_seeds",
        "n_draws",
    ]
    link = page.keep(ran.name, found.reindex(columns=columns))
    parts = "; ".join(f"*{part.name}*: {part.words}, {_size(ran.stores[part.name])}" for part in STUDIES[ran.name])
    page.say(
        f"**Design.** {parts}. **All numbers**: {link}. Scores of whole hypotheses are on the [scoreboard](../scoreboard.md)."
    )
    if not ran.small or ran.name == CLUSTERS[0]:
        page.figure(
            ran.name,
            figure(found[found["run"] == "main"]),
            "Effects of the contrasts in units of what matters, with their intervals",
        )
    _contrasts(page, found)
    return page


def _size(store: Store) -> str:
    points = store.study.points
    return f"{len(points) // points['draw'].nunique()} conditions × {points['draw'].nunique()} draws × {len(store.seeds)} seeds"


def _contrasts(page: Page, found: pd.DataFrame) -> None:
    cells = {
        "contrast": lambda row: row["name"] + ("" if row["run"] == "main" else f", {row['run']}"),
        "measure": text_of("label"),
        "expected": lambda row: f"`{row['sign']}`" + (f" {row['part']}" if row["part"] else ""),
        "effect (95 % over seeds)": effect,
        "middle 95 % of draws": lambda row: scale_of(_unit(row)).between(row["parameter_low"], row["parameter_high"]),
        "sign holds in": lambda row: percent(row["share"]),
        "score": lambda row: row["verdict"] + (f": {row['note']}" if row["note"] else ""),
    }
    page.table(found, cells)


def _unit(row: Mapping[str, Any]) -> str:
    return row["unit"] if isinstance(row["unit"], str) else ""


def effect(row: Mapping[str, Any]) -> str:
    """Return the effect of a contrast with its interval over seeds."""
    if np.isnan(row["difference"]):
        return "–"
    return scale_of(_unit(row)).difference(row["difference"], row["run_low"], row["run_high"])


def condition(row: Mapping[str, Any]) -> str:
    """Return the measure of a contrast, the sign that is expected, and which part of it a row is about."""
    return f"{row['label'] or row['measure']} `{row['sign']}`" + (f", {row['part']}" if row["part"] else "")


def figure(found: pd.DataFrame) -> Axes:
    """Draw the effect of each contrast in units of its margin, so that different measures stand side by side."""
    rows = found[found["difference"].notna() & (found["margin"] > 0.0)]

    def draw(ax: Axes) -> Words:
        ends = ["difference", "run_low", "run_high", "parameter_low", "parameter_high"]
        scaled = (rows[ends].astype(float).div(rows["margin"].astype(float), axis=0)).clip(-_MOST, _MOST)
        dots = []
        for (_, own), verdict in zip(scaled.iterrows(), rows["verdict"], strict=True):
            look = Look(_LOOKS.get(verdict, INK), "solid", "o")
            mean, *bars = own.tolist()
            dots.append(Dot(mean, bars[0], bars[1], look, verdict in _LOOKS, np.nan, bars[2], bars[3]))
        several = rows["name"].duplicated(keep=False)
        names = [
            f"{row['name']} {row['label']}" + (f" [{row['part']}]" if more else "")
            for row, more in zip(rows.to_dict("records"), several, strict=True)
        ]
        height = named_rows(ax, names, dots, line=0.0, color=BASELINE_COLOUR, linewidth=0.9)
        # Near zero the axis is even, so that what matters little can be told apart; beyond, it is logarithmic.
        ax.set_xscale("symlog", linthresh=1.0)
        ax.set_xlim(-1.3 * _MOST, 1.3 * _MOST)
        ax.xaxis.set_major_locator(FixedLocator([*(-tick for tick in _TICKS), 0.0, *_TICKS]))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", "−"))
        ax.axvspan(-1.0, 1.0, color=GRID, alpha=0.6, zorder=0)
        ax.set_xlabel("effect, in units of the largest difference that is too small to matter")
        caption = (
            "Dot: mean effect; thick bar: 95 % interval over seeds; thin line: middle 95 % of draws. Blue: supported; vermilion: "
            f"contradicted; hollow: anything else. Grey: too small to matter. Beyond {_MOST:g} units drawn at the edge."
        )
        return Words("Effects in units of what matters", caption, height)

    return panel(draw, width=170.0)


# -- all of them -------------------------------------------------------------------------------------------------------


def score(verdicts: Sequence[str]) -> str:
    """Return the score of a hypothesis from the verdicts on its parts.

    Parts by construction do not count; a hypothesis of which all parts are is one. It is supported if all other parts are, and
    supported in part if only some are; with none it is contradicted if any part is.
    """
    counted = [verdict for verdict in verdicts if verdict != BUILT]
    if not counted:
        return BUILT
    for one in (WAITING, UNTESTABLE):
        if one in counted:
            return one
    good = [verdict in (SUPPORTED, SMALL) for verdict in counted]
    if all(good):
        return SMALL if SMALL in counted else SUPPORTED
    if any(good):
        return IN_PART
    return next(one for one in (CONTRARY, OPEN, SHOWN) if one in counted)


def scored(folder: Path) -> pd.DataFrame:
    """Return a row per part of a hypothesis, with its score and that of the whole, from the tables of the studies in a folder."""
    files = {name: folder / "hypotheses" / f"{name}.csv" for name in CLUSTERS}
    tables = [
        pd.read_csv(file, keep_default_na=True).assign(study=name) for name, file in files.items() if file.is_file()
    ]
    found = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["run", "name"])
    found = found[found["run"] == "main"]
    rows = []
    for one in hypotheses():
        parts = [{key: own for key, own in one.items() if key != "second"}]
        parts += [{**parts[0], **second} for second in one.get("second", [])]
        own = []
        for k, part in enumerate(parts, start=1):
            name = one["id"] + (f".{k}" if k > 1 else "")
            about = {key: part[key] for key in ("id", "statement", "contrast", "hold", "sign")} | {"name": name}
            about["study"] = clusters()[one["id"]]
            tests = found[found["name"] == name].to_dict("records")
            own += [about | {key: value for key, value in test.items() if key not in about} for test in tests] or [
                about | {"measure": part["measure"], "verdict": WAITING}
            ]
        whole = score([part["verdict"] for part in {row["name"]: row for row in own}.values()])
        rows += [row | {"score": whole} for row in own]
    columns = [
        "id",
        "name",
        "study",
        "statement",
        "contrast",
        "hold",
        "measure",
        "label",
        "unit",
        "sign",
        "part",
        "expected",
        "difference",
        "run_low",
        "run_high",
        "parameter_low",
        "parameter_high",
        "margin",
        "share",
        "finding",
        "verdict",
        "note",
        "score",
    ]
    return pd.DataFrame(rows).reindex(columns=columns)


def scoreboard(folder: Path) -> Page:
    """Return the page of all hypotheses, supported or not, in one table for each study."""
    page, found = Page(folder, "Scoreboard of 67 hypotheses", "python -m experiments"), scored(folder)
    link = page.keep("scoreboard", found)
    page.say(
        "Each hypothesis was recorded with its sign before any comparison of styles ([hypotheses.toml](hypotheses.toml)) and is scored by the "
        "rules at the head of that file. A score is about the model, and not about any real organisation. *By construction* are those that "
        f"follow from one equation ([reasons](by-construction.toml)); they are not counted as supported. All numbers: {link}."
    )
    whole = found.drop_duplicates("id")["score"].value_counts()
    counts = pd.DataFrame([{"score": name, "n": int(whole.get(name, 0))} for name in ORDER if name in whole.index])
    page.table(counts, {"score": text_of("score"), "hypotheses": text_of("n")})
    for name in CLUSTERS:
        rows = found[found["study"] == name].fillna({"label": "", "note": "", "part": ""})
        title = read_toml(HERE / "hypotheses" / f"{name}.toml")
        page.heading(title["title"])
        there = (folder / "hypotheses" / f"{name}.md").is_file()
        more = (
            f"[Design, figure and all contrasts](hypotheses/{name}.md)." if there else "The study has not been run yet."
        )
        page.say(f"{title['question']} {more}")
        if (folder / "hypotheses" / f"{name}.svg").is_file():
            page.blocks.append(f"![Effects in units of what matters](hypotheses/{name}.svg)")
        page.table(pd.DataFrame(_lines(rows)), {key: text_of(key) for key in _HEADINGS})
    return page


_HEADINGS = (
    "hypothesis",
    "expectation",
    "condition",
    "expected",
    "effect (95 % over seeds)",
    "sign holds in",
    "part",
    "score",
)


def _lines(rows: pd.DataFrame) -> Iterator[dict[str, str]]:
    first = ""
    for row in rows.to_dict("records"):
        new = row["id"] != first
        first = row["id"]
        yield {
            "hypothesis": row["name"],
            "expectation": f"“{row['statement']}”" if new else "",
            "condition": f"“{row['hold']}”",
            "expected": condition(row),
            "effect (95 % over seeds)": effect(row),
            "sign holds in": percent(row["share"]) if not np.isnan(row["share"]) else number(row["share"]),
            "part": row["verdict"] + (f": {row['note']}" if row["note"] and row["verdict"] != BUILT else ""),
            "score": f"**{row['score']}**" if new else "",
        }
