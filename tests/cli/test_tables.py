"""Numbers in tables: enough digits, true signs, and a verdict in words."""

import contextlib
import io

import pandas as pd
import pytest
from rich.padding import Padding

from civicsim.cli.output import Output
from civicsim.cli.tables import comparison_lines, fits, grid, part_lines, spread, summary_table
from civicsim.experiment.progress import duration
from civicsim.experiment.wording import judged
from civicsim.report.parts import Part, Table, folded
from civicsim.report.words import without_shared

NAN = float("nan")


def row(style="a", mean=0.5, half=0.05, difference=NAN, half_difference=0.01, verdict="baseline", **more):
    return {
        "measure": "m",
        "label": "Measure",
        "unit": "0–1",
        "better": "higher",
        "style": style,
        "n": 30,
        "mean": mean,
        "mean_low": mean - half,
        "mean_high": mean + half,
        "difference": difference,
        "difference_low": difference - half_difference,
        "difference_high": difference + half_difference,
        "difference_share_higher": 0.9,
        "difference_share_lower": 0.1,
        "difference_share_equal": 0.0,
        "n_pairs": 30.0,
        "verdict": verdict,
        **more,
    }


def test_numbers_have_as_many_decimals_as_their_interval_deserves():
    cases = [
        (0.5, 0.09, "0.500 (0.410 to 0.590)"),
        (0.5, 0.012, "0.500 (0.488 to 0.512)"),
        (0.5, 0.0004, "0.50000 (0.49960 to 0.50040)"),
        (5.1, 1.6, "5.1 (3.5 to 6.7)"),
        (120, 12, "120 (108 to 132)"),
        (0.5, NAN, "0.500"),
        (120, NAN, "120"),
    ]
    assert [(mean, half, spread(row(mean=mean, half=half), "mean")) for mean, half, _ in cases] == cases


def test_an_interval_that_excludes_zero_does_not_seem_to_touch_it():
    rows = row("b", 0.6, 0.05, 0.30, 0.1, "higher"), row("c", 0.6, 0.05, 0.102, 0.1, "higher")
    assert any("+0.102 (+0.002 to +0.202)" in line for line in lines(row(), *rows))


def test_a_verdict_tells_what_is_better_only_where_the_measure_has_a_direction():
    cases = {
        ("higher", "higher"): "higher, better",
        ("higher", "lower"): "higher, worse",
        ("lower", "lower"): "lower, better",
        ("higher", "neither"): "higher",
        ("too close to call", "higher"): "too close to call",
        ("same", "lower"): "same",
        ("higher, but mean and median disagree", "lower"): "higher, worse, but mean and median disagree",
        ("higher, perhaps too little to matter", "lower"): "higher, worse, perhaps too little to matter",
    }
    assert {case: judged(*case) for case in cases} == cases


def test_an_interval_has_true_signs_and_none_before_zero():
    values = {"x": -0.123, "x_low": -0.2, "x_high": 0.001}
    assert spread(values, "x", sign=True) == "−0.12 (−0.20 to 0.00)"
    assert spread(values, "x", sign=True, written_out=False) == "−0.12 ± 0.12"
    assert spread({**values, "x_low": NAN}, "x") == "−0.123"


# -- columns -----------------------------------------------------------------------------------------------------------

ROWS = [["name", "value", "meaning"], ["a", "1.5", "one two three four five"], ["bcd", "10", "six"]]


@contextlib.contextmanager
def terminal(width):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        yield


def printed(draw, *arguments, width=100, **how):
    """Return what tables and texts look like on a terminal, as lines."""
    with terminal(width), contextlib.redirect_stdout(io.StringIO()) as file:
        found = draw(*arguments, **how)
        Output().print(*([found] if isinstance(found, Padding) else found))
    return file.getvalue().splitlines()


def drawn(rows=ROWS, width=100, **how):
    return printed(grid, rows, width=width, **how)


def test_cells_stand_in_columns():
    assert drawn(right=(1,)) == ["name  value  meaning", "a       1.5  one two three four five", "bcd      10  six"]
    assert drawn(indent=2)[2] == "  bcd   10     six"


def test_the_widest_column_wraps_where_there_is_no_room():
    assert drawn(width=28)[1:4] == ["a     1.5    one two three", "             four five", "bcd   10     six"]


def test_all_columns_wrap_where_that_is_not_enough_and_nothing_is_lost():
    rows = [["a name that goes on and on", "1", "2"], ["b", "3", "a-word-longer-than-its-column"]]
    found = drawn(rows, 20, head=False)
    assert max(map(len, found)) <= 20
    assert "".join(line[11:].strip() for line in found[-4:]) == "a-word-longer-than-its-column"
    assert all(word in " ".join(found) for word in ["a", "name", "that", "goes", "and", "b", "1", "2", "3"])
    with terminal(20):
        assert not fits(rows)
    with terminal(60):
        assert fits(rows)


def test_characters_that_steer_a_terminal_are_replaced_in_cells():
    assert drawn([["a\x1b[2J", "b"]], head=False) == ["a\N{REPLACEMENT CHARACTER}[2J  b"]


# -- results -----------------------------------------------------------------------------------------------------------


def lines(*rows, width=100):
    return printed(lambda: list(comparison_lines(pd.DataFrame(rows), "a")), width=width)


def test_intervals_are_written_out_where_there_is_room():
    both = row(), row("b", 0.6, 0.05, 0.1, verdict="higher")
    assert " b  0.600 (0.550 to 0.650)  +0.100 (+0.090 to +0.110)  27/30 better  higher, better" in lines(*both)
    assert " b  0.600 ± 0.050  +0.100 ± 0.010  27/30  higher, better" in lines(*both, width=60)
    assert any(line.startswith("±: half") for line in lines(*both, width=60))


def test_a_long_name_gives_way_on_a_narrow_terminal():
    shown = lines(row(), row("a-very-long-name-of-a-style-that-goes-on", 0.6, 0.05, 0.1, verdict="higher"), width=70)
    assert any(line.startswith(" a-very-") for line in shown)
    assert max(map(len, [line for line in shown if "±" in line and "half" not in line])) <= 70


def test_fewer_runs_than_usual_are_shown():
    assert any("(28 runs) 0.600" in line for line in lines(row(), row("b", 0.6, 0.05, 0.1, n=28, verdict="higher")))


def test_what_did_not_happen_is_a_dash():
    nothing = row("b", NAN, NAN, NAN, NAN, "too close to call", n=0, n_pairs=0.0)
    assert any(line.split()[:5] == ["b", "(0", "runs)", "–", "–"] for line in lines(row(), nothing))


def test_one_run_has_no_interval():
    one = [row(n=1, half=NAN), row("b", 0.6, NAN, 0.1, NAN, verdict="too close to call", n=1, n_pairs=1.0)]
    shown = "\n".join(lines(*one))
    assert "±" not in shown
    assert "interval" not in shown
    assert "+0.10" in shown


def test_a_summary_has_a_row_per_measure():
    table = [row(), row(better="neither", mean=NAN, half=NAN, n=0)]
    shown = printed(summary_table, table)
    assert shown[1].split()[:5] == ["Measure", "0.500", "(0.450", "to", "0.550)"]
    assert shown[1].endswith("0–1; higher is better")
    assert "–" in shown[2]


def test_time_left_is_given_as_people_give_it():
    assert [duration(seconds) for seconds in (0.2, 42.4, 90, 7200)] == ["1 s", "42 s", "2 min", "2.0 h"]


def printed_at(columns, table, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    Output().print(*part_lines([Part(table=table)]))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns
    return [line for line in lines if line]


def test_columns_without_room_are_left_out_and_named(monkeypatch, capsys):
    heads = ["Policy", "Measure", "Difference", "Where it was found", "Pairs"]
    rows = [
        [f"{name}-culture", m, "+0.035 (+0.020 to +0.053)", "x" * 30, "97 %"]
        for m in ("A\n%", "B\n%")
        for name in ("a", "b")
    ]
    lines = printed_at(60, Table("Seen.", heads, rows), monkeypatch, capsys)
    assert lines == [
        "A (%)",
        "Policy     Difference                 Pairs",
        "a-culture  +0.035 (+0.020 to +0.053)   97 %",
        "b-culture  +0.035 (+0.020 to +0.053)   97 %",
        "B (%)",
        "Policy     Difference                 Pairs",
        "a-culture  +0.035 (+0.020 to +0.053)   97 %",
        "b-culture  +0.035 (+0.020 to +0.053)   97 %",
        "Seen. Columns left out for space: Where it was found.",
    ]
    wide = printed_at(120, Table("Seen.", heads, rows), monkeypatch, capsys)
    assert wide[1].split("  ")[-1].strip() == "Pairs"
    assert "x" * 30 in wide[2]
    assert wide[-1] == "Seen."


def test_measures_with_a_row_each_are_rows_and_what_they_share_is_in_the_caption(monkeypatch, capsys):
    rows = [["new", "Trust\n0–1; higher is better", "+0.1", "30 of 40"], ["new", "Load\nratio", "−0.2", "30 of 40"]]
    table = folded(Table("Seen.", ["Policy", "Measure", "Difference", "Pairs"], rows))
    assert printed_at(60, table, monkeypatch, capsys) == [
        "Measure       Difference",
        "Trust (0–1)         +0.1",
        "Load (ratio)        −0.2",
        "Seen. In all rows: Policy new; Pairs 30 of 40.",
    ]
    ties = Table("Seen.", ["Policy", "Mean"], [["old", "0.5 (0.4 to 0.6)"], ["new", "0.5 (0.4 to 0.6)"]])
    assert folded(ties) == ties
    alone = Table("Seen.", ["Policy", "Measure", "Difference"], [["new", "Trust\n0–1", "+0.1"]])
    assert folded(alone) == alone


def test_labels_are_without_the_parts_that_all_share():
    cases = {
        ("new, fear = 0", "new, fear = 1"): (["fear = 0", "fear = 1"], "new"),
        ("new, fear = 0", "old, fear = 1"): (["new, fear = 0", "old, fear = 1"], ""),
        ("new", "new, fear = 1"): (["new", "new, fear = 1"], ""),
        ("new", "new"): (["new", "new"], ""),
        (): ([], ""),
    }
    assert {case: without_shared(case) for case in cases} == cases
