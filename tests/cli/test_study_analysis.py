"""What the analysis commands of a study print, and how mistakes are reported."""

import json
import re
from pathlib import Path

import pytest

STUDY = """question = "Does it hold?"
styles = ["status-quo", "civic-culture"]
seeds = 2
weeks = 3
burn_in_weeks = 1
measures = ["trust", "quality_true", "load"]
[matters]
trust = 0.02
[factors]
n_teams = 1
team_size = 4
n_executives = 1
[uncertainties]
fear = { low = 0.0, high = 0.8 }
improvement_share = { low = 0.01, high = 0.1 }
[design]
draws = 20
"""


def test_a_comparison_has_its_kinds_of_uncertainty_and_its_worst_runs(call):
    printed = call("study", "compare", "results", "--measures", "trust,load")
    assert printed.code == 0, printed.err
    text = " ".join(printed.out.split())
    assert "In all rows: Policy civic-culture; Against status-quo;" in text
    assert "Pairs used 40 of 2 seeds × 20 draws" in text
    assert "Intervals both" in text
    assert "The worst 5 % of runs" in text
    values = json.loads(call("study", "compare", "results", "--json").out)
    assert {row["measure"] for row in values["contrasts"]} == {"trust", "quality_true", "load"}
    assert {row["uncertainty"] for row in values["contrasts"]} == {"both"}


def test_any_pair_is_compared_and_each_block_names_it(call):
    printed = call("study", "compare", "results", "--measures", "trust", "--against", "civic-culture")
    assert printed.code == 0, printed.err
    rows = json.loads(call("study", "compare", "results", "--against", "all", "--json").out)["contrasts"]
    assert {(row["words"], row["against"]) for row in rows} == {("civic-culture", "status-quo")}
    rows = json.loads(call("study", "compare", "results", "--against", "civic-culture", "--json").out)["contrasts"]
    assert {(row["words"], row["against"]) for row in rows} == {("status-quo", "civic-culture")}


def test_ranks_come_with_their_distribution_and_agreement_at_80_columns(call, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    printed = call("study", "rank", "results", "--measures", "trust")
    assert printed.code == 0, printed.err
    assert max(map(len, printed.out.splitlines())) <= 80
    for heading in ("Ranks", "Distribution of ranks", "Agreement", "Trust in the organisation (0–1; higher is better)"):
        assert heading in printed.out.splitlines()
    assert re.search(r"^civic-culture +\d+ %  \d+ to \d+ % ", printed.out, re.MULTILINE)
    values = json.loads(call("study", "rank", "results", "--json").out)
    assert set(values) == {"trust", "quality_true", "load"}
    assert set(values["trust"]) == {
        "measure",
        "label",
        "unit",
        "better",
        "summary",
        "distribution",
        "agreement",
        "left_out",
    }
    assert sum(row["best"] for row in values["trust"]["summary"]) == pytest.approx(1.0)
    assert list(values["trust"]["distribution"]["civic-culture"]) == ["1", "2"]
    view = call("study", "rank", "results", "--pareto", "trust,load")
    assert view.code == 0, view.err
    assert "Not dominated" in " ".join(view.out.split())
    table = json.loads(call("study", "rank", "results", "--pareto", "trust,load", "--json").out)["pareto"]
    assert {"words", "trust", "load", "efficient", "share"} <= set(table[0])


def test_regret_names_a_choice_per_rule(call):
    printed = call("study", "regret", "results", "--measures", "trust", "--threshold", "trust=0.1")
    assert printed.code == 0, printed.err
    text = " ".join(printed.out.split())
    assert "Futures 20 × 2 seeds" in text
    assert "at least 0.1" in text
    assert "rule" in text
    rules = json.loads(call("study", "regret", "results", "--json").out)["trust"]["rules"]
    assert [row["rule"] for row in rules] == ["expected value", "maximin", "minimax regret", "satisficing"]


def test_sensitivity_and_discovery_print_their_tables(call, monkeypatch):
    monkeypatch.setattr("civicsim.study.analysis.indices._PAWN_RESAMPLES", 3)
    printed = call("study", "sensitivity", "results", "--measures", "load,trust")
    assert printed.code == 0, printed.err
    assert re.search(r"Factor +PAWN +PRCC +SRC\n", printed.out)
    assert re.search(r"improvement_share +\d", printed.out)
    assert "Workload in status-quo (20 rows × 2 seeds; R² " in printed.out
    found = call("study", "discover", "results", "--measures", "quality_true")
    assert found.code == 0, found.err
    assert (
        "Losses: status-quo against civic-culture" in found.out
        or "Losses: civic-culture against status-quo" in found.out
    )
    assert re.search(r"\d+ of 20 \(", found.out)


def test_effects_of_styles_are_printed_and_written(call, kept):
    printed = call("study", "effects", "results", "--measures", "trust,load", "--out", "effects.csv")
    assert printed.code == 0, printed.err
    text = " ".join(printed.out.split())
    assert "Main effects of style civic-culture − status-quo" in text
    assert re.search("on average .* seeds .* draws ", text)
    assert re.search(r"run-to-run variation +\d", text)
    assert (kept.parent / "effects.csv").read_text().count("\n") == 3
    values = json.loads(call("study", "effects", "results", "--measures", "trust", "--json").out)
    assert sum(row["share"] for row in values["variance"]) == pytest.approx(1.0)
    wrong = call("study", "effects", "results", "--factor", "fear")
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)
    assert "no factor 'fear'; valid names: style" in wrong.err


DECLARED = """question = "Does it hold?"
seeds = 4
weeks = 3
burn_in_weeks = 1
measures = ["trust"]
design = "contrasts"
[factors]
n_teams = 1
team_size = 4
n_executives = 1
[[contrast]]
name = "fear"
statement = "Fear costs trust."
measure = "trust"
sign = "-"
a = { fear = 0.9 }
b = { fear = 0.0 }
[[contrast]]
name = "later"
measure = "no_such"
sign = "+"
level = 0
not_testable = "nothing measures it"
"""


def test_declared_contrasts_are_checked_run_and_scored(call, kept):
    (kept.parent / "declared.toml").write_text(DECLARED)
    checked = call("study", "check", "declared.toml")
    assert (checked.code, "3 settings × 4 seeds = 12 runs" in checked.out) == (0, True), checked.out
    assert call("study", "run", "declared.toml", "--out", "declared", "--processes", "1").code == 0
    printed = call("study", "contrasts", "declared", "--out", "verdicts.csv")
    assert printed.code == 0, printed.err
    text = " ".join(printed.out.split())
    assert re.search(r"fear: Trust .* - ", text)
    assert "fear: Fear costs trust." in text
    assert "later: nothing measures it" in text
    rows = json.loads(call("study", "contrasts", "declared", "--json").out)["contrasts"]
    assert [row["verdict"] for row in rows][1:] == ["not testable yet"]
    assert (kept.parent / "verdicts.csv").read_text().count("\n") == 3
    (kept.parent / "wrong.toml").write_text(DECLARED.replace('measure = "trust"\nsign', 'measure = "trsut"\nsign'))
    wrong = call("study", "check", "wrong.toml")
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)
    assert "wrong.toml: [[contrast]] fear: measure: no measure 'trsut'; did you mean 'trust'?" in wrong.err
    none = call("study", "contrasts", "results")
    assert (none.code, none.err.count("\n")) == (2, 1)
    assert "declares no [[contrast]]" in none.err


def test_the_page_answers_and_is_for_the_reader_named(call):
    assert call("study", "report", "results", "--out", "page.html").code == 0
    page = Path("page.html").read_text()
    headings = (
        "Answer",
        "Gains and costs",
        "Who loses",
        "Where it turns",
        "Assumptions",
        "Numbers",
        "Methods",
        "Repeat it",
    )
    assert re.findall("<h2>([^<]*)</h2>", page) == list(headings)
    assert "run-to-run variation" in page
    assert "http" not in page
    assert call("study", "report", "results", "--out", "page.html", "--for", "policy", "--force").code == 0
    plain = Path("page.html").read_text()
    assert re.findall("<h2>([^<]*)</h2>", plain) == [name for name in headings if name not in ("Numbers", "Methods")]
    assert plain.count("<table>") < page.count("<table>")
    wrong = call("study", "report", "results", "--for", "policies")
    assert (wrong.code, wrong.err) == (2, "civicsim: --for: no reader 'policies'; did you mean 'policy'?\n")


def test_without_chromium_a_pdf_is_refused_in_one_line(call, monkeypatch):
    monkeypatch.setenv("PATH", "")
    printed = call("study", "report", "results", "--out", "page.pdf")
    assert (printed.code, printed.err.count("\n")) == (2, 1)
    assert "printed by Chromium, which is not installed here; write .html" in printed.err
    assert not Path("page.pdf").exists()


def test_an_ablation_runs_shows_what_mechanisms_do_and_has_a_page(call):
    plain = STUDY.partition("[uncertainties]")[0]
    Path("plain.toml").write_text(plain)
    printed = call("study", "ablation", "plain.toml", "--no-one-in", "--processes", "0", "--measures", "trust")
    assert printed.code == 0, printed.err
    text = " ".join(printed.out.split())
    assert "Trust in the organisation (0–1; higher is better)" in text
    assert re.search("everything on .*civic-culture − status-quo", text)
    assert "no change at all without: " in text
    assert printed.err.strip().endswith("Next: civicsim study report plain-ablation")
    again = json.loads(call("study", "ablation", "plain-ablation", "--measures", "trust", "--json").out)
    assert {row["setting"] for row in again["rows"]} >= {"everything on", "without voice"}
    assert call("study", "report", "plain-ablation", "--out", "ablation.html").code == 0
    page = Path("ablation.html").read_text()
    assert "<h3>Mechanisms</h3>" in page
    assert "With every mechanism on, civic-culture: " in page


def test_a_search_shows_what_it_found_and_how_to_repeat_it(call, monkeypatch):
    monkeypatch.setattr("civicsim.study.analysis.search._TREES", 2)
    Path("few.toml").write_text(
        STUDY.replace("fear = {", "intercept = {")
        .replace("low = 0.0, high = 0.8", "low = -1.8, high = -1.0")
        .replace("improvement_share = { low = 0.01, high = 0.1 }", 'skill_mean = "full"')
        .replace("draws = 20", "draws = 3")
    )
    words = ("study", "adversary", "few.toml", "--style", "civic-culture", "--measure", "trust", "--trials", "0")
    printed = call(*words, "--fresh", "2", "--processes", "0")
    assert printed.code == 0, printed.err
    text = " ".join(printed.out.split())
    assert "3 trials spread evenly and 0 searched, 2 seeds each" in text
    assert "Simulated again with 2 new seeds" in text
    assert '    style = "civic-culture"' in printed.out
    assert "civicsim: 24 of 24 runs" in printed.err.replace("\r", "")
    assert "Next: cd few-adversary && civicsim compare worst.toml" in printed.err
    values = json.loads(call(*words, "--fresh", "2", "--processes", "0", "--json").out)
    assert len(values["trials"]) == 3
    assert {"boxes", "coverage_elsewhere", "worst", "parameters"} <= set(values)
    before = {path: path.read_bytes() for path in Path("few-adversary").rglob("*.*") if path.is_file()}
    assert call("study", "report", "few-adversary", "--out", "search.html").code == 0
    worst = values["worst"][0]
    assert f"number {worst['trial']}, simulated again with" in Path("search.html").read_text()
    assert {path: path.read_bytes() for path in before} == before
    monkeypatch.setattr("civicsim.cli.study_analysis.cs.adversary", stopped)
    assert (
        call(*words).err.strip()
        == "civicsim: stopped; finished runs are kept in few-adversary; the same command resumes the search"
    )


def stopped(*arguments, **words):
    raise KeyboardInterrupt


def test_mistakes_are_one_line(call, mistakes):
    cases = {
        "compare results --measures trst": "results: no measure 'trst'; did you mean 'trust'?",
        "compare results --against civic": "results: no style 'civic'; did you mean 'civic-culture'?",
        "rank results --pareto trust": "results: trust: a Pareto view takes two or more measures",
        "regret results --threshold trust": "--threshold trust: expected MEASURE=X, such as quality_true=0.6",
        "regret results --threshold trust=a": "--threshold trust=a: expected MEASURE=X, such as quality_true=0.6",
        "discover results --style civic": "results: no style 'civic'; did you mean 'civic-culture'?",
        "sensitivity nowhere": "nowhere: there is no such folder",
        "ablation results": "results: varies no mechanism; civicsim study ablation STUDY.toml runs one that does",
        "adversary study.toml --style civic-culture --measure trust": "study.toml: uncertainties: levers.fear is a lever",
    }
    found = mistakes(*((["study", *words.split()], [f"civicsim: {part}"]) for words, part in cases.items()))
    assert found == []


def test_a_folder_above_the_results_leads_to_them(call):
    message = call("study", "status", ".").mistake
    assert message.startswith("civicsim: .: holds no study (there is no manifest.json); there are results in ")
    assert "results" in message.partition("results in ")[2].split(", ")
