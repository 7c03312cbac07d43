"""Tables of results as files: the cells of every format are those of the store."""

import dataclasses
import importlib.util
import re
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from civicsim.app.files import csv_text
from civicsim.cli.declaring import COMMANDS
from civicsim.cli.files import table_writer
from civicsim.cli.options import TABLE_ENDINGS, Tables
from civicsim.cli.table_files import frames_of, latex, write_tables
from civicsim.experiment.wording import number, with_interval
from civicsim.report.parts import Part, Table


def rows_of(text):
    """Return the rows of the first table of a LaTeX file, each a list of cells."""
    body = text.split(r"\endlastfoot")[1].split(r"\end{longtable}")[0]
    return [[cell.strip() for cell in re.split(r"(?<!\\)&", row)] for row in body.split(r"\\") if row.strip()]


def pairs(kept):
    """Return the paired differences between the styles by level of fear, computed without civicsim, shape (2, seeds)."""
    runs, points = pd.read_parquet(kept / "runs.parquet"), pd.read_parquet(kept / "points.parquet")
    table = runs.merge(points, on="point").pivot(index=["fear", "seed"], columns="style", values="trust")
    return (table["civic-culture"] - table["status-quo"]).unstack("seed")


def test_cells_of_a_comparison_are_those_of_the_store_in_every_format(call, kept):
    differences = pairs(kept)
    means = differences.mean(axis=1).tolist()
    for ending in TABLE_ENDINGS:
        printed = call("study", "compare", "results", "--measures", "trust", "--out", f"compared{ending}")
        assert printed.code == 0, printed.err
        assert f"Wrote compared{ending}" in " ".join(printed.out.split())
    for frame in (
        pd.read_excel("compared.xlsx", sheet_name="contrasts"),
        pd.read_csv("compared.csv"),
        pd.read_parquet("compared.parquet"),
    ):
        assert frame["difference"].tolist() == pytest.approx(means, rel=1e-14, abs=1e-16)
        assert frame["n"].tolist() == [3, 3]
    assert Path("compared-tails.csv").exists()
    assert openpyxl.load_workbook("compared.xlsx").sheetnames == ["contrasts", "tails"]
    found = pd.read_parquet("compared.parquet")
    rows = rows_of(Path("compared.tex").read_text())
    for row, about in zip(rows, found.to_dict("records"), strict=True):
        mean, interval = with_interval(about["difference"], about["low"], about["high"], sign=True)
        assert row[2].replace("$-$", "−").startswith(f"{mean} ({interval})")


def test_every_table_of_an_export_is_the_one_of_the_store(call, kept):
    for name in ("runs", "points"):
        stored = pd.read_parquet(kept / f"{name}.parquet")
        for ending in TABLE_ENDINGS:
            assert call("study", "export", "results", "--table", name, "--out", f"{name}{ending}").code == 0
        excel = pd.read_excel(f"{name}.xlsx").sort_values(["point", *(["seed"] if name == "runs" else [])])
        stored = stored.sort_values(["point", *(["seed"] if name == "runs" else [])])
        for column in stored.select_dtypes("number"):
            # A workbook keeps sixteen digits.
            assert excel[column].tolist() == pytest.approx(stored[column].tolist(), rel=1e-15), column
        head, *_ = Path(f"{name}.tex").read_text().split(r"\toprule")[1].split(r"\midrule")
        names = [cell.strip(" \\\n").replace("\\_", "_") for cell in head.split("&")]
        cells = pd.DataFrame(rows_of(Path(f"{name}.tex").read_text()), columns=names)
        again = cells.map(lambda cell: cell.replace("$-$", "-"))
        for column in ("trust", "quality_true") if name == "runs" else ("fear", "against"):
            assert sorted(again[column].astype(float)) == pytest.approx(sorted(stored[column]), rel=1e-5)


def test_every_analysis_writes_its_tables(call):
    for words in ("regret", "sensitivity --difference", "discover --measures trust"):
        for ending in (".xlsx", ".tex"):
            printed = call("study", *words.split(), "results", "--out", f"one{ending}", "--force")
            refused = printed.err.startswith("civicsim: results:")
            assert printed.code == 0 or refused, printed.err
    sheets = pd.read_excel("one.xlsx", sheet_name=None)
    assert {"summary", "rules", "crossings"} <= set(sheets)
    assert set(sheets["summary"]["measure"]) == {"trust", "quality_true", "load"}


def test_data_frames_of_single_measures_become_one():
    frame = pd.DataFrame({"x": [1.0]})
    found = frames_of({"a": {"unit": "h", "rows": frame}, "b": {"rows": frame + 1}, "note": "no table"})
    assert list(found) == ["rows"]
    assert found["rows"].to_dict("list") == {"measure": ["a", "b"], "x": [1.0, 2.0]}


def test_labels_that_a_program_would_take_for_commands_stay_text(tmp_path):
    frame = pd.DataFrame({"label": ["=1+1", "x"], "list": [[1, 2], None], "value": [1.5, float("nan")]})
    write_tables(str(tmp_path / "a.xlsx"), {"one": frame}, [])
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["one"]
    assert (sheet["A2"].value, sheet["A2"].data_type, sheet["B2"].value) == ("=1+1", "s", "[1, 2]")
    assert sheet["C3"].value is None
    text = latex([Part("50 % & _more_", ["`x` ^"], items=["#1"], table=Table("A_b.", ["h_1\nh2"], [["10 % − $5 κλ"]]))])
    assert r"\subsection*{50 \% \& \_more\_}" in text
    assert r"10 \% $-$ \$5 $\kappa$$\lambda$" in text
    assert r"h\_1\newline h2" in text
    assert r"\item \#1" in text
    assert number(-1.0) == "−1.00"


def test_excel_without_its_package_is_refused_before_anything_is_computed(call, mistakes, monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "openpyxl" else there(name))
    for module in ("study_analysis", "studying"):
        monkeypatch.setitem(sys.modules, f"civicsim.cli.{module}", None)
    message = 'none.xlsx: needs openpyxl: pip install "civicsim[excel]"'
    commands = (
        "compare results",
        "regret results",
        "decide results",
        "multiverse results",
        "sensitivity results",
        "discover results",
        "export results",
    )
    assert mistakes(*((["study", *words.split(), "--out", "none.xlsx"], [message]) for words in commands)) == []
    assert mistakes((["study", "ablation", "results", "--table", "none.xlsx"], [message])) == []


def test_no_text_of_a_table_is_a_formula_in_a_spreadsheet(tmp_path):
    texts = ["=HYPERLINK(0)", "+1+1", " -2+3", "@SUM(1)", "-0.5", "+3e2", "plain", ""]
    frame = pd.DataFrame({"text": texts, "number": [-1.0, 2.0, -3.0, 4.0, -5.0, 6.0, 7.0, 8.0]})
    shown = ["'=HYPERLINK(0)", "'+1+1", "' -2+3", "'@SUM(1)", "-0.5", "+3e2", "plain", ""]
    table_writer(frame)(tmp_path / "a.csv")
    rows = pd.read_csv(tmp_path / "a.csv", dtype={"text": str}, keep_default_na=False)
    assert (rows["text"].tolist(), rows["number"].tolist()) == (shown, frame["number"].tolist())
    assert "'=HYPERLINK(0)" in csv_text(frame, "about")
    table_writer(frame)(tmp_path / "a.parquet")
    assert pd.read_parquet(tmp_path / "a.parquet")["text"].tolist() == texts


def test_a_file_that_is_named_is_never_overwritten_unless_forced(call):
    more = {
        "study ablation": ["results"],
        "study adversary": ["results", "--style", "status-quo", "--measure", "trust"],
    }
    named = {
        name: next(field.name for field in dataclasses.fields(about.request) if field.type == Tables)
        for name, about in COMMANDS.items()
        if any(field.type == Tables for field in dataclasses.fields(about.request))
    } | {"study plot": "out", "study report": "out"}
    assert {"study compare", "study export", "study methods", "study rank", "study adversary"} <= set(named)
    for name, option in named.items():
        mine = {"study plot": "mine.png", "study report": "mine.html"}.get(name, "mine.csv")
        Path(mine).write_text("mine")
        words = [*name.split(), *more.get(name, ["results"]), f"--{option}", mine]
        assert call(*words).mistake == f"civicsim: {mine}: already exists; add --force to overwrite it", name
        assert Path(mine).read_text() == "mine"
    for words in (("compare", "results", "--out", "mine.csv"), ("plot", "results", "--out", "mine.png")):
        assert call("study", *words, "--force").code == 0
        assert Path(words[-1]).read_bytes() != b"mine"
    Path("mine.csv").unlink()
    Path("mine-tails.csv").write_text("mine")
    assert call("study", "compare", "results", "--out", "mine.csv").mistake.startswith(
        "civicsim: mine-tails.csv: already"
    )
    assert not Path("mine.csv").exists()


def test_ranks_over_one_future_say_what_they_rest_on(call):
    assert "The study has one future: neither draws" in " ".join(call("study", "rank", "results").out.split())
