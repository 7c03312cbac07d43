"""The brief of a study: for each design its answer, with figures that are recomputed here from the table of runs."""

from __future__ import annotations

import functools
import html
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

from civicsim.cli import main
from civicsim.errors import CivicsimError
from civicsim.experiment.wording import scale_of, with_interval
from civicsim.report.brief import brief
from civicsim.report.brief_answers import kind_of
from civicsim.report.brief_subject import Subject
from civicsim.report.study_plots import plot_study
from civicsim.study.analysis.declared import declared_contrasts
from civicsim.study.analysis.matched import matched
from civicsim.study.run.runner import run_study
from civicsim.study.store.store import Store, open_store

sys.path.append(str(Path(__file__).parent.parent / "study"))
from studies import SIZES, small_study

RANGES = {"fear": {"low": 0.0, "high": 0.9}, "permission": {"low": 0.1, "high": 0.9}}
ALONE = {"styles": ["civic-culture"], "seeds": 2}
STUDIES = {
    "full grid": {
        "factors": SIZES | {"fear": [0.0, 0.8], "permission": [0.1, 0.9]},
        "styles": ["status-quo"],
        "seeds": 10,
        "measures": ["quality_true", "load"],
    },
    "sobol": {"factors": SIZES | RANGES, "design": {"method": "sobol", "n": 8}, **ALONE},
    "morris": {"factors": SIZES | RANGES, "design": {"method": "morris", "n": 4}, **ALONE},
    "other forms of the rules": {"factors": SIZES, "design": {"method": "forms"}, "seeds": 2},
    "draws": {
        "factors": SIZES,
        "uncertainties": {"safety_mean": {"low": 0.2, "high": 0.9}},
        "design": {"draws": 5},
        "styles": ["status-quo", "civic-culture", "command"],
    },
    "comparison": {"factors": SIZES, "seeds": 12, "matters": {"trust": 0.4}, "measures": ["trust", "voice_status_gap"]},
}
STUDIES["named"] = {
    "styles": ["status-quo"],
    "factors": SIZES,
    "seeds": 12,
    "measures": ["trust"],
    "weeks": 6,
    "runs": [
        {"name": "No compact", "levers.compact": 0.0},
        {"name": "A compact that is broken", "levers.compact": 1.0, "compact.kept_share": 0.0},
        {"levers.compact": 1.0, "population.demand_per_post": 34.0},
    ],
    "contrast": [
        {
            "name": "broken",
            "statement": "Broken promises cost trust.",
            "measure": "trust",
            "sign": "-",
            "a": {"levers.compact": 1.0, "compact.kept_share": 0.0},
            "b": {"levers.compact": 0.0},
        }
    ],
}
OF = {"named": "comparison", "sobol": "sample", "morris": "sample"}
"""The kind of a study that is named for something else."""


@pytest.fixture(scope="module")
def stores(tmp_path_factory) -> dict[str, Store]:
    folder = tmp_path_factory.mktemp("briefs")
    return {name: run_study(small_study(**own), folder / name, processes=0) for name, own in STUDIES.items()}


@functools.cache
def _page(path: Path, reader: str) -> str:
    return brief(open_store(path), reader)


def page_of(store: Store, reader: str = "research") -> str:
    """Return the brief of a store that does not change, written once."""
    return _page(store.path, reader)


def words(page: str) -> str:
    """Return the text of a page on one line."""
    body = re.sub(r"<style>.*?</style>|<svg.*?</svg>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_every_design_has_its_answer_and_its_figure(stores):
    for name, store in stores.items():
        assert kind_of(Subject(store, matched(store))).name == OF.get(name, name)
        for reader in ("research", "policy"):
            page = page_of(store, reader)
            for heading in ("Answer", "Assumptions", "Repeat it"):
                assert f"<h2>{heading}</h2>" in page, name
            assert "<svg " in page, name
            assert "No figure" not in page, name
            assert "http" not in page, name
    assert page == brief(store, reader)


def test_the_effect_and_the_interaction_of_a_grid_are_those_of_the_runs(stores):
    store = stores["full grid"]
    cells = store.to_pandas().pivot_table(index="seed", columns=["fear", "permission"], values="quality_true")
    by_seed = (cells[0.8] - cells[0.0]).mean(axis=1)
    half = 2.262157 * by_seed.std(ddof=1) / np.sqrt(10)
    text = scale_of("0–1").difference(by_seed.mean(), by_seed.mean() - half, by_seed.mean() + half)
    page = words(page_of(store))
    assert f"Fear of blame from 0 to 0.8: {way(by_seed.mean() - half, by_seed.mean() + half)}, {text}; " in page


def way(low: float, high: float) -> str:
    return "too close to call" if low <= 0.0 <= high else "better" if low > 0.0 else "worse"


def test_a_comparison_counts_its_pairs_and_says_who_loses(stores):
    store = stores["comparison"]
    wide = store.to_pandas().pivot_table(index="seed", columns="style", values="trust")
    gain = wide["civic-culture"] - wide["status-quo"]
    page = words(page_of(store))
    n = int((gain > 0).sum()) if gain.mean() > 0 else int((gain < 0).sum())
    assert f"{'better' if gain.mean() > 0 else 'worse'} in {n} of 12 pairs" in page
    worst = wide["civic-culture"].min()
    assert f"civic-culture {scale_of('0–1').text(worst)}" in page
    assert f"{100 * (gain < 0).mean():.0f} %" in page.partition("Who loses")[2].partition("Where it turns")[0]
    assert "Status gap in speaking up" in page
    assert "keeps no measure" not in page
    assert "keeps no measure of how differently groups fare" in words(page_of(stores["draws"]))


def test_the_worst_runs_are_told_apart_by_setting_and_shocks(tmp_path):
    shocks = {"none": [], "surge": [{"name": "surge", "week": 1}]}
    store = run_study(small_study(seeds=2, measures=["trust"], shocks=shocks), tmp_path / "shocks", processes=0)
    wide = store.to_pandas().pivot_table(index="seed", columns=["style", "fear", "shock"], values="trust")
    page = words(page_of(store)).partition("Worst run (point:seed)")[2].partition("Where it turns")[0]
    scale = scale_of("0–1")
    for style, fear, shock in wide:
        own, base = wide[style, fear, shock], wide["status-quo", fear, shock]
        pairs = "–" if style == "status-quo" else f"{100 * (own < base).mean():.0f} %"
        text = f"{style}, Fear of blame {fear:g} [{shock}] {scale.text(own.min())} {scale.text(own.mean())} {pairs} "
        assert text in page


def test_ranks_over_draws_are_those_of_the_means(stores):
    store = stores["draws"]
    means = store.to_pandas().groupby(["draw", "style"])["trust"].mean().unstack()
    best = means.idxmax(axis=1).value_counts(normalize=True)
    first = means.rank(axis=1, ascending=False).mean().idxmin()
    page = words(page_of(store))
    assert f"over 5 futures, {first} has the best mean rank" in page
    assert f"and is best in {100 * best.get(first, 0.0):.0f} % (" in page


def test_the_measures_that_a_study_names_are_shown_alone_and_labels_leave_out_what_all_share(stores):
    page = words(page_of(stores["full grid"])).partition("Methods")[0]
    assert "Workload" in page
    assert "Burnout" not in page
    # One style and one size are the same for all.
    assert "status-quo, Fear" not in page
    assert "n_teams = 1" not in page


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("sobol", "The index of"),
        ("morris", "The design has 4 trajectories."),
        ("other forms of the rules", ""),
        ("full grid", ""),
        ("comparison", ""),
    ],
)
def test_a_page_is_provisional_for_the_reason_it_gives(stores, name, reason):
    page = page_of(stores[name])
    assert ("provisional" in page) == ("Provisional." in page) == bool(reason)
    assert reason in words(page)


def test_few_pairs_missing_runs_and_wide_intervals_make_a_page_provisional(stores, tmp_path):
    few = brief(run_study(small_study(seeds=2, factors=SIZES, matters={"trust": 1e-9}), tmp_path / "few", processes=0))
    assert "A comparison rests on 2 matched pairs." in words(few)
    assert "Run-to-run intervals are wider than what matters on Trust in the organisation." in words(few)
    part = run_study(small_study(factors=SIZES), tmp_path / "part", shard=(1, 2), processes=0)
    assert "runs missing" in words(brief(part))


def test_two_sets_of_shocks_are_told_apart_where_nothing_else_is_varied(tmp_path):
    shocks = {"none": [], "surge": [{"name": "surge", "week": 1}]}
    study = small_study(factors=SIZES, seeds=3, measures=["trust", "load", "voice_status_gap"], shocks=shocks)
    store = run_study(study, tmp_path / "shocks", processes=0)
    subject = Subject(store, matched(store))
    found = subject.moves(subject.runs)
    assert [row.words.endswith(f"[{row.shock}]") for row in found.itertuples()] == [True] * len(found)
    assert set(found["shock"]) == set(shocks)


def test_the_brief_of_an_ablation_speaks_of_runs_with_all_mechanisms_on(tmp_path):
    study = small_study(
        factors=SIZES | {"voice.enabled": [True, False]}, seeds=3, measures=["trust", "voice_status_gap"]
    )
    store = run_study(study, tmp_path / "ablation", processes=0)
    subject = Subject(store, matched(store)).whole
    found = subject.moves(subject.measured(["voice_status_gap"]))
    assert found["words"].notna().all()
    assert set(found["policy"]) <= set(subject.runs.points["policy"])
    assert "nan" not in words(brief(store)).split()


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_an_incomplete_sample_has_a_brief_that_says_what_is_missing(tmp_path, method):
    study = small_study(**STUDIES[method])
    store = run_study(study, tmp_path / "part", shard=(1, 2), processes=0)
    page = words(brief(store))
    assert "Not shown:" in page
    assert "the design is incomplete" in page
    assert "missing" in page


def test_the_command_that_repeats_a_study_gives_the_same_runs(stores, monkeypatch):
    store = stores["full grid"]
    command = re.search(r"Repeat it civicsim (study run .*? --out again)", words(page_of(store)))[1]
    monkeypatch.chdir(store.path.parent)
    assert main([*shlex.split(command), "--processes", "0", "--quiet"]) == 0
    assert Path("again", "runs.parquet").read_bytes() == (store.path / "runs.parquet").read_bytes()


def test_mistakes_are_one_line(stores):
    with pytest.raises(CivicsimError, match="no reader 'polcy'; did you mean 'policy'"):
        brief(stores["comparison"], "polcy")


def test_the_means_of_all_policies_are_folded_away(stores):
    store = stores["comparison"]
    page = page_of(store)
    inside = page.partition("<summary>Means of every policy and measure</summary>")[2]
    mean = store.to_pandas().groupby("style")["trust"].mean()
    assert f"{mean['civic-culture']:.3f}" in inside.partition("</details>")[0]
    assert "details{display:none}" in page


def test_policies_have_the_names_of_their_study_or_labels_with_units(stores):
    runs = matched(stores["named"])
    names, against = runs.compared_words()
    assert list(names.values()) == [
        "A compact that is broken",
        "Mutual commitments 1, Demand for care per post 34 hours per week",
    ]
    assert against == "No compact"
    page = words(page_of(stores["named"], "policy"))
    assert "compared with No compact" in page
    assert "difference from No compact" in page_of(stores["named"])
    # A value that stands for itself is given its meaning.
    assert "Compact: kept share: as it comes, 0; default as it comes" in page
    for store in stores.values():
        raw = r"\b(True|False)\b(?! quality)|[a-z]_[a-z]+ = |share:? −1"
        assert not re.search(raw, words(page_of(store, "policy")).partition("Repeat it")[0]), store.path


def test_a_brief_for_policy_names_each_verdict(stores):
    store = stores["named"]
    wide = store.to_pandas().pivot_table(index="seed", columns="point", values="trust")
    loss = 100.0 * (wide[1] - wide[0]).mean()
    page = words(page_of(store, "policy")).partition("Where it turns")[0]
    (row,) = declared_contrasts(store).to_dict("records")
    verdict = row["verdict"]
    assert f"Declared beforehand: 1 expectation; 1 {verdict.replace(', ', ' ')}." in page
    size = re.search(f"{verdict.capitalize()}: Broken promises cost trust. ([+−][0-9.]+) points", page)
    assert size is not None
    assert float(size[1].replace("−", "-")) == pytest.approx(loss, abs=0.01)


def test_axes_give_what_sentences_give(stores):
    store = stores["comparison"]
    figure = plot_study(store, "differences", "trust").figure
    figure.draw_without_rendering()
    (ax,) = figure.axes
    assert ax.get_xlabel() == "points"
    ticks = [float(tick.get_text().replace("−", "-")) for tick in ax.get_xticklabels()]
    assert ticks == pytest.approx([100.0 * place for place in ax.get_xticks()])
    gain = store.to_pandas().pivot_table(index="seed", columns="style", values="trust").diff(axis=1).iloc[:, 1].mean()
    assert min(ticks) - 5.0 <= 100.0 * abs(gain) * np.sign(gain) <= max(ticks) + 5.0


def test_a_multiverse_names_who_is_ahead_and_explains_its_terms(stores):
    page = words(page_of(stores["other forms of the rules"], "policy"))
    assert "As published, civic-culture against status-quo: " in page
    assert "The sign is the same in " in page
    # With two styles there is a sign, and no tau to explain.
    assert " tau " not in page
    assert "those of one world show run-to-run variation" in page


def test_an_interval_without_width_has_no_more_digits_than_a_number():
    assert with_interval(5.4086512, 5.4086512, 5.4086512) == ("5.41", "5.41 to 5.41")
    assert with_interval(5.4086512, 5.4086511999, 5.4086512001, sign=True) == ("+5.41", "+5.41 to +5.41")
