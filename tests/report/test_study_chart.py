"""The chart on the page of a study: what it shows, that all of it can be read, and that it needs nothing from elsewhere."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from test_figures import assert_nothing_clipped_or_overlapping, words

from civicsim.report.look import svg_text
from civicsim.report.study_chart import MOST_DOTS, Row, study_chart
from civicsim.study.analysis.matched import About

ABOUT = {
    "trust": About("trust", "Trust", "0–1", "higher"),
    "load": About("load", "Workload", "hours over contracted hours", "lower"),
    "share": About("share", "Never seen", "share", "neither"),
}
NOTHING = (np.nan, np.nan, np.nan)


def row(style, more="", n=12, trust=0.5):
    ends = {"trust": (trust, trust - 0.02, trust + 0.02), "load": (1.0, 0.98, 1.02), "share": NOTHING}
    return Row(f"{style}{more}", style, n, ends)


STYLES = [row("status-quo"), row("civic-culture", trust=0.6), row("command", trust=0.4)]


def test_every_style_has_a_dot_and_a_bar_in_every_panel_with_unit_and_runs():
    figure = study_chart(ABOUT, STYLES, "status-quo", "Bar: 95 % t interval over runs.")
    text = words(figure)
    for part in (
        "Trust",
        "0–1; higher is better",
        "civic-culture",
        "mean (12 runs each)",
        "95 % t interval",
        "no values",
    ):
        assert part in text
    panel = figure.axes[0]
    dots = [line for line in panel.lines if line.get_marker() != "None"]
    assert [line.get_xdata()[0] for line in dots] == [0.5, 0.6, 0.4]
    bars = [line for line in panel.lines if line.get_marker() == "None" and len(set(line.get_ydata())) == 1]
    np.testing.assert_allclose([line.get_xdata() for line in bars], [(0.48, 0.52), (0.58, 0.62), (0.38, 0.42)])
    assert len({line.get_marker() for line in dots}) == len({line.get_color() for line in dots}) == 3
    assert "Dashed line: mean of status-quo." in text
    assert_nothing_clipped_or_overlapping(figure)


@pytest.mark.parametrize("n", [1, 2, MOST_DOTS])
def test_nothing_is_clipped_or_covered_however_many_policies_there_are(n):
    rows = [row(f"style-{k % 3}", f", fear = {k}", n=10 + k, trust=0.1 + 0.03 * k) for k in range(n)]
    figure = study_chart(ABOUT, rows, "style-0", "Bar: range.")
    assert_nothing_clipped_or_overlapping(figure)
    assert ("(n = 11)" in words(figure)) == (n > 1)


def test_as_part_of_a_page_it_fetches_nothing_and_is_the_same_every_time():
    one, two = (svg_text(study_chart(ABOUT, STYLES, "status-quo", "Bar."), 'A "chart" <of> means') for _ in range(2))
    assert one == two
    assert "http" not in one
    assert "xmlns" not in one
    links = re.findall(r'(?:href|url)[=(]"?([^")]*)', one)
    assert links
    assert all(link.startswith("#") for link in links)
    shown = ET.fromstring(one.replace("xlink:href", "href"))
    assert shown.attrib["aria-label"] == 'A "chart" <of> means'
    assert shown.attrib["viewBox"].startswith("0 0 720")
