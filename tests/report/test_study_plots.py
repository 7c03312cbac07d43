"""Figures of studies: they show the numbers of the analyses, with declared labels and units, in every format and width."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image
from test_figures import assert_nothing_clipped_or_overlapping, words

from civicsim.errors import CivicsimError
from civicsim.experiment.wording import percent, scale_of
from civicsim.model.measures import MEASURES
from civicsim.report.heat import shade_of
from civicsim.report.look import BETTER, WORSE, save
from civicsim.report.study_plots import PLOTS, _summed_up, plot_study
from civicsim.scenario.scenario import PARAMETERS
from civicsim.study.analysis.contrasts import contrasts
from civicsim.study.analysis.decide import decide
from civicsim.study.analysis.discovery import discover
from civicsim.study.analysis.indices import NOTHING
from civicsim.study.analysis.matched import matched
from civicsim.study.analysis.rank import rank
from civicsim.study.analysis.regret import regret
from civicsim.study.analysis.sensitivity import sensitivity
from civicsim.study.run.runner import run_study
from civicsim.study.store.store import Store

sys.path.append(str(Path(__file__).parent.parent / "study"))
from studies import SIZES, small_study

LEVELS = {"fear": [0.0, 0.4, 0.8], "status_blindness": [0.1, 0.7]}
RANGES = {"fear": {"low": 0.0, "high": 0.9}, "status_blindness": {"low": 0.1, "high": 0.9}}
UNCERTAIN = {"exhaustion_mean": {"low": 0.2, "high": 0.7}, "safety_mean": {"low": 0.2, "high": 0.9}}
OF = {"heat": "grid", "effects": "grid", "indices": "sobol"}
"""The store that each kind of figure is drawn of; "draws" for all others."""
SAFETY = "psychological_safety"
"""A measure of the study over draws by which each of the two styles is better in some."""
STYLES = {"boxes": ("civic-culture",)}


@pytest.fixture(scope="module")
def stores(tmp_path_factory) -> dict[str, Store]:
    """Small studies: two styles over draws, a grid of two factors, and a Sobol' sample."""
    of = {
        "draws": {
            "factors": SIZES | {"n_teams": 2, "team_size": 8},
            "uncertainties": UNCERTAIN,
            "design": {"draws": 32},
            "weeks": 12,
            "measures": [SAFETY, "load"],
            "weekly": [SAFETY],
        },
        "grid": {"factors": SIZES | LEVELS},
        "sobol": {
            "factors": SIZES | RANGES,
            "styles": ["civic-culture"],
            "design": {"method": "sobol", "n": 8},
            "seeds": 2,
        },
    }
    folder = tmp_path_factory.mktemp("figures")
    return {name: run_study(small_study(**about), folder / name, processes=0) for name, about in of.items()}


def measure_of(kind: str) -> str:
    return "trust" if kind in OF else SAFETY


def drawn(stores: dict[str, Store], kind: str, **how) -> Figure:
    return plot_study(stores[OF.get(kind, "draws")], kind, measure_of(kind), STYLES.get(kind, ()), **how).figure


def dots(figure: Figure, marker: str = "o") -> list[float]:
    return [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_marker() == marker]


def bars(figure: Figure, width: float) -> list[tuple[float, float]]:
    found = [line for line in figure.axes[0].lines if line.get_marker() == "None" and len(set(line.get_ydata())) == 1]
    return [tuple(line.get_xdata()) for line in found if line.get_linewidth() == width]


@pytest.mark.parametrize("width", [85, 170])
@pytest.mark.parametrize("kind", PLOTS)
def test_nothing_is_clipped_or_covered_at_the_width_of_a_column_and_of_a_page(stores, kind, width):
    figure = drawn(stores, kind, width=width)
    assert_nothing_clipped_or_overlapping(figure)
    assert round(25.4 * figure.get_figwidth()) == width


@pytest.mark.parametrize("kind", PLOTS)
def test_every_figure_names_measure_and_unit_and_has_a_caption(stores, kind):
    about = MEASURES[measure_of(kind)]
    figure = drawn(stores, kind)
    title, caption = (text.get_text() for text in figure.texts)
    assert title.startswith(about.label)
    assert len(caption) > 50
    # An index, a rank or the range of a parameter is not in the unit of the measure.
    scale = scale_of(about.unit)
    units = {"rank": about.unit, "effects": scale.unit, "paths": scale.unit, "indices": "", "boxes": ""}
    assert units.get(kind, scale.points).strip() in words(figure)


@pytest.mark.parametrize("kind", PLOTS)
def test_every_figure_is_the_same_file_every_time(stores, kind, tmp_path):
    one, other = (drawn(stores, kind) for _ in range(2))
    for ending, start in {"png": b"\x89PNG\r", "svg": b"<?xml", "pdf": b"%PDF-"}.items():
        first, second = (save(own, tmp_path / f"{id(own)}.{ending}", 80).read_bytes() for own in (one, other))
        assert first == second, ending
        assert b"2026" not in first, ending
        assert first.startswith(start), ending


@pytest.mark.parametrize("kind", PLOTS)
def test_a_store_has_a_method_for_every_figure_that_draws_on_the_axes_given(stores, kind):
    ax = Figure(figsize=(8, 5), layout="constrained").add_subplot()
    store = stores[OF.get(kind, "draws")]
    assert getattr(store, f"plot_{kind}")(measure_of(kind), STYLES.get(kind, ()), ax=ax) is ax
    assert ax.get_title(loc="left").startswith(MEASURES[measure_of(kind)].label)


def test_every_figure_has_a_picture_in_the_docs_in_all_its_colours():
    docs = Path(__file__).parents[2] / "docs"
    shown = set(re.findall(r"images/(figure-\w+\.png)", (docs / "figures.md").read_text()))
    assert {f"figure-{kind}.png" for kind in PLOTS} <= shown
    # A palette of few colours loses those that are rare, such as one end of a scale.
    for name in shown:
        with Image.open(docs / "images" / name) as picture:
            assert picture.mode == "RGBA", name


# -- numbers -----------------------------------------------------------------------------------------------------------


def test_a_week_without_a_value_leaves_no_gap_in_a_path(stores):
    weeks = np.where(np.arange(40) % 5 == 0, np.nan, 0.5)
    cube = pd.DataFrame({(0, seed): weeks for seed in range(3)}).rename_axis(["future", "seed"], axis=1)
    found = _summed_up(cube, matched(stores["draws"]).columns[SAFETY])
    assert found.mean[0] == pytest.approx(0.5)
    assert not np.isnan(found.mean).any()


def test_differences_are_those_of_the_comparison_with_both_kinds_of_interval(stores):
    figure = drawn(stores, "differences")
    (row,) = contrasts(stores["draws"], [SAFETY]).to_dict("records")
    assert dots(figure) == [row["difference"]]
    assert bars(figure, 3.2) == [(row["run_low"], row["run_high"])]
    assert bars(figure, 0.9) == [(row["parameter_low"], row["parameter_high"])]
    text = words(figure)
    assert "thick bar: 95 % interval over seeds (run-to-run variation)" in text
    assert "thin line: middle 95 % of draws (parameter uncertainty)" in text
    (dot,) = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    if row["verdict"] in ("higher", "lower"):
        assert to_hex(dot.get_color()) == (BETTER if row["verdict"] == "higher" else WORSE).lower()


def test_settings_are_named_by_the_declared_labels_of_what_they_change(stores):
    text = words(plot_study(stores["grid"], "differences", "trust").figure)
    assert f"{PARAMETERS['levers.fear'].label} 0.4" in text
    assert "fear = " not in text


def test_a_heat_map_has_the_paired_difference_of_every_combination_and_labels_of_both_factors(stores):
    store, figure = stores["grid"], drawn(stores, "heat")
    ax, points = figure.axes[0], store.points()
    runs = matched(store, ["trust"])
    for text in ax.texts:
        column, row = text.get_position()
        of = points[
            (points["fear"] == LEVELS["fear"][column]) & (points["status_blindness"] == LEVELS["status_blindness"][row])
        ]
        mean = {style: runs.values["trust"][own["point"]].mean() for style, own in of.groupby("style")}
        shown, decimals = float(text.get_text().replace("−", "-")), len(text.get_text().split(".")[1])
        # Cells are in points, as the sentences of a brief are.
        assert abs(shown - 100.0 * (mean["civic-culture"] - mean["status-quo"])) <= 0.51 * 10.0**-decimals
    assert len(ax.texts) == 6
    assert ax.get_xlabel() == f"{PARAMETERS['levers.fear'].label} ({PARAMETERS['levers.fear'].unit})"
    assert PARAMETERS["levers.status_blindness"].label in ax.get_ylabel().replace("\n", " ")


def test_a_heat_map_of_styles_and_draws_has_a_cell_for_each(stores):
    ax = plot_study(stores["draws"], "heat", SAFETY)
    assert ax.images[0].get_array().shape[:2] == (1, 32)
    assert "parameter uncertainty" in words(ax.figure)


def test_paths_are_weekly_means_over_seeds_and_draws(stores):
    store, ax = stores["draws"], drawn(stores, "paths").axes[0]
    weekly = store.to_pandas("weekly")
    for style in ("status-quo", "civic-culture"):
        (line,) = [own for own in ax.lines if own.get_label() == style]
        np.testing.assert_allclose(line.get_ydata(), weekly[weekly["style"] == style].groupby("week")[SAFETY].mean())


def test_indices_are_those_of_the_analysis_the_largest_first(stores):
    figure = drawn(stores, "indices")
    found = sensitivity(stores["sobol"], ["trust"]).pivot(index="factor", columns="index", values="value")
    np.testing.assert_allclose(dots(figure), np.sort(found["total"])[::-1])
    np.testing.assert_allclose(np.sort(dots(figure, "D")), np.sort(found["first"]))
    assert figure.axes[0].get_xlabel() == "% of the variance"


def test_draws_have_indices_with_what_chance_may_reach(stores, monkeypatch):
    monkeypatch.setattr("civicsim.study.analysis.indices._PAWN_RESAMPLES", 3)
    figure = plot_study(stores["draws"], "indices", SAFETY, ["civic-culture"]).figure
    found = sensitivity(stores["draws"], [SAFETY], styles=["civic-culture"])
    found = found[found["index"] == "median"].set_index("factor")["value"]
    np.testing.assert_allclose(dots(figure), np.sort(found.drop(NOTHING))[::-1])
    dashed = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    assert [line.get_xdata()[0] for line in dashed] == [found[NOTHING]]


def test_regret_has_mean_and_largest_regret(stores):
    figure, found = drawn(stores, "regret"), regret(stores["draws"], SAFETY).summary.sort_values("max_regret")
    assert dots(figure) == found["mean_regret"].tolist()
    assert dots(figure, "|") == found["max_regret"].tolist()
    assert bars(figure, 3.2) == list(zip(found["max_regret_low"], found["max_regret_high"], strict=True))


def test_ranks_have_their_shares_of_futures_and_how_often_a_policy_is_best(stores):
    figure, found = drawn(stores, "rank"), rank(stores["draws"], SAFETY)
    ax, best = figure.axes
    (image,) = ax.images
    np.testing.assert_allclose(image.get_array(), shade_of(0.95 * found.distribution.to_numpy()))
    assert list(image.get_extent()) == [0.5, 2.5, 1.5, -0.5]
    assert dots(figure) == found.summary["mean_rank"].tolist()
    assert [tuple(line.get_xdata()) for line in ax.lines if line.get_marker() == "None"] == list(
        zip(found.summary["rank_low"], found.summary["rank_high"], strict=True)
    )
    shares = [text.get_text().partition(" (")[0] for text in best.get_yticklabels()]
    assert shares == [percent(share) for share in found.summary["best"]]
    assert "32 futures × 4 seeds" in words(figure)


def test_the_factors_of_a_grid_can_be_chosen(stores):
    store = stores["grid"]
    fear, rank_counts = (PARAMETERS[f"levers.{name}"].label for name in ("fear", "status_blindness"))
    across = store.plot_heat("trust", factors=["status_blindness", "fear"])
    assert across.get_xlabel().startswith(rank_counts)
    assert across.images[0].get_array().shape[:2] == (3, 2)
    along = store.plot_effects("trust", factors=["status_blindness", "fear"])
    assert along.get_xlabel().startswith(rank_counts)
    assert {f"{fear} {level:g}" for level in (0.0, 0.4, 0.8)} <= {line.get_label() for line in along.lines}


def test_what_decides_is_drawn_with_its_interval(stores):
    figure, found = drawn(stores, "decide"), decide(stores["draws"], SAFETY).table
    found = found[found["evppi"] > 0.0]
    assert dots(figure) == found["evppi"].tolist()
    assert bars(figure, 0.9) == list(zip(found["low"], found["high"], strict=True))


def test_boxes_cover_the_part_of_each_range_that_they_allow(stores):
    figure, found = drawn(stores, "boxes"), discover(stores["draws"], SAFETY, "civic-culture")
    names = [text.get_text().replace("\n", " ") for text in figure.axes[0].get_yticklabels()]
    assert len(names) == sum(1 + len(limits) for limits in found.limits)
    bars_of = [bar for bar in figure.axes[0].patches if to_hex(bar.get_facecolor()) == WORSE.lower()]
    points = stores["draws"].points()
    for bar, limit in zip(bars_of, (limit for limits in found.limits for limit in limits), strict=True):
        values = points[limit.name]
        low, high = (np.clip(end, values.min(), values.max()) for end in (limit.low, limit.high))
        assert bar.get_x() == pytest.approx((low - values.min()) / np.ptp(values))
        assert bar.get_width() == pytest.approx((high - low) / np.ptp(values))


def test_only_the_styles_asked_for_are_drawn_beside_the_baseline(tmp_path):
    store = run_study(
        small_study(styles=["status-quo", "civic-culture", "command"], factors=SIZES), tmp_path / "s", processes=0
    )
    figure = plot_study(store, "differences", "trust", ["command"]).figure
    rows = contrasts(store, ["trust"]).set_index("words")["difference"]
    assert dots(figure) == [rows["command"]]
    assert "civic-culture" not in words(plot_study(store, "regret", "trust", ["command"]).figure)


# -- mistakes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "kind", "how", "message"),
    [
        ("draws", "heatmap", {}, "no figure 'heatmap'; did you mean 'heat'"),
        ("grid", "heat", {"measure": "trus"}, "no measure 'trus'; did you mean 'trust'"),
        ("draws", "heat", {"styles": ["comand"]}, "no style 'comand'"),
        ("draws", "heat", {"width": 20}, "width = 20: expected a number from 60 to 400"),
        ("draws", "indices", {}, "drawn of one style, and there are status-quo, civic-culture"),
        ("sobol", "heat", {}, "a heat map needs two of these"),
        ("sobol", "effects", {}, "effects need factors with several listed levels, and there are none"),
        ("grid", "effects", {"factors": ["feer"]}, "no factor 'feer'; did you mean 'fear'"),
        ("grid", "heat", {"factors": ["feer"]}, "no factor 'feer'; did you mean 'fear'"),
        ("grid", "heat", {"factors": ["fear"]}, "factors = fear: a heat map takes two, across and down"),
        ("grid", "regret", {"factors": ["fear"]}, "regret takes no factors; heat and effects do"),
        ("sobol", "rank", {}, "ranks compare policies, and there is one"),
        ("sobol", "differences", {}, "no policy is compared"),
        ("grid", "paths", {}, "keeps no weeks; paths of trust need weekly = "),
        ("draws", "paths", {"measure": "load"}, "keeps weeks of psychological_safety; paths of load need"),
        ("grid", "decide", {}, "expected at least 20"),
        ("grid", "boxes", {}, "expected at least 20 points"),
        ("sobol", "regret", {}, "regret compares policies, and there is one"),
    ],
)
def test_a_figure_that_does_not_fit_is_refused_in_one_line(stores, of, kind, how, message):
    with pytest.raises(CivicsimError, match=message) as found:
        plot_study(stores[of], kind, **({"measure": SAFETY if of == "draws" else "trust"} | how))
    assert "\n" not in str(found.value)
