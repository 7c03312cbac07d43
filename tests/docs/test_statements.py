"""Every sentence of README, page and lessons that names a style and a measure comes from a table that a study wrote."""

import re
import sys
from pathlib import Path

import pandas as pd
import pytest
import statements

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from civicsim.app.findings import FINDINGS  # noqa: E402
from civicsim.errors import CivicsimError  # noqa: E402
from civicsim.model.measures import MEASURES  # noqa: E402
from civicsim.scenario.shipped import styles  # noqa: E402
from experiments import findings  # noqa: E402
from experiments.catalogue import HERE, STYLES  # noqa: E402

LESSONS = ROOT / "civicsim" / "app" / "lessons"
WRITTEN = ROOT / findings.KEPT


def test_readme_and_page_state_what_the_tables_have_now():
    """Where this fails: ``python -m experiments findings`` writes them anew. Read what they state then."""
    stale = [path.name for path, text in findings.texts(HERE, ROOT).items() if path.read_text(encoding="utf-8") != text]
    assert stale == []


def test_no_other_sentence_names_a_style_and_a_measure():
    """Lessons are compared with their own runs; see ``tests/app/test_lessons.py``."""
    found = []
    for path in statements.files():
        if path != WRITTEN and LESSONS not in path.parents:
            text = findings.MARKED.sub("", path.read_text(encoding="utf-8"))
            found += [
                f"{path.relative_to(ROOT)}: {one}" for one in statements.claims(statements.shown(path.suffix, text))
            ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "Under civic culture burnout is 7.1 points lower.",
        "Targets through fear cost trust.",
        "A compact makes staff speak up.",
        "| civic-culture | −7.1 | burnt out |",
        "Fewer patients are harmed under grip and command",
        "Is burnout 7 points lower under civic culture?",
        "Rule by fear raises burnout, and\nnothing else does.",
    ],
)
def test_a_sentence_without_a_table_is_found(text):
    assert len(statements.claims(f"It rains.\n\n{text} It snows.")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "What happens to a hospital that is governed by targets and fear, by a compact, or as a civic culture?",
        "Does a compact raise trust?",
        "An acute trust under civic culture.",
        "Burnout fell by 3 points.",
        "Try grip and command. Then look at burnout.",
        "The command prints a table of burnout.",
    ],
)
def test_a_sentence_that_claims_nothing_about_a_style_is_not_found(text):
    assert statements.claims(text) == []


def test_the_finder_knows_every_style_and_the_measures_that_findings_name():
    declared = findings.declared()
    assert set(declared["styles"]) == set(STYLES)
    for name in set(STYLES) - {"status-quo"}:
        for words in (styles()[name], declared["styles"][name]):
            assert statements.named(words)[0] == {name}, words
    for measure, noun in declared["measures"].items():
        assert statements.named(noun)[1] >= {measure}, noun
        assert statements.named(MEASURES[measure].label)[1], measure
    assert set(statements.MEASURES) <= set(MEASURES)


# -- what findings may claim -------------------------------------------------------------------------------------------


def rows(**changes):
    """Return a flagship's table in which civic culture differs from the status quo as given, and differs otherwise not."""
    usual = {
        "words": "civic-culture",
        "unit": "share of people",
        "better": "lower",
        "difference": -0.071,
        "low": -0.133,
        "high": -0.031,
        "share_better": 0.98,
        "verdict": "lower",
    }
    shown = pd.DataFrame([usual | {"part": "equal-hours", "measure": "burnt_out_share"} | changes])
    zero = {"part": "at-zero", "difference": 0.002, "low": -0.001, "high": 0.005, "verdict": "too close to call"}
    table = pd.concat([shown, shown.assign(**zero)])
    return lambda name: table


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "burnout is lower by 7.1 points (−13.3 to −3.1)."),
        (
            {"difference": 0.05, "low": 0.02, "high": 0.08, "verdict": "higher"},
            "burnout is higher by 5.0 points (+2.0 to +8.0).",
        ),
        (
            {"verdict": "lower, perhaps too little to matter"},
            "burnout is lower by 7.1 points (−13.3 to −3.1; perhaps too little to matter).",
        ),
        (
            {"high": 0.01, "verdict": "too close to call"},
            "the difference is too close to call for burnout (−7.1 points, −13.3 to +1.0, better in 98 % of pairs).",
        ),
        (
            {"verdict": "too small to matter"},
            "the difference is too small to matter for burnout (−7.1 points, −13.3 to −3.1, better in 98 % of pairs).",
        ),
        ({"difference": 0.0, "low": 0.0, "high": 0.0, "verdict": "same"}, "burnout is the same."),
    ],
)
def test_the_way_and_the_size_of_a_difference_follow_from_its_row(changes, words):
    text = findings.filled("Under civic culture, {differences civic-culture burnt_out_share}.", rows(**changes), "a")
    zero = "With the deciding numbers at 0, the difference is too close to call for burnout (+0.20 points, −0.10 to +0.50, better in 98 % of pairs)."
    assert text == f"Under civic culture, {words} {zero}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("Civic culture lowers burnout by 7 points.", "a: '7' is a claim"),
        ("Burnout is higher under {styles} styles.", "a: 'higher' is a claim"),
        (
            "Under civic culture, {difference civic-culture trust}.",
            "nothing fills in 'difference'; did you mean 'differences'?",
        ),
        (
            "Under civic culture, {differences civic-culture harm_rate}.",
            "civic-culture harm_rate: no such row in part equal-hours",
        ),
    ],
)
def test_a_sentence_cannot_claim_what_no_table_has(words, message):
    with pytest.raises(CivicsimError, match=re.escape(message)):
        findings.filled(words, rows(), "a")


def test_where_civic_culture_loses_is_told_with_its_share_and_conditions():
    table = pd.DataFrame(
        [
            (
                "trust",
                "civic-culture",
                "command",
                200,
                20,
                0.1,
                150,
                "exhaustion__fear_weight ≤ 0.0018 and interception > 0.1",
                0.6,
                0.8,
                0.5,
            ),
            ("trust", "civic-culture", "status-quo", 200, 10, 0.05, 180, None, None, None, None),
            ("harm_rate", "civic-culture", "status-quo", 200, 0, 0.0, 10, None, None, None, None),
        ],
        columns=[
            "measure",
            "style",
            "against",
            "n",
            "lost",
            "share",
            "close",
            "box",
            "coverage",
            "density",
            "density_elsewhere",
        ],
    )
    text = findings.filled("Civic culture {losses x}. {where x}", lambda name: table, "a")
    assert text == (
        "Civic culture does worse than grip and command on trust in the organisation in 10 % of futures (7 to 15; 75 % of all "
        "are too close to call) and on harm to patients in 0 % of futures (0 to 2). Of its losses on trust in the organisation to grip and "
        "command, 60 % lie where “Exhaustion: fear weight” ≤ 0.0018 and “Quality: interception” > 0.1; there it loses in 80 % of futures "
        "(by cross-validation, in 50 % of those in any box)."
    )


def test_the_numbers_of_findings_are_those_of_the_published_table():
    """A second reading, by a pattern: size and way of each difference are those of the row."""
    table = pd.read_csv(HERE / findings.FLAGSHIP).query("part == 'equal-hours'").set_index(["words", "measure"])
    nouns = {noun: measure for measure, noun in findings.declared()["measures"].items()}
    checked = 0
    for style in ("civic-culture", "compact", "command", "targets-through-fear"):
        words = FINDINGS[style].words.partition("With the deciding numbers at 0")[0]
        for noun, measure in nouns.items():
            if noun not in words:
                continue
            row, factor = table.loc[(style, measure)], 1.0 if measure == "harm_rate" else 100.0
            told = re.search(
                rf"{noun} (?:is (higher|lower) by |\()([+−]?)([\d.]+) p[^(,]*?(?: \(|, )([+−]?[\d.]+) to ([+−]?[\d.]+)",
                words,
            )
            assert told, (style, measure)
            way, sign, *numbers = told.groups()
            size, low, high = (float(one.replace("−", "-")) for one in numbers)
            half = 0.5 * 10.0 ** -len(numbers[0].partition(".")[2])
            signed = -size if way == "lower" or sign == "−" else size
            assert [signed, low, high] == pytest.approx(
                [factor * row[name] for name in ("difference", "low", "high")], abs=1.1 * half
            )
            assert row["verdict"].startswith(way or "too")
            assert (way is None) == (row["low"] <= 0.0 <= row["high"]) or row["verdict"] == "too small to matter"
            checked += 1
    assert checked == 20


def test_the_table_of_the_readme_is_that_of_the_flagship():
    """A second reading: every cell has the number of its row, bold where the verdict is clear, and marked where it is cautious."""
    table = pd.read_csv(HERE / findings.FLAGSHIP).set_index(["part", "words", "measure"])
    columns = [("equal-hours", "burnt_out_share"), ("at-zero", "burnt_out_share")]
    columns += [("equal-hours", measure) for measure in ("voice_share", "trust", "quality_true", "harm_rate")]
    rows = [line.split(" | ") for line in findings.overview(HERE).splitlines()[2:-2]]
    assert len(rows) == 12
    for style, *cells in rows:
        name = next(key for key, label in styles().items() if label == style.removeprefix("| "))
        for (part, measure), cell in zip(columns, cells, strict=True):
            row, factor = table.loc[(part, name, measure)], 1.0 if measure == "harm_rate" else 100.0
            numbers = [one.replace("−", "-") for one in re.findall(r"[+−]?[\d.]+", cell)]
            half = 0.5 * 10.0 ** -len(numbers[0].partition(".")[2])
            assert [float(one) for one in numbers] == pytest.approx(
                [factor * row[key] for key in ("difference", "low", "high")], abs=1.1 * half
            )
            mark = next((mark for mark in ("**", "†") if mark in cell), "")
            assert mark == ("" if row["verdict"].startswith("too") else "†" if "," in row["verdict"] else "**"), cell


def test_a_number_that_was_changed_by_hand_is_found(tmp_path):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("| Civic culture | **−7") == 1
    changed = text.replace("| Civic culture | **−7", "| Civic culture | **−8")
    (tmp_path / "README.md").write_text(changed, encoding="utf-8")
    assert findings.texts(HERE, tmp_path)[tmp_path / "README.md"] == text


def test_a_table_that_changes_makes_the_statements_stale(tmp_path):
    table = pd.read_csv(HERE / findings.FLAGSHIP)
    here = (table["part"] == "equal-hours") & (table["words"] == "compact") & (table["measure"] == "trust")
    table.loc[here, "difference"] += 0.01
    (tmp_path / findings.FLAGSHIP).parent.mkdir()
    table.to_csv(tmp_path / findings.FLAGSHIP, index=False)
    changed = findings.stated(tmp_path)
    assert changed["compact"].words != FINDINGS["compact"].words
    assert changed["command"].words == FINDINGS["command"].words
