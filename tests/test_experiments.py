"""The studies of the project: small versions run, their pages are complete, and tables are those that pandas finds in the store."""

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import civicsim as cs  # noqa: E402
from civicsim.errors import CivicsimError  # noqa: E402
from experiments import answers, scoreboard  # noqa: E402
from experiments.__main__ import main  # noqa: E402
from experiments.catalogue import CLUSTERS, DECIDING, MOST_MINUTES, MOST_OF_ALL, STUDIES, STYLES, minutes  # noqa: E402
from experiments.writing import Page  # noqa: E402


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    out = tmp_path_factory.mktemp("experiments")
    assert main(["--small", "--out", str(out)]) == 0
    return out


def test_every_study_has_a_page_with_question_and_tables_that_exist(ran):
    for name in STUDIES:
        page = ran / "pages" / (f"hypotheses/{name}.md" if name in CLUSTERS else f"{name}/README.md")
        text = page.read_text(encoding="utf-8")
        assert "**Question.**" in text, name
        assert "nan" not in re.findall(r"\bnan\b", text), name
        for target in re.findall(r"\]\(([\w.-]+\.(?:csv|svg))\)", text):
            assert (page.parent / target).stat().st_size > 0, f"{name}: {target}"


def test_the_scoreboard_has_every_part_of_67_hypotheses(ran):
    found = pd.read_csv(ran / "pages" / "scoreboard.csv")
    assert found["id"].nunique() == 67
    assert found["name"].nunique() == 126
    assert set(found["score"]) <= set(scoreboard.ORDER)
    assert (found.loc[found["verdict"] == "by construction", "score"] != "supported").all()
    text = (ran / "pages" / "scoreboard.md").read_text(encoding="utf-8")
    for name in found["name"]:
        assert f"| {name} |" in text, name


def test_every_claim_of_a_source_paper_is_answered_by_the_scores_of_its_hypotheses(ran):
    """Each page shows a row for every hypothesis of a claim; together the papers' concepts with a hypothesis are covered."""
    scores = pd.read_csv(ran / "pages" / "scoreboard.csv").drop_duplicates("id").set_index("id")["score"]
    named = set()
    for paper in answers.PAPERS:
        text = (ran / "pages" / "papers" / paper / "README.md").read_text(encoding="utf-8")
        for claim in answers.claims(paper)["claim"]:
            assert f"| {claim['words']} |" in text, paper
            for name in claim["hypotheses"]:
                assert re.search(rf"\| {name}: [^|]+\| \*\*{scores[name]}\*\* \|", text), (paper, name)
                named.add(name)
        assert "## What the model cannot tell" in text
        assert text.count("\n| civic-culture |") == (paper in ("citizenship", "clinicians")) * len(
            answers.claims(paper)["measures"]
        )
    assert set(scores.index) - named == set()


def test_the_same_stores_give_the_same_bytes(ran):
    before = {
        path: path.read_bytes()
        for path in (ran / "pages").rglob("*")
        if path.parent.name == "shocks" or path.suffix == ".md"
    }
    assert main(["shocks", "voice", "findings", "--small", "--out", str(ran)]) == 0
    assert [path.name for path, own in before.items() if path.read_bytes() != own] == []


def test_the_table_of_the_flagship_is_what_pandas_finds_in_its_store(ran):
    """A second computation, from the files of the store and without a function of civicsim."""
    published = pd.read_csv(ran / "pages" / "flagship" / "differences.csv").query("part == 'equal-hours'")
    store = ran / "flagship" / "equal-hours"
    runs = pd.read_parquet(store / "runs.parquet").merge(
        pd.read_parquet(store / "points.parquet")[["point", "style", "draw"]]
    )
    checked = 0
    for row in published.to_dict("records"):
        wide = runs.pivot(index=["draw", "seed"], columns="style", values=row["measure"])
        own = (wide[row["words"]] - wide["status-quo"]).dropna()
        if own.empty:
            continue
        better = {"higher": (own > 0).mean(), "lower": (own < 0).mean(), "neither": np.nan}[row["better"]]
        by_seed, by_draw = own.groupby("seed").mean(), own.groupby("draw").mean()
        expected = {
            "difference": by_seed.mean(),
            "median": own.median(),
            "q25": own.quantile(0.25),
            "q75": own.quantile(0.75),
            "share_better": better,
            "n": len(own),
        }
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, rel=1e-4, abs=1e-6, nan_ok=True), (row["measure"], name)
        if not np.isnan(row["parameter_low"]):
            assert row["parameter_low"] == pytest.approx(
                min(by_draw.quantile(0.025), by_seed.mean()), rel=1e-4, abs=1e-6
            )
        checked += 1
    assert checked > 30


def test_studies_keep_to_the_budget_that_is_stated():
    text = (ROOT / "experiments" / "README.md").read_text(encoding="utf-8")
    assert f"at most {MOST_OF_ALL / 60:g} hours" in text
    assert f"at most {MOST_MINUTES:g} minutes" in text
    stated = {
        name: (int(runs.replace(",", "")), int(own))
        for name, runs, own in re.findall(r"^\| ([\w-]+) \| ([\d,]+) \| (\d+) \|$", text, re.MULTILINE)
    }
    runs, total = stated.pop("all")
    assert stated.keys() == STUDIES.keys()
    assert runs == sum(own for own, _ in stated.values())
    assert total == pytest.approx(sum(own for _, own in stated.values()), abs=len(stated) / 2)
    assert total <= MOST_OF_ALL
    assert max(own for _, own in stated.values()) <= MOST_MINUTES
    # Those that are quick to spell out; --budget does all.
    for name in ("events", "shocks", "losing"):
        n, own = minutes(name)
        assert (n, round(own)) == stated[name]


def test_the_flagship_is_what_the_catalogue_says():
    parts = {part.name: part.study() for part in STUDIES["flagship"][1:4]}
    hours, money, zero = parts["unconstrained"], parts["equal-money"], parts["at-zero"]
    assert {parts[name].points["style"].nunique() for name in parts} == {len(STYLES)} == {13}
    assert all((zero.points[name] == 0.0).all() for name in DECIDING if name in zero.points)
    for study in (hours, money):
        for base in study.protocol.bases.values():
            spent = base.structure.improvement_share * base.levers.budget_share
            usual = base.structure.improvement_share * base.habits.budget_share
            weights = sum(value for name, value in vars(base.levers).items() if name.startswith("weight_"))
            # The status quo's weights sum to 12, and laissez-faire leaves most of its hours unused.
            used = 0.15 if base.style == "laissez-faire" else 1.0
            assert usual == pytest.approx(0.02)
            assert spent == pytest.approx(0.02 * weights * used / 12.0)
            bought = [event.set["events.demand_factor"] for event in base.interventions]
            cost = spent + (1.0 / bought[0] - 1.0 if bought else 0.0)
            assert study is hours or cost == pytest.approx(base.structure.improvement_share)
    assert not any(base.interventions for base in hours.protocol.bases.values())


def test_hours_of_the_swap_are_those_of_the_styles_in_their_order():
    table = pd.read_csv(ROOT / "experiments" / "hours-and-attitudes" / "hours.csv")
    for style, row in zip(STYLES, table.to_dict("records"), strict=True):
        levers = cs.Scenario.preset(style).levers
        assert row == {key: getattr(levers, key.removeprefix("levers.")) for key in row}, style


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["supported", "supported"], "supported"),
        (["supported", "supported, but small"], "supported, but small"),
        (["supported", "contradicted"], "supported in part"),
        (["not shown", "contradicted"], "contradicted"),
        (["not shown", "shown"], "not shown"),
        (["by construction", "by construction"], "by construction"),
        (["by construction", "contradicted"], "contradicted"),
        (["not testable yet"], "not testable yet"),
        (["supported", "not scored yet"], "not scored yet"),
        (["shown"], "shown"),
    ],
)
def test_scores_follow_the_rules(verdicts, expected):
    assert scoreboard.score(verdicts) == expected


def test_styles_need_five_times_the_variance_in_every_one():
    rows = [
        (-1, "a", 9.0, 7.0, 12.0),
        (-1, "b", 6.0, 5.5, 8.0),
        (0, "a", 6.0, 0, 0),
        (0, "b", 4.0, 0, 0),
        (1, "a", 7.0, 0, 0),
    ]
    table = pd.DataFrame(rows, columns=["draw", "style", "ratio", "low", "high"])
    found = scoreboard._of_ratio(table)
    assert (found["verdict"], found["difference"], found["run_low"], found["share"]) == ("supported", 1.0, 0.5, 0.5)
    table.loc[1, ["ratio", "low", "high"]] = [3.0, 2.0, 4.0]
    assert scoreboard._of_ratio(table)["verdict"] == "contradicted"
    table.loc[1, "high"] = 6.0
    assert scoreboard._of_ratio(table)["verdict"] == "not shown"


def test_what_was_written_by_hand_follows_a_page(tmp_path):
    (tmp_path / "discussion.md").write_text("## Why\n\nBecause.\n", encoding="utf-8")
    page = Page(tmp_path, "A study", "python -m experiments a")
    assert page.write("README.md").read_text(encoding="utf-8").endswith("## Why\n\nBecause.\n")


def test_a_study_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(CivicsimError, match="no study 'flagshop'; did you mean 'flagship'"):
        main(["flagshop", "--out", str(tmp_path)])


def test_what_came_out_otherwise_than_expected_is_discussed_in_words():
    """Each part that is contradicted or not shown has its paragraph, which says where the fault is looked for."""
    found = pd.read_csv(ROOT / "experiments" / "scoreboard.csv")
    text = (ROOT / "experiments" / "discussion.md").read_text(encoding="utf-8")
    heads = re.findall(r"^\*\*((?:H[\d.]+(?:, )?)+): [^*]+\*\*(.+?)(?=\n\n)", text + "\n\n", re.MULTILINE | re.DOTALL)
    discussed = {name for names, _ in heads for name in names.split(", ")}
    assert discussed == set(found.loc[found["verdict"].isin(["contradicted", "not shown"]), "name"])
    for names, words in heads:
        assert re.search(r"\*(Expectation|Model|Measure)\*|No prediction", words), names
