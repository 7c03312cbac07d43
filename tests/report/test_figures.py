"""Figures explain what they show, are the same every time, and work with little to show."""

from __future__ import annotations

import itertools
from html.parser import HTMLParser

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

import civicsim as cs
from civicsim.experiment import run as simulate
from civicsim.experiment.compare import Comparison
from civicsim.experiment.statistics import estimate
from civicsim.experiment.wording import number, with_interval
from civicsim.model.measures import FLAGSHIP, MEASURES
from civicsim.model.measuring import Measure
from civicsim.report.figures import (
    comparison_figure,
    comparison_html,
    differences_figure,
    plot_paths,
    result_html,
    save,
)
from civicsim.report.look import looks_of, png_bytes, spread, wrapped
from civicsim.report.paths import band, limits
from civicsim.report.words import seeds_text

STYLES = ("status-quo", "command", "compact", "civic-culture", "tokenistic-engagement")
SOME = ("voice_share", "burnt_out_share", "leaver_rate", "load", "quality_reported")


def small(style: str = "status-quo", **changes) -> cs.Scenario:
    return cs.Scenario.preset(style).with_(n_teams=3, weeks=20, burn_in_weeks=10).with_(**changes)


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return cs.compare(*(small(style) for style in STYLES), seeds=6)


@pytest.fixture(scope="module")
def pair() -> Comparison:
    return cs.compare(small(), small("civic-culture"), seeds=6)


@pytest.fixture(scope="module")
def single() -> Comparison:
    return cs.compare(small(), small("civic-culture"), seeds=1)


@pytest.fixture
def never(monkeypatch) -> str:
    """A measure of something that never happens."""

    def nothing(history):
        return np.zeros(history.tally.shape)

    about = Measure("never", "Never", "share of nothing", "What never happens.", "higher", nothing, nothing)
    monkeypatch.setitem(MEASURES, "never", about)
    monkeypatch.setattr(simulate, "MEASURES", MEASURES)
    return "never"


def words(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(Text)).replace("\n", " ")


def visible_boxes(figure: Figure) -> list[tuple[str, object]]:
    """Return the texts that are drawn, and where."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    for ax in figure.axes:
        low, high = sorted(ax.get_ylim())
        outside = {label for label in ax.get_yticklabels() if not low <= label.get_position()[1] <= high}
        hidden = set() if ax.xaxis.get_tick_params()["labelbottom"] else set(ax.get_xticklabels())
        drawn = [text for text in drawn if text not in outside | hidden]
    return [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in drawn]


def assert_nothing_clipped_or_overlapping(figure: Figure) -> None:
    boxes = visible_boxes(figure)
    for text, box in boxes:
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= figure.bbox.width, text
        assert box.y1 <= figure.bbox.height, text
    for (text, box), (other, other_box) in itertools.combinations(boxes, 2):
        assert not box.overlaps(other_box), f"{text!r} on {other!r}"


class Tags(HTMLParser):
    """Reads a page: its tags, where it links to, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += f" {data}"


# -- time paths ------------------------------------------------------------------------------------------------------


def test_paths_are_drawn_on_the_axes_given(pair):
    ax = Figure().add_subplot()
    assert plot_paths(pair.results, "voice_share", ax=ax) is ax


def test_paths_get_axes_of_their_own_that_pyplot_does_not_know(pair):
    before = plt.get_fignums()
    ax = plot_paths(pair.results, "voice_share")
    assert isinstance(ax, Axes)
    assert plt.get_fignums() == before


def test_drawing_leaves_the_settings_of_matplotlib_alone(pair):
    before = dict(matplotlib.rcParams)
    png_bytes(plot_paths(pair.results, "voice_share").figure)
    assert dict(matplotlib.rcParams) == before


def test_axes_say_measure_unit_and_time(pair):
    ax = plot_paths(pair.results, "leaver_rate")
    assert "Leavers; lower is better" in words(ax.figure)
    assert ax.get_ylabel() == "% of people a year"
    assert ax.get_xlabel() == "Weeks"


def test_long_records_are_drawn_in_years():
    result = cs.run(small(weeks=104, n_teams=1), seeds=2)
    ax = plot_paths({"long": result}, "load")
    assert ax.get_xlabel() == "Years"
    assert max(ax.get_xticks()) == 2


@pytest.mark.parametrize("measure", ["voice_share", "burnt_out_share", "quality_true"])
def test_every_style_has_a_label_that_covers_no_other(comparison, measure):
    ax = plot_paths(comparison.results, measure, baseline="status-quo")
    texts = [text.get_text() for text in ax.texts]
    assert set(STYLES) <= set(texts)
    assert_nothing_clipped_or_overlapping(ax.figure)


def test_a_legend_stands_in_where_there_is_no_room_for_labels(comparison):
    figure = Figure(figsize=(3, 2.5), layout="constrained")
    ax = plot_paths(comparison.results, "load", ax=figure.add_subplot())
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == list(STYLES)


def test_styles_differ_in_colour_and_in_line(comparison):
    ax = plot_paths(comparison.results, "load", baseline="status-quo")
    lines = [line for line in ax.lines if line.get_label() in STYLES]
    assert len({to_hex(line.get_color()) for line in lines}) == len(STYLES)
    assert len({str(line._unscaled_dash_pattern) for line in lines}) == len(STYLES)


def test_no_two_of_thirty_five_looks_are_alike_and_the_baseline_is_grey_and_dashed():
    looks = looks_of([str(number) for number in range(36)], "3")
    assert len(set(looks.values())) == 36
    red, green, blue = matplotlib.colors.to_rgb(looks["3"].colour)
    assert red == green == blue
    assert looks["3"].line != "solid"


def test_the_note_says_which_band_is_which(pair):
    note = words(plot_paths(pair.results, "load").figure)
    assert "mean of 6 runs" in note
    assert "Shaded band: 95 % interval of that mean" in note
    assert "between thin lines: 10th to 90th percentile of the runs" in note


def test_with_many_scenarios_the_note_speaks_of_whiskers(comparison):
    note = words(plot_paths(comparison.results, "load", baseline="status-quo").figure)
    assert "Whisker at the end: 95 % interval of that mean" in note
    assert "thin lines" not in note


def test_one_run_has_no_interval_in_words(single):
    ax = plot_paths(single.results, "load")
    assert "One run has no interval" in words(ax.figure)
    bands = [shape for shape in ax.collections if isinstance(shape, PolyCollection)]
    assert not any(len(path.vertices) for shape in bands for path in shape.get_paths())


def test_what_never_happened_is_marked_as_missing(pair, never):
    assert "no values" in words(plot_paths(pair.results, never).figure)
    assert "no values" in words(comparison_figure(pair, ["load", never]))
    assert "no values" in words(differences_figure(pair, ["load", never]))


def test_an_unknown_measure_is_refused_by_name(pair):
    with pytest.raises(cs.ScenarioError, match="voice_shar"):
        plot_paths(pair.results, "voice_shar")
    with pytest.raises(cs.ScenarioError, match="at least one measure"):
        comparison_figure(pair, [])


def test_a_result_draws_itself(pair):
    ax = pair.results["status-quo"].plot("load")
    assert "Workload; lower is better" in words(ax.figure)
    assert ax._repr_png_().startswith(b"\x89PNG")


# -- sums of paths ---------------------------------------------------------------------------------------------------


def test_a_band_agrees_with_the_estimate_of_each_week():
    paths = np.random.default_rng(1).normal(size=(4, 9))
    paths[2, :8] = np.nan
    paths[3] = np.nan
    sums = band(paths)
    for week, values in enumerate(paths):
        about = estimate(values)
        np.testing.assert_allclose(
            [sums.mean[week], sums.low[week], sums.high[week]], [about.mean, about.low, about.high]
        )


def test_a_range_needs_five_runs():
    paths = np.arange(12.0).reshape(2, 6)
    assert band(paths).top.tolist() == [4.5, 10.5]
    paths[0, 0] = np.nan
    assert band(paths).bottom.tolist() == [1.4, 6.5]
    assert np.isnan(band(paths[:, :4]).top).all()


def test_axes_are_not_cut_to_a_hairs_breadth_and_hold_what_they_show():
    low, high = limits(np.array([0.6, 0.6001, np.nan]))
    assert low < 0.57
    assert high > 0.63
    assert limits(np.array([0.1, 0.9]))[0] == 0.0
    assert limits(np.zeros(3)) == (0.0, 1.0)
    assert limits(np.array([-1.0, 1.0]))[0] < -1.0


# -- comparisons -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [comparison_figure, differences_figure])
def test_a_figure_of_a_comparison_names_its_styles_measures_units_runs_and_limits(comparison, draw):
    figure = draw(comparison, SOME)
    assert isinstance(figure, Figure)
    text = words(figure)
    for result in comparison.results.values():
        assert result.scenario.title in text
    for name in SOME:
        assert MEASURES[name].label in text
        assert MEASURES[name].unit in text
    assert "6 matched runs of each scenario (seeds 1–6)" in text
    assert "95 % t intervals over runs" in text
    assert cs.__version__ in text
    assert "A thinking aid, not a forecast." in text


@pytest.mark.parametrize("draw", [comparison_figure, differences_figure])
@pytest.mark.parametrize("measures", [FLAGSHIP, SOME, SOME[:4], SOME[:3], SOME[:1]], ids=len)
def test_nothing_in_a_figure_is_clipped_or_covered(comparison, draw, measures):
    figure = draw(comparison, measures)
    assert_nothing_clipped_or_overlapping(figure)
    assert figure.bbox.width == 1600


@pytest.mark.parametrize("draw", [comparison_figure, differences_figure])
def test_a_comparison_of_single_runs_is_drawn_without_intervals_and_says_so(single, draw):
    figure = draw(single, SOME)
    assert "no interval from one run" in words(figure)
    assert_nothing_clipped_or_overlapping(figure)


@pytest.mark.parametrize("draw", [comparison_figure, differences_figure])
def test_the_same_data_give_the_same_bytes_whatever_the_user_has_set(pair, draw, tmp_path):
    one = save(draw(pair, SOME[:2]), tmp_path / "one.png").read_bytes()
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "pink", "savefig.dpi": 30}):
        two = save(draw(pair, SOME[:2]), tmp_path / "two.png").read_bytes()
    assert one == two
    assert b"Software" not in one


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_figure_saved_twice_gives_the_same_file(single, ending, tmp_path):
    first, second = (
        save(comparison_figure(single, ["load"]), tmp_path / f"{name}.{ending}").read_bytes() for name in "ab"
    )
    assert first == second


def test_differences_that_are_too_close_to_call_have_hollow_dots(comparison):
    table = comparison.table(SOME)
    called = table[table["verdict"].isin(["higher", "lower"])]
    figure = differences_figure(comparison, SOME)
    dots = [line for ax in figure.axes for line in ax.lines if line.get_marker() not in ("None", "|")]
    medians = [line.get_xdata()[0] for ax in figure.axes for line in ax.lines if line.get_marker() == "|"]
    assert sorted(medians) == sorted(table["difference_median"].dropna())
    filled = [dot for dot in dots if to_hex(dot.get_markerfacecolor()) != "#ffffff"]
    assert len(dots) == len(SOME) * (len(STYLES) - 1)
    assert len(filled) == len(called)
    assert 0 < len(filled) < len(dots)


def test_a_style_that_was_changed_is_marked_as_changed():
    changed = cs.compare(small(), small("compact", fear=0.9), seeds=2)
    text = words(comparison_figure(changed, ["load"]))
    assert "Compact (changed)" in text
    assert "Status quo (changed)" not in text


def test_a_comparison_draws_itself(pair):
    for figure in (pair.plot(SOME[:2]), pair.plot_differences(SOME[:2])):
        assert figure._repr_png_().startswith(b"\x89PNG")


def test_one_measure_of_a_comparison_is_drawn_on_the_axes_given(pair):
    for draw in (pair.plot, pair.plot_differences, pair.results["status-quo"].plot):
        ax = Figure(figsize=(8, 4), layout="constrained").add_subplot()
        assert draw("load", ax=ax) is ax
        assert ax.get_title(loc="left").startswith("Workload")
        own = draw("load")
        assert isinstance(own, Axes)
        assert own._repr_png_().startswith(b"\x89PNG")
    text = words(pair.plot_differences("load").figure)
    assert "difference from Status quo" in text
    assert "over the last 20 weeks of 6 matched runs; bar: its 95 % interval; hollow: too close to call" in text
    assert_nothing_clipped_or_overlapping(pair.plot_differences("load").figure)
    for draw in (pair.plot, pair.plot_differences):
        with pytest.raises(cs.ScenarioError, match="ax takes one measure"):
            draw(SOME, ax=Figure().add_subplot())


def test_dollar_signs_underscores_and_long_titles_are_shown_as_they_are(tmp_path):
    odd = cs.compare(small(title="_cost $x$ and $y_"), small("compact", title="long " * 40), seeds=2)
    figure = comparison_figure(odd, ["load"])
    assert "_cost $x$ and $y_" in words(figure)
    assert_nothing_clipped_or_overlapping(figure)
    assert_nothing_clipped_or_overlapping(differences_figure(odd, ["load"]))
    narrow = Figure(figsize=(3, 2.5), layout="constrained").add_subplot()
    titled = {result.scenario.title: result for result in odd.results.values()}
    assert "_cost $x$ and $y_" in [t.get_text() for t in plot_paths(titled, "load", ax=narrow).get_legend().get_texts()]
    save(narrow.figure, tmp_path / "odd.png")


# -- pages -----------------------------------------------------------------------------------------------------------


def test_a_page_of_a_result_shows_mean_interval_and_runs_of_every_flagship_measure(pair):
    result = pair.results["civic-culture"]
    page = Tags(result_html(result))
    assert not page.open
    assert {"img", "table", "caption", "th", "td"} <= set(page.tags)
    assert "6 runs of 20 weeks (seeds 1–6)" in page.text
    assert "Nothing" not in page.text
    assert "structure.n_teams = 3 teams (preset: 40)" in page.text
    summary = result.summary(FLAGSHIP)
    for name in FLAGSHIP:
        about = estimate(summary[name].to_numpy(), bounds=MEASURES[name].bounds)
        assert MEASURES[name].label in page.text
        for words_of in with_interval(about.mean, about.low, about.high):
            assert words_of in page.text


def test_a_page_of_a_comparison_shows_every_difference_with_its_verdict(comparison):
    page = Tags(comparison_html(comparison))
    assert not page.open
    table = comparison.table(FLAGSHIP)
    for result in comparison.results.values():
        assert result.scenario.title in page.text
    for verdict in ("higher", "lower", "too close to call"):
        assert page.text.count(f", {verdict} ") == (table["verdict"] == verdict).sum()


def test_pages_fetch_nothing_from_elsewhere(pair):
    for html in (pair._repr_html_(), pair.results["status-quo"]._repr_html_()):
        links = Tags(html).links
        assert links
        assert all(link.startswith("data:image/png;base64,") for link in links)
        assert "://" not in html


def test_what_a_user_writes_is_escaped():
    title = "<script>alert('x')</script> & \"quotes\""
    odd = cs.compare(small(title=title), small("compact"), seeds=2)
    for html in (result_html(odd.results["status-quo"]), comparison_html(odd)):
        page = Tags(html)
        assert "script" not in page.tags
        assert "<script" not in html
        assert title in page.text
        assert not page.open


def test_the_page_of_an_unchanged_style_says_that_nothing_differs():
    start = cs.Scenario.preset("compact")
    short = cs.run(start.with_(n_teams=1, weeks=1, burn_in_weeks=0))
    untouched = simulate.Result(start, short.seeds, short.recorder, short.cohort)
    assert "Nothing differs from the preset." in result_html(untouched)


def test_pages_of_single_runs_and_of_empty_measures_say_what_is_missing(single):
    page = Tags(result_html(single.results["status-quo"]))
    assert "1 run of 20 weeks (seed 1)" in page.text
    assert "no interval" in page.text
    young = cs.compare(small(weeks=1, burn_in_weeks=0), small("compact", weeks=1, burn_in_weeks=0), seeds=2)
    assert "–" in Tags(comparison_html(young)).text


# -- words and places ------------------------------------------------------------------------------------------------


def test_numbers_have_three_digits_and_a_true_minus_sign():
    assert [number(value) for value in (0.0, 0.12345, -0.5, 12.345, 12345.6, np.nan)] == [
        "0.000",
        "0.123",
        "−0.500",
        "12.3",
        "12346",
        "–",
    ]
    assert number(0.25, sign=True) == "+0.250"
    assert number(-0.0001, decimals=2) == "0.00"


def test_numbers_are_no_more_exact_than_their_interval():
    assert with_interval(0.51234, 0.49, 0.53) == ("0.512", "0.490 to 0.530")
    assert with_interval(-0.0118, -0.0163, -0.0073, sign=True) == ("−0.0118", "−0.0163 to −0.0073")
    assert with_interval(0.5, np.nan, np.nan) == ("0.500", "no interval")


def test_seeds_are_told_in_few_words():
    assert seeds_text([7]) == "seed 7"
    assert seeds_text([3, 1, 2]) == "seeds 1–3"
    assert seeds_text([1, 5, 9]) == "seeds 1, 5, 9"
    assert seeds_text([1, 3, 5, 7, 9, 99]) == "6 seeds from 1 to 99"


def test_labels_are_spread_as_little_as_can_be_and_keep_their_order():
    assert spread([10.0, 50.0], 5.0, 0.0, 100.0) == [10.0, 50.0]
    assert spread([50.0, 50.0], 10.0, 0.0, 100.0) == [45.0, 55.0]
    assert spread([1.0, 0.0, 2.0], 10.0, 0.0, 100.0) == [10.0, 0.0, 20.0]
    assert spread([5.0] * 4, 10.0, 0.0, 20.0) is None


def test_text_is_wrapped_between_words():
    lines = wrapped("one two three four five six", 60.0, 9.0)
    assert len(lines) > 1
    assert " ".join(lines) == "one two three four five six"
