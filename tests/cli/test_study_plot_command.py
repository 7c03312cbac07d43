"""The command that draws figures of studies: files of the size asked for, and one line for each mistake."""

import json

from PIL import Image

from civicsim.report.study_plots import PLOTS


def test_a_figure_has_the_width_and_the_dots_asked_for(call, kept):
    printed = call("study", "plot", "results", "--measure", "trust", "--width", "85", "--dpi", "254")
    assert printed.code == 0, printed.err
    with Image.open(kept / "differences.png") as image:
        assert image.width == 850
    assert "85 ×" in printed.out
    assert "run-to-run variation" in " ".join(printed.out.split())


def test_the_ending_of_the_name_sets_the_format(call, tmp_path):
    for ending, start in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
        target = tmp_path / "figures" / f"heat.{ending}"
        about = json.loads(
            call("study", "plot", "results", "--as", "heat", "--measure", "trust", "--out", str(target), "--json").out
        )
        assert target.read_bytes().startswith(start)
        assert about["figure"] == "heat"
        assert about["title"].startswith("Trust in the organisation")


def test_mistakes_are_one_line_each(call):
    cases = {
        ("--as", "heatt"): "no figure 'heatt'; did you mean 'heat'?",
        ("--measure", "trst"): "no measure 'trst'; did you mean 'trust'?",
        ("--styles", "comand"): "no style 'comand'",
        ("--out", "figure.jpg"): "--out figure.jpg: expected a name that ends in .png or .svg or .pdf",
        ("--width", "20"): "--width 20: expected a whole number from 60 to 400",
        ("--dpi", "9999"): "--dpi 9999: expected a whole number from 72 to 1200",
        ("--as", "paths"): "keeps no weeks",
    }
    for words, part in cases.items():
        assert part in call("study", "plot", "results", *words).mistake


def test_the_help_names_every_figure(call):
    text = " ".join(call("study", "plot", "--help").out.split())
    assert [kind for kind in PLOTS if kind not in text] == []
