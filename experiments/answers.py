"""The source papers, answered: what became of each of their claims, from the tables of the studies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from civicsim.experiment.wording import percent, scale_of
from civicsim.scenario.toml import read_toml
from experiments.catalogue import HERE
from experiments.scoreboard import ORDER, WAITING, condition, effect, scored
from experiments.writing import Page, text_of

PAPERS = ("citizenship", "dialogue", "leadership", "assembly", "clinicians")
"""Folders of the papers in ``experiments/papers``; each holds the claims in ``claims.toml``."""


def claims(paper: str) -> dict[str, Any]:
    """Return title, citation, claims and what the model cannot speak about, of one paper."""
    found: dict[str, Any] = read_toml(HERE / "papers" / paper / "claims.toml")
    return found


def answer(paper: str, pages: Path) -> Page:
    """Return the page of a paper, from the tables in the folder of pages.

    Parameters
    ----------
    paper : str
        One of :data:`PAPERS`.
    pages : Path
        Folder with ``hypotheses/*.csv`` and ``flagship/differences.csv``; what is missing there is reported as not scored yet.
    """
    about, found = claims(paper), scored(pages)
    page = Page(pages / "papers" / paper, f"{about['title']}: what the model answers", "python -m experiments")
    page.say(f"{about['cite']}.")
    page.say(about["about"])
    named = [name for claim in about["claim"] for name in claim["hypotheses"]]
    whole = found.drop_duplicates("id").set_index("id")["score"]
    counts = whole[list(dict.fromkeys(named))].value_counts()
    tally = ", ".join(f"{counts[score]} {score}" for score in ORDER if score in counts.index)
    page.say(
        f"**In short.** The {len(about['claim'])} claims are tested by {counts.sum()} hypotheses: {tally}. Signs and measures were recorded "
        "before any comparison of styles; a hypothesis is our reading of a claim, and its score is about the model. All parts, effects and "
        "conditions are on the [scoreboard](../../scoreboard.md)."
    )
    page.heading("Claims")
    page.table(pd.DataFrame(_claims(about, found)), {key: text_of(key) for key in _HEADINGS})
    _styles(page, about, pages)
    page.heading("What the model cannot tell you")
    page.say("\n".join(f"- {one['words']}" for one in about["cannot"]))
    return page


_HEADINGS = ("claim of the paper", "hypothesis", "score", "effects (95 % over seeds; share of draws with the sign)")


def _claims(about: dict[str, Any], found: pd.DataFrame) -> Iterator[dict[str, str]]:
    for claim in about["claim"]:
        for k, name in enumerate(claim["hypotheses"]):
            rows = (
                found[found["id"] == name].fillna({"label": "", "note": "", "part": "", "hold": ""}).to_dict("records")
            )
            yield {
                "claim of the paper": "" if k else claim["words"],
                "hypothesis": f"{name}: “{rows[0]['statement']}”",
                "score": f"**{rows[0]['score']}**",
                _HEADINGS[-1]: "; ".join(_effect(row) for row in rows if row["verdict"] != WAITING),
            }


def _effect(row: dict[str, Any]) -> str:
    share = "" if pd.isna(row["share"]) else f", {percent(row['share'])}"
    return f"{condition(row)}: {effect(row)}{share}: {row['verdict']}"


def _styles(page: Page, about: dict[str, Any], pages: Path) -> None:
    file = pages / "flagship" / "differences.csv"
    if not file.is_file():
        return
    found = pd.read_csv(file)
    found = found[found["words"].isin(about["styles"]) & found["measure"].isin(about["measures"])]
    main, zero = (found[found["part"] == part] for part in ("equal-hours", "at-zero"))
    zero = zero.set_index(["words", "measure"])

    def text(row: Any) -> str:
        return scale_of(row["unit"]).difference(row["difference"], row["run_low"], row["run_high"])

    page.heading("Styles close to what the paper proposes or warns of")
    page.say(
        "Difference from the status quo after five years with equal hours, over the parameter sets that fit published data, beside the "
        "same with the deciding numbers at 0 ([all measures, horizons and conditions](../../flagship/README.md))."
    )
    cells = {
        "style": text_of("words"),
        "measure": text_of("label"),
        "better": text_of("better"),
        "mean (95 % over seeds)": text,
        "middle 95 % of draws": lambda row: scale_of(row["unit"]).between(row["parameter_low"], row["parameter_high"]),
        "better in": lambda row: "–" if pd.isna(row["share_better"]) else percent(row["share_better"]),
        "with the deciding numbers at 0": lambda row: text(zero.loc[(row["words"], row["measure"])]),
    }
    page.table(main.sort_values(["words", "measure"]), cells)
