"""What README, page and lessons state about styles: sentences whose claims are filled in from published tables.

``findings.toml`` declares the sentences. Their words claim nothing; whatever does is filled in here, with its uncertainty, so that no
sentence can go beyond its table.
"""

from __future__ import annotations

import functools
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import tomli_w

from civicsim.errors import CivicsimError, nearest
from civicsim.experiment.statistics import wilson
from civicsim.experiment.wording import is_clear, number, outcome, percent, scale_of
from civicsim.model.measures import MEASURES
from civicsim.report.look import BASELINE_COLOUR, BETTER, INK, WORSE, Look, Picture, sample
from civicsim.report.rows import Dot, row_panels
from civicsim.report.words import INTERVAL, THINKING_AID
from civicsim.scenario.shipped import styles
from civicsim.scenario.toml import read_toml
from experiments.answers import PAPERS, claims
from experiments.catalogue import HERE, WELLBEING
from experiments.pages import CIVIC, SHOWN
from experiments.scoreboard import ORDER
from experiments.writing import box_words, join

FLAGSHIP = "flagship/differences.csv"
PICTURE = "flagship/headline.svg"
KEPT = Path("civicsim/app/findings.toml")
"""Where the page has the sentences from."""
CLAIMING = re.compile(
    r"\d|\b(more|less|fewer|most|least|higher|lower|better|worse|best|worst|loses?|lost|wins?|won|rises?|raises?|falls?|reduces?|"
    r"increases?|improves?|harms|helps?|beats?|outperforms?|no difference|not|never|always|only|though|although|but)\b",
    re.IGNORECASE,
)
"""Words that claim something, or turn what a table shows; the words of ``findings.toml`` hold none of them outside braces."""
MEANT = ("deciding numbers at 0", "the style does better", "that no data settle", "not a forecast")
"""Phrases with such a word that claim nothing about a style."""


@dataclass(frozen=True)
class Finding:
    """A sentence, or a few, with the table in the folder of studies from which it is filled in."""

    words: str
    table: str


# -- what is filled in -------------------------------------------------------------------------------------------------

Read = Callable[[str], pd.DataFrame]
"""Returns a published table by its name in the folder of studies."""


def declared() -> dict[str, Any]:
    """Return how sentences name measures, and the sentences with what is to be filled in."""
    found: dict[str, Any] = read_toml(HERE / "findings.toml")
    return found


@functools.cache
def _words(kind: str) -> dict[str, str]:
    """Return how sentences name "measures" or "styles"."""
    return dict(declared()[kind])


def _row(read: Read, part: str, style: str, measure: str) -> dict[str, Any]:
    found = read(FLAGSHIP).query("part == @part and words == @style and measure == @measure")
    if len(found) != 1 or measure not in _words("measures"):
        raise CivicsimError(
            f"findings.toml: {style} {measure}: no such row in part {part} of {FLAGSHIP}, or no such key in [measures]"
        )
    return {str(key): value for key, value in found.iloc[0].items()}


def differences(read: Read, style: str, *measures: str) -> str:
    """Return what a style does to measures, and to those of wellbeing also with the deciding numbers at 0."""
    chosen = SHOWN if measures == ("headline",) else measures
    at_zero = [name for name in chosen if name in (*WELLBEING, "belonging")]
    parts = [_clauses(read, "equal-hours", style, chosen)]
    if at_zero:
        parts.append(f"With the deciding numbers at 0, {_clauses(read, 'at-zero', style, at_zero)}")
    return ". ".join(parts)


def _clauses(read: Read, part: str, style: str, measures: Sequence[str]) -> str:
    shown: list[str] = []
    open_ones: dict[str, list[str]] = {}
    for row in (_row(read, part, style, measure) for measure in measures):
        noun, (way, _, caution) = _words("measures")[row["measure"]], row["verdict"].partition(", ")
        size, ends = scale_of(row["unit"]).difference(row["difference"], row["low"], row["high"]).split(" (")
        ends = ends.removesuffix(")") + (f"; {caution.removeprefix('but ')}" if caution else "")
        if is_clear(way):
            shown.append(f"{noun} is {way} by {size.lstrip('+−')} ({ends})")
        elif way == "same":
            shown.append(f"{noun} is the same")
        else:
            pairs = "" if pd.isna(row["share_better"]) else f", better in {percent(row['share_better'])} of pairs"
            open_ones.setdefault(way, []).append(f"{noun} ({size}, {ends}{pairs})")
    parts = [join(shown)] if shown else []
    parts += [f"the difference is {way} for {join(own)}" for way, own in open_ones.items()]
    return ". ".join([parts[0], *(f"{part[0].upper()}{part[1:]}" for part in parts[1:])])


def zero(read: Read, measure: str) -> str:
    """Return how far the styles lie apart with the deciding numbers at 0."""
    rows = read(FLAGSHIP).query("part == 'at-zero' and measure == @measure")
    scale = scale_of(rows["unit"].iloc[0])
    low, high = (
        number(scale.factor * end, 1, sign=True) for end in (rows["difference"].min(), rows["difference"].max())
    )
    return f"from {low} to {high}{scale.points}"


def _worst(read: Read, name: str) -> list[dict[str, Any]]:
    """Return, for each measure, the row of the style to which civic culture loses in most futures."""
    lost = read(name)[read(name)["style"] == CIVIC]
    rows: list[dict[str, Any]] = lost.loc[lost.groupby("measure", sort=False)["share"].idxmax()].to_dict("records")
    return rows


def losses(read: Read, name: str) -> str:
    """Return on which measures civic culture does worse, and in which share of futures."""
    parts: list[str] = []
    none: dict[str, list[str]] = {}
    for row in _worst(read, name):
        noun, (low, high) = _words("measures")[row["measure"]], wilson(row["lost"], row["n"])
        share = f"in {percent(row['share'])} of futures ({number(100.0 * low, 0)} to {number(100.0 * high, 0)}"
        if row["lost"]:
            close = f"{percent(row['close'] / row['n'])} of all are too close to call"
            parts.append(f"than {_words('styles')[row['against']]} on {noun} {share}; {close})")
        else:
            none.setdefault(f"{share})", []).append(noun)
    parts += [f"on {join(own)} {share}" for share, own in none.items()]
    # Parts have commas and brackets of their own.
    return (
        f"does worse {'; '.join([*parts[:-1], f'and {parts[-1]}'])}" if len(parts) > 2 else f"does worse {join(parts)}"
    )


def where(read: Read, name: str) -> str:
    """Return under which conditions civic culture loses, on the measure and to the style with most losses."""
    row = max(_worst(read, name), key=lambda row: float(row["share"]))
    about = f"its losses on {_words('measures')[row['measure']]} to {_words('styles')[row['against']]}"
    if not row["lost"]:
        return ""
    if not isinstance(row["box"], str):
        return f"No conditions tell {about} from the other futures."
    # A box is densest in the futures that it was chosen in.
    elsewhere = row["density_elsewhere"]
    crossed = "" if pd.isna(elsewhere) else f" (by cross-validation, in {percent(elsewhere)} of those in any box)"
    lie = f"{percent(row['coverage'])} lie where {box_words(row['box'])}"
    return f"Of {about}, {lie}; there it loses in {percent(row['density'])} of futures{crossed}."


def under(read: Read, name: str, form: str, measure: str, *chosen: str) -> str:
    """Return differences of styles from the status quo, over seeds, in a world whose name ends with ``form``."""
    rows = read(name)[read(name)["world"].str.endswith(form) & (read(name)["measure"] == measure)]
    scale, own = scale_of(MEASURES[measure].unit), rows.set_index("style")
    return join(
        [
            f"{scale.difference(*own.loc[style, ['difference', 'low', 'high']])} with {_words('styles')[style]}"
            for style in chosen
        ]
    )


def scores(read: Read) -> str:
    """Return how many hypotheses came out how."""
    counts = read("scoreboard.csv").drop_duplicates("id")["score"].value_counts()
    return "; ".join(f"{counts[score]} {score}" for score in ORDER if score in counts.index)


def size(read: Read, column: str) -> str:
    """Return the largest number in a column of the main part of the flagship."""
    main = read(FLAGSHIP)[read(FLAGSHIP)["part"] == "equal-hours"]
    return f"{int(main[column].max()):,}"


FILLED: dict[str, Callable[..., str]] = {
    "differences": differences,
    "zero": zero,
    "losses": losses,
    "where": where,
    "under": under,
    "scores": scores,
    "draws": lambda read: size(read, "n_draws"),
    "seeds": lambda read: size(read, "n_seeds"),
    "pairs": lambda read: size(read, "n"),
    "styles": lambda read: str(read(FLAGSHIP)["words"].nunique()),
    "futures": lambda read: str(read("losing/civic-loses.csv")["n"].max()),
}
"""What may stand in braces."""


def stated(pages: Path) -> dict[str, Finding]:
    """Return every sentence whose table is in a folder of studies, filled in.

    Raises
    ------
    CivicsimError
        If the words of a sentence claim something themselves, or something in braces cannot be filled in.
    """
    read = functools.cache(lambda name: pd.read_csv(pages / name))
    found = declared()["finding"].items()
    there = {name: about for name, about in found if (pages / about["table"]).is_file()}
    return {name: Finding(filled(about["words"], read, name), about["table"]) for name, about in there.items()}


def filled(words: str, read: Read, name: str) -> str:
    """Return the words of a sentence with its braces filled in; errors tell its name."""
    claim = claim_of(words)
    if claim:
        raise CivicsimError(f"findings.toml: {name}: '{claim}' is a claim; it has to come from a table, in braces")

    def fill(braces: re.Match[str]) -> str:
        what, *about = braces[1].split()
        if what not in FILLED:
            raise CivicsimError(f"findings.toml: {name}: nothing fills in '{what}'; {nearest(what, FILLED)}")
        return FILLED[what](read, *about)

    return re.sub(r"{(.+?)}", fill, words).strip()


def claim_of(words: str) -> str:
    """Return the first word outside braces that claims something, or ""."""
    for phrase in MEANT:
        words = words.replace(phrase, "")
    claim = CLAIMING.search(re.sub(r"{.+?}", "", words))
    return claim[0] if claim else ""


# -- where it is stated ------------------------------------------------------------------------------------------------

MARKED = re.compile(r"(<!-- (picture|findings) of the studies, .*? -->\n).*?(<!-- end -->)", re.DOTALL)
"""The parts of the README that are written here."""
_BY = "Written by `python -m experiments findings`"
_SEEN = "Differences of styles from the status quo in burnout, voice, trust, care and harm, with intervals"


def texts(pages: Path, root: Path) -> dict[Path, str]:
    """Return the files that state findings, as the tables have them now: README, the data of the page, and the list of all."""
    found = stated(pages)
    shown = [name for name in declared()["listed"] if name in found]
    kept = {name: {"words": one.words, "table": f"experiments/{one.table}"} for name, one in found.items()}
    # What is stated of single styles stands in a table there.
    blocks = {"picture": "", "findings": _list([found[name] for name in shown if name not in styles()], pages)}
    if "picture" in found:
        blocks["picture"] = f"![{_SEEN}](experiments/{PICTURE})\n\n{_lines(f'*{found["picture"].words}*')}"
        reading = _lines(found["how-to-read"].words)
        blocks["findings"] = "\n\n".join([reading, overview(pages), blocks["findings"]])
    readme = (root / "README.md").read_text(encoding="utf-8")
    items = "\n".join(_item(one, "") for one in found.values())
    return {
        root / "README.md": MARKED.sub(lambda marked: f"{marked[1]}\n{blocks[marked[2]]}\n\n{marked[3]}", readme),
        root / KEPT: f"# {_BY}.\n\n{tomli_w.dumps({'listed': shown, 'finding': kept})}",
        pages
        / "findings.md": f"# What the README, the page and lessons state about styles\n\n{_BY} from the tables; [findings.toml](findings.toml) "
        f"declares the words.\n\n{items}\n",
    }


def overview(pages: Path) -> str:
    """Return the table of all styles and the measures of the picture, as differences from the status quo."""
    table = pd.read_csv(pages / FLAGSHIP)
    parts = ("equal-hours", "at-zero")
    columns = [(part, name) for name in SHOWN for part in parts if part == "equal-hours" or name in WELLBEING]
    heads, cells = ["style"], {name: [styles()[name]] for name in table["words"].unique()}
    for part, measure in columns:
        own = table[(table["part"] == part) & (table["measure"] == measure)].set_index("words")
        scale = scale_of(own["unit"].iloc[0])
        unit = scale.points.strip() + (", deciding numbers at 0" if part == "at-zero" else "")
        heads.append(f"{own['label'].iloc[0]}, {unit}")
        for name, row in own.iterrows():
            words = scale.difference(row["difference"], row["low"], row["high"]).replace(scale.points, "")
            size, _, ends = words.partition(" ")
            way, _, caution = row["verdict"].partition(",")
            cells[str(name)].append(
                words if not is_clear(way) else f"{size}† {ends}" if caution else f"**{size}** {ends}"
            )
    rows = [heads, ["---"] * len(heads), *cells.values()]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([*lines, "", f"([All measures and horizons](experiments/{FLAGSHIP}).)"])


def _list(found: Sequence[Finding], pages: Path) -> str:
    """Return findings as the README lists them, and links to the pages that they come from."""
    links = {"all hypotheses": "scoreboard.md", "what styles do": "flagship/README.md"}
    links |= {
        "where civic culture loses and fear wins": "losing/README.md",
        "what this rests on": "robustness/README.md",
    }
    links |= {f"answers to “{claims(paper)['title']}”": f"papers/{paper}/README.md" for paper in PAPERS}
    there = [f"[{words}](experiments/{link})" for words, link in links.items() if (pages / link).is_file()]
    return "\n".join([*(_lines(_item(one, "experiments/")) for one in found), "", _lines(f"In full: {join(there)}.")])


def _item(one: Finding, folder: str) -> str:
    return f"- {one.words} ([table]({folder}{one.table}))"


def _lines(text: str) -> str:
    indent = "  " if text.startswith("- ") else ""
    return textwrap.fill(text, 130, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


class Panel(NamedTuple):
    """A panel of the picture: what is measured."""

    label: str
    unit: str
    better: str


def picture(pages: Path) -> Picture:
    """Draw the differences of all styles from the status quo: five measures, and burnout with the deciding numbers at 0."""
    table = pd.read_csv(pages / FLAGSHIP)
    main, at_zero = (table[table["part"] == part] for part in ("equal-hours", "at-zero"))
    rows = {name: main[main["measure"] == name] for name in SHOWN}
    rows |= {"zero": at_zero[at_zero["measure"] == SHOWN[0]]}
    about = {}
    for name, own in rows.items():
        scale, label = scale_of(own["unit"].iloc[0]), own["label"].iloc[0]
        words, unit = (", numbers at 0", ", deciding numbers at 0") if name == "zero" else ("", "")
        about[name] = Panel(label + words, scale.points.strip() + unit, own["better"].iloc[0])
    looks = {"better": Look(BETTER, "solid", "o"), "worse": Look(WORSE, "solid", "o")}

    def dots_of(name: str) -> tuple[list[Dot], dict[str, Any]]:
        dots = []
        for row in rows[name].to_dict("records"):
            ends = ["difference", "run_low", "run_high", "parameter_low", "parameter_high"]
            mean, *bars = (scale_of(row["unit"]).factor * row[end] for end in ends)
            look = looks.get(outcome(row["verdict"], row["better"]).partition(",")[0], Look(INK, "solid", "o"))
            dots.append(Dot(mean, bars[0], bars[1], look, is_clear(row["verdict"]), np.nan, bars[2], bars[3]))
        return dots, {"line": 0.0, "color": BASELINE_COLOUR, "linewidth": 1.2}

    marks = {
        "better": (BETTER, BETTER),
        "worse": (WORSE, WORSE),
        "too close to call, or too small to matter": (INK, "white"),
    }
    keys = [
        (sample(color=edge, marker="o", markerfacecolor=fill, markersize=7, linewidth=1.4), words)
        for words, (edge, fill) in marks.items()
    ]
    figure = row_panels(
        about,
        [styles()[name] for name in main["words"].unique()],
        keys,
        dots_of,
        title="Differences from the status quo after five years",
        subtitle=f"Acute trust, equal hours; {main['n_draws'].max():.0f} parameter sets that fit published data",
        footer=[
            f"Dot: mean. Thick bar: {INTERVAL} interval over seeds. Thin line: middle {INTERVAL} of parameter sets. {THINKING_AID}"
        ],
    )
    first, last = figure.axes[0], figure.axes[len(SHOWN)]
    last.set_xlim(first.get_xlim())
    return figure
