"""A mean difference that misleads: every face names it, with the same numbers."""

import numpy as np
import pandas as pd
import pytest

from civicsim.app import work
from civicsim.app.templates import render
from civicsim.app.verdicts import verdict
from civicsim.cli.output import Output
from civicsim.cli.tables import comparison_lines
from civicsim.experiment.compare import Comparison
from civicsim.model.measures import MEASURES
from civicsim.report.contrast_tables import comparison
from civicsim.report.html import _cell
from civicsim.report.words import explained, in_pairs
from civicsim.study.analysis.contrasts import contrasts, tails
from civicsim.study.analysis.matched import About, Matched

NAME = "burnt_out_share"
# Of 30 organisations, 27 have a point less burnout and three 25 points more: +1.6 points on average, −1 in the median.
BEFORE, AFTER = [0.30] * 30, [0.29] * 27 + [0.55] * 3
MISLEADING = "too close to call, but mean and median disagree"
EXPLAINED = "mean and median disagree:"


class Given:
    """Runs with given values, as a comparison reads them."""

    def __init__(self, values):
        self.values = values

    def summary(self, measures, last_weeks):
        return pd.DataFrame({name: self.values for name in measures})

    def chosen(self, measures):
        return [MEASURES[name] for name in measures]


def batch(values):
    return work.Batch(tuple(range(len(values))), {}, {NAME: np.array(values)})


MATCHED = work.Matched((batch(BEFORE), batch(AFTER)), 30)


def compared(before, after):
    return Comparison({"old": Given(before), "new": Given(after)}, "old").table([NAME])


def studied(before, after):
    points = pd.DataFrame(
        {
            "point": [0, 1],
            "policy": [0, 1],
            "future": 0,
            "style": ["old", "new"],
            "setting": 0,
            "draw": 0,
            "shock": "",
            "against": [0, 0],
        }
    )
    about = About(NAME, MEASURES[NAME].label, MEASURES[NAME].unit, "lower", (0.0, 1.0))
    return Matched(points, (), tuple(range(1, 31)), {NAME: about}, {NAME: np.array([before, after])})


def test_tables_of_comparisons_and_of_studies_and_the_page_have_the_same_numbers():
    row, found = compared(BEFORE, AFTER).iloc[1], contrasts(studied(BEFORE, AFTER)).iloc[0]
    v = verdict(NAME, batch(BEFORE), batch(AFTER))
    assert row["difference"] == pytest.approx(0.016)
    assert row["difference_median"] == pytest.approx(-0.01)
    assert (row["difference_share_higher"], row["difference_share_lower"]) == (0.1, 0.9)
    for key in ("low", "high", "median", "q25", "q75", "share_higher", "share_lower", "share_equal"):
        assert found[key] == row[f"difference_{key}"]
    for key, text in v.columns.items():
        assert text == row[key]
    assert row["verdict"] == found["verdict"] == v.word == MISLEADING


@pytest.mark.parametrize(("columns", "pairs"), [("80", "3/30"), ("140", "3/30 worse")])
def test_the_terminal_names_and_explains_it_within_its_columns(columns, pairs, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", columns)
    Output().print(*comparison_lines(compared(BEFORE, AFTER), "old"))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= int(columns)
    row = next(line for line in lines if line.startswith(" new"))
    assert f"  {pairs}  too close to call, " in f"{row} "
    verdict = [line[row.index("too") :].strip() for line in lines[lines.index(row) : lines.index(row) + 3]]
    assert " ".join(verdict).strip() == MISLEADING
    assert any(line.startswith(EXPLAINED) for line in lines)
    Output().print(*comparison_lines(compared(BEFORE, AFTER[:27] + BEFORE[:3]), "old"))
    assert "disagree" not in capsys.readouterr().out


def test_the_page_of_a_study_and_a_notebook_name_it():
    part, _ = comparison(contrasts(studied(BEFORE, AFTER)), tails(studied(BEFORE, AFTER)))
    cells = dict(zip(part.table.heads, part.table.rows[0], strict=True))
    assert cells["Verdict"].replace("\n", " ") == MISLEADING
    assert max(map(len, cells["Verdict"].split("\n"))) <= 18
    assert (cells["Pairs"], cells["Pairs used"]) == ("10 %", "30 of 30 seeds")
    assert cells["Difference"] == "+0.016 (−0.014 to +0.046)"
    assert cells["Median (quartiles)"] == "−0.0100 (−0.0100 to −0.0100)"
    assert part.texts == explained([MISLEADING])
    assert part.texts[0][0] == EXPLAINED
    cell = _cell(compared(BEFORE, AFTER).iloc[1])
    assert cell.endswith(
        f"+0.016 (−0.014 to +0.046), {MISLEADING}\nworse in 3 of 30; median −0.0100 (−0.0100 to −0.0100)"
    )


def test_pages_call_it_neither_a_gain_nor_a_cost():
    for before, after, way in ((BEFORE, AFTER, "worse"), (AFTER, BEFORE, "better")):
        v = verdict(NAME, batch(before), batch(after))
        assert (v.tone, v.word, v.pairs()) == ("mixed", MISLEADING, f"{way} in 3 of 30")
        page = render("gains", verdicts=[v], matched=MATCHED)
        assert "Changes that may be good or bad (1)" in page
        assert EXPLAINED in page
        for page in (
            render("differences", labels=["old", "new"], rows=[[v, v]], matched=MATCHED, staff=9),
            render("matched", labels=["old", "new"], verdicts=[v], runs=30),
        ):
            for words in (MISLEADING, f"{way} in 3 of 30", v.difference, v.median, EXPLAINED):
                assert words in page
    assert v.median == "median +1.00 points (+1.00 to +1.00)"
    clear = verdict(NAME, batch(BEFORE), batch(AFTER[:27] + BEFORE[:3]))
    page = render("gains", verdicts=[clear], matched=MATCHED)
    assert (clear.tone, clear.pairs()) == ("better", "better in 27 of 30")
    assert "Gets better (1)" in page
    assert EXPLAINED not in page


def test_pairs_are_counted_in_the_direction_of_the_mean():
    row = {"difference": 0.2, "share_higher": 0.6, "share_lower": 0.3, "share_equal": 0.1}
    cases = {
        ("higher", 0.2): "better in 6 of 10",
        ("lower", 0.2): "worse in 6 of 10",
        ("neither", 0.2): "higher in 6 of 10",
        ("higher", -0.2): "worse in 3 of 10",
        ("lower", -0.2): "better in 3 of 10",
        ("neither", -0.2): "lower in 3 of 10",
    }
    found = {(better, mean): in_pairs(row | {"better": better, "difference": mean}, 10) for better, mean in cases}
    assert found == cases
    alike = {"better": "higher", "difference": 0.0, "share_higher": 0.0, "share_lower": 0.0, "share_equal": 1.0}
    assert in_pairs(alike, 4) == "equal in 4 of 4"
    assert in_pairs(alike, 0) == "–"
