"""Numbers in tables: enough digits, true signs, and a verdict in words."""

import pandas as pd
from rich.text import Text

from civicsim.cli.progress import duration
from civicsim.cli.tables import comparison_lines, decimals_for, fits, grid, judged, spread, summary_lines

NAN = float("nan")


def row(style="a", mean=0.5, half=0.05, difference=NAN, half_difference=0.01, verdict="baseline", **more):
    return {
        "measure": "m", "label": "Measure", "unit": "0–1", "better": "higher", "style": style, "n": 30,
        "mean": mean, "mean_low": mean - half, "mean_high": mean + half, "difference": difference,
        "difference_low": difference - half_difference, "difference_high": difference + half_difference,
        "superiority": 0.9, "verdict": verdict, **more,
    }  # fmt: skip


def test_numbers_have_as_many_decimals_as_their_interval_deserves():
    cases = [
        (0.5, 0.09, 2),
        (0.5, 0.012, 3),
        (0.5, 0.0004, 4),
        (5.1, 1.6, 1),
        (120, 12, 0),
        (0.5, NAN, 2),
        (120, NAN, 0),
    ]
    found = [(mean, half, decimals_for(pd.DataFrame([row(mean=mean, half=half)]))) for mean, half, _ in cases]
    assert str(found) == str(cases)


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
    }
    assert {case: judged(*case) for case in cases} == cases


def test_an_interval_has_true_signs_and_none_before_zero():
    values = {"x": -0.123, "x_low": -0.2, "x_high": 0.001}
    assert spread(values, "x", 2, sign=True) == "−0.12 (−0.20 to 0.00)"
    assert spread(values, "x", 2, sign=True, written_out=False) == "−0.12 ± 0.12"
    assert spread({**values, "x_low": NAN}, "x", 2) == "−0.12"


# -- columns -----------------------------------------------------------------------------------------------------------

ROWS = [["name", "value", "meaning"], ["a", "1.5", "one two three four five"], ["bcd", "10", "six"]]


def drawn(rows=ROWS, width=100, **how):
    return [text.plain for text in grid(rows, width, **how)]


def test_cells_stand_in_columns():
    assert drawn(right=(1,)) == ["name  value  meaning", "a       1.5  one two three four five", "bcd      10  six"]
    assert drawn(indent=2)[2] == "  bcd   10     six"


def test_the_last_column_wraps_where_there_is_no_room():
    assert drawn(width=28)[1:4] == ["a     1.5    one two three", "             four five", "bcd   10     six"]


def test_the_first_column_gives_way_where_nothing_wraps():
    rows = [["a name that goes on and on", "1", "2"], ["b", "3", "4"]]
    assert drawn(rows, 20, wrap=False) == ["a name that g…  1  2", "b               3  4"]
    assert not fits(rows, 20)
    assert fits(rows, 32)


def test_a_line_between_rows_is_left_alone():
    assert drawn([ROWS[0], Text("- " * 70), ROWS[1]], 40)[1] == "- " * 70


# -- results -----------------------------------------------------------------------------------------------------------


def lines(*rows, width=100):
    return [text.plain for text in comparison_lines(pd.DataFrame(rows), "a", width)]


def test_intervals_are_written_out_where_there_is_room():
    both = row(), row("b", 0.6, 0.05, 0.1, verdict="higher")
    assert " b   0.60 (0.55 to 0.65)  +0.100 (+0.090 to +0.110)    90 %  higher, better" in lines(*both)
    assert any("0.60 ± 0.05  +0.100 ± 0.010" in line for line in lines(*both, width=60))
    assert any(line.startswith("±: half") for line in lines(*both, width=60))


def test_a_long_name_gives_way_on_a_narrow_terminal():
    shown = lines(row(), row("a-very-long-name-of-a-style-that-goes-on", 0.6, 0.05, 0.1, verdict="higher"), width=70)
    assert any(line.startswith(" a-very-") and "… " in line for line in shown)
    assert max(map(len, [line for line in shown if "±" in line and "half" not in line])) <= 70


def test_fewer_runs_than_usual_are_shown():
    assert any("(28 runs) 0.60" in line for line in lines(row(), row("b", 0.6, 0.05, 0.1, n=28, verdict="higher")))


def test_what_did_not_happen_is_a_dash():
    nothing = row("b", NAN, NAN, NAN, NAN, "too close to call", n=0, superiority=NAN)
    assert any(line.split()[:5] == ["b", "(0", "runs)", "–", "–"] for line in lines(row(), nothing))


def test_one_run_has_no_interval():
    one = [row(n=1, half=NAN), row("b", 0.6, NAN, 0.1, NAN, verdict="too close to call", n=1)]
    shown = "\n".join(lines(*one))
    assert "±" not in shown
    assert "interval" not in shown
    assert "+0.10" in shown


def test_a_summary_has_a_row_per_measure():
    table = [row(), row(better="neither", mean=NAN, half=NAN, n=0)]
    shown = [text.plain for text in summary_lines(table, 100)]
    assert shown[1].split()[:5] == ["Measure", "0.50", "(0.45", "to", "0.55)"]
    assert shown[1].endswith("0–1; higher is better")
    assert "–" in shown[2]


def test_time_left_is_given_as_people_give_it():
    assert [duration(seconds) for seconds in (0.2, 42.4, 90, 7200)] == ["1 s", "42 s", "2 min", "2.0 h"]
