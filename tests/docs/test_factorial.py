"""The worked example of a factorial question: its commands run, and pandas finds the same effects in the Parquet files."""

import itertools
import re
import shlex
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from civicsim.cli import main
from civicsim.study.design.study import Study

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "factorial.md"
STUDY = ROOT / "experiments" / "protected-time" / "study.toml"
FACTORS = ["weight_protected", "permission", "demand_per_post"]
SMALL = """
n_teams = 3
team_size = 6
n_executives = 1
[uncertainties]
"voice.intercept" = { low = -1.8, high = -1.0 }
[design]
draws = 3

[matters]"""


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder in which the commands of the page were run, on a small organisation with draws."""
    at = tmp_path_factory.mktemp("factorial")
    text = STUDY.read_text(encoding="utf-8").replace("\n[matters]", SMALL)
    text = text.replace("seeds = 30", "seeds = 5\nburn_in_weeks = 8").replace("weeks = 156", "weeks = 40")
    file = at / STUDY.relative_to(ROOT)
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    (commands,) = blocks("sh")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(at)
        own = [shlex.split(line) for line in commands.splitlines() if line.startswith("uv run civicsim")]
        assert [main(words[3:]) for words in own] == [0, 0, 0]
        # At most four commands from the clone to table and figure.
        assert len(commands.splitlines()) + 1 <= 4
        assert (at / "protected" / "effects.png").exists()
    return at


@pytest.fixture(scope="module")
def runs(folder):
    points, runs = (pd.read_parquet(folder / "protected" / f"{name}.parquet") for name in ("points", "runs"))
    return runs.merge(points, on="point")


def by_seed(runs, fixed):
    """Return the effect of protected time by seed (the mean over draws), at levels of other factors."""
    own = runs[np.logical_and.reduce([runs[name] == level for name, level in fixed.items()])] if fixed else runs
    wide = own.pivot_table(index=["seed", "draw"], columns="weight_protected", values="adoptions_local")
    return (wide[6.0] - wide[0.0]).unstack("draw")


def expected(differences):
    """Return mean, run-to-run and parameter intervals, and the whole one, as the documentation defines them."""
    seeds, draws = differences.mean(axis=1), differences.mean(axis=0)
    mean, half = seeds.mean(), t.ppf(0.975, len(seeds) - 1) * seeds.sem()
    low, high = min(draws.quantile(0.025), mean), max(draws.quantile(0.975), mean)
    whole = mean - np.hypot(mean - low, half), mean + np.hypot(high - mean, half)
    return [mean, mean - half, mean + half, low, high, *whole]


def test_pandas_finds_the_same_effects_and_intervals_in_the_parquet_files(folder, runs):
    found = pd.read_csv(folder / "effects.csv", keep_default_na=False)
    columns = ["difference", "run_low", "run_high", "parameter_low", "parameter_high", "low", "high"]
    at = {"": by_seed(runs, {})}
    for p, d in itertools.product((0.1, 0.9), (30.0, 34.0)):
        at[f"permission = {p}, demand_per_post = {d:g}"] = by_seed(runs, {"permission": p, "demand_per_post": d})
    own = {name: [by_seed(runs, {name: level}) for level in sorted(runs[name].unique())] for name in FACTORS[1:]}
    at["permission 0.9 − 0.1"] = own["permission"][1] - own["permission"][0]
    at["demand_per_post 34 − 30"] = own["demand_per_post"][1] - own["demand_per_post"][0]
    cells = {(p, d): by_seed(runs, {"permission": p, "demand_per_post": d}) for p in (0.1, 0.9) for d in (30.0, 34.0)}
    three = (cells[0.9, 34.0] - cells[0.9, 30.0]) - (cells[0.1, 34.0] - cells[0.1, 30.0])
    at["permission 0.9 − 0.1, demand_per_post 34 − 30"] = three
    assert found["at"].tolist() == list(at)
    assert found["kind"].tolist() == ["main", *["simple"] * 4, *["interaction"] * 3]
    for row in found.to_dict("records"):
        assert [float(row[name]) for name in columns] == pytest.approx(expected(at[row["at"]]), abs=1e-12), row["at"]


def test_pandas_finds_the_same_shares_of_the_variance(folder, runs):
    from civicsim import open_store, variance_shares

    found = variance_shares(open_store(folder / "protected"), ["adoptions_local"]).set_index("term")["share"]
    y = runs["adoptions_local"]
    total, explained = ((y - y.mean()) ** 2).sum(), {}
    for n in (1, 2, 3):
        for names in itertools.combinations(FACTORS, n):
            between = ((y.groupby([runs[name] for name in names]).transform("mean") - y.mean()) ** 2).sum() / total
            lower = [explained[own] for k in range(1, n) for own in itertools.combinations(names, k)]
            explained[names] = between - sum(lower)
    for names, share in explained.items():
        assert found[" × ".join(names)] == pytest.approx(share, abs=1e-12), names
    of_draws = y.groupby([runs[name] for name in (*FACTORS, "draw")]).transform("mean")
    assert found["run-to-run variation"] == pytest.approx(((y - of_draws) ** 2).sum() / total, abs=1e-12)
    assert found.sum() == pytest.approx(1.0, abs=1e-12)


def test_the_python_of_the_page_draws_its_figure(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    (code,) = blocks("python")
    exec(code, {})
    assert "permission 0.9 − 0.1" in capsys.readouterr().out
    assert (folder / "interaction.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_the_page_shows_the_study_that_is_shipped():
    shown, more = (tomllib.loads(block) for block in blocks("toml"))
    shipped = tomllib.loads(STUDY.read_text(encoding="utf-8"))
    shipped.pop("title")
    assert shown == shipped
    assert len(Study.from_dict(shown | more).points) == 8 * 50


def test_the_page_on_studies_shows_contrasts_that_can_be_checked():
    text = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8").partition("## Expectations as contrasts")[2]
    (block, *_) = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    study = Study.from_dict(tomllib.loads(block))
    assert [one["sign"] for one in study.contrast] == ["interaction+", "inverted-u"]
    assert len(study.points) == 11
