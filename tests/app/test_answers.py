"""Results of matched runs on pages: verdicts, current practice, and the cache of runs."""

import csv
import html
import re
import threading
import tomllib

import numpy as np
import pytest

from civicsim.app import work
from civicsim.app.history import Superseded
from civicsim.app.pages import compare
from civicsim.app.pages.policy import (
    CHARTS,
    TEAMS,
    answer,
    assumption_rows,
    conditions,
    csv_of,
    current_practice,
    report_of,
    small,
)
from civicsim.app.report import report_page
from civicsim.app.state import with_event
from civicsim.app.templates import render
from civicsim.app.verdicts import verdict
from civicsim.app.words import COMPARED, GROUPS, KEPT, SHOWN, lever_rows, minutes_of
from civicsim.model.levers import NAMES
from civicsim.model.measures import MEASURES
from civicsim.scenario.scenario import PARAMETERS, Scenario
from civicsim.scenario.shipped import shocks

TINY = Scenario.preset().with_(n_teams=3, team_size=6, n_executives=2, burn_in_weeks=13, weeks=52)


def batch_of(**last_year):
    values = {name: np.asarray(v, dtype=float) for name, v in last_year.items()}
    return work.Batch(tuple(range(len(next(iter(values.values()))))), {}, values)


def test_every_lever_has_a_group_and_every_measure_shown_exists():
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(NAMES)
    assert 4 <= len(SHOWN["front"]) <= 6
    assert set(SHOWN["front"]) <= set(NAMES)
    assert set(KEPT) <= set(MEASURES)
    assert set(CHARTS) <= set(COMPARED)
    assert {*SHOWN["happens"], *SHOWN["conditions"]} <= set(shocks())
    assert set(SHOWN["headline"]) <= set(COMPARED)


def test_levers_of_hours_show_their_cost_and_share_one_budget():
    scenario = Scenario.preset("civic-culture")
    assert sum(minutes_of(scenario).values()) == pytest.approx(45.0)
    rows = {row["name"]: row for row in lever_rows(scenario, Scenario.preset())}
    assert rows["weight_response"]["text"] == "9 min"
    assert "of the 45 minutes" in rows["weight_response"]["cost"]
    assert rows["fear"]["before"] == "was 35 %"
    assert rows["weight_response"]["before"] == "was 11 min"


def test_a_difference_is_called_only_where_matched_runs_agree():
    before = batch_of(
        burnt_out_share=[0.30, 0.32, 0.28, 0.31], voice_share=[0.5, 0.5, 0.6, 0.5], load=[1.0, 1.0, 1.0, 1.0]
    )
    after = batch_of(
        burnt_out_share=[0.25, 0.27, 0.22, 0.26], voice_share=[0.6, 0.4, 0.5, 0.6], load=[1.0, 1.0, 1.0, 1.0]
    )
    better = verdict("burnt_out_share", before, after)
    assert (better.tone, better.text) == ("better", "30.2 → 25.0 % (21.6 to 28.4)")
    assert better.difference == "−5.25 points (−6.05 to −4.45)"
    assert verdict("burnt_out_share", after, before).tone == "worse"
    assert verdict("voice_share", before, after).word == "too close to call"
    same = verdict("load", before, after)
    assert (same.difference, same.word) == ("no difference", "the same")


def test_what_is_clear_but_too_small_to_be_shown_is_not_called_better():
    before, after = batch_of(load=[1.020, 1.022, 1.024]), batch_of(load=[1.018, 1.020, 1.022])
    v = verdict("load", before, after)
    assert (v.word, v.tone) == ("hardly different", "same")
    assert v.text == "1.02 → 1.02 hours per contracted hour (1.02 to 1.02)"


def test_current_practice_suffers_what_happens_and_does_not_do_what_was_decided():
    chosen = with_event(with_event(Scenario.preset("compact"), "surge", 20), "huddles", 30)
    base = current_practice(chosen)
    assert base.levers == base.habits
    assert [event.name for event in base.interventions] == ["surge"]
    assert small(chosen).structure.n_teams == TEAMS
    assert small(TINY) == TINY


def test_an_answer_has_a_band_for_every_chart_and_a_verdict_for_every_measure():
    found = answer(TINY.with_(fear=0.9), work.FEW, lambda: False)
    assert [chart["name"] for chart in found["charts"]] == list(CHARTS)
    for chart in found["charts"]:
        assert len(chart["base"]["mean"]) == len(chart["yours"]["mean"]) == TINY.weeks // work.STEP
        assert chart["label"]
        assert chart["text"]
    assert len(found["verdicts"]) == len(COMPARED)
    rows = [line for line in csv_of(found, TINY).splitlines() if not line.startswith("#")]
    assert len(rows) == 1 + len(COMPARED)
    assert {row.count(",") for row in rows} == {15}
    same = answer(TINY, work.FEW, lambda: False)
    assert same["same"]
    assert same["charts"][0]["yours"] is None


def test_more_runs_are_the_first_few_and_others():
    few, many = work.batch(TINY, work.FEW), work.batch(TINY, work.MANY)
    assert many.seeds == tuple(range(1, 31))
    assert few.seeds == many.seeds[: work.FEW]
    assert np.array_equal(many.last_year["voice_share"][: work.FEW], few.last_year["voice_share"])
    assert work.batch(TINY, work.FEW).last_year["load"] is few.last_year["load"]


def test_assumptions_that_can_be_tried_are_no_levers_and_name_their_source():
    rows = assumption_rows(Scenario.preset())
    assert all(row["cost"].startswith("Source: ") for row in rows)
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)
    assert not any(row["name"].startswith("levers.") for row in rows)


def test_what_two_visitors_ask_for_is_computed_once():
    kept, made, begun, results = work.Kept(1000, lambda value: 1), [], threading.Event(), []

    def make():
        begun.set()
        made.append(1)
        threading.Event().wait(0.1)
        return object()

    asking = [threading.Thread(target=lambda: results.append(kept.get("key", make))) for _ in range(3)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(made) == 1
    assert len({id(value) for value in results}) == 1


def test_who_no_longer_waits_is_let_go():
    kept, hold = work.Kept(1000, lambda value: 1), threading.Event()
    slow = threading.Thread(target=lambda: kept.get("key", lambda: hold.wait(5)))
    slow.start()
    while "key" not in kept._working:
        threading.Event().wait(0.01)
    with pytest.raises(Superseded):
        kept.get("key", object, stop=lambda: True)
    hold.set()
    slow.join()


def test_what_was_used_least_lately_is_forgotten_first():
    kept, made = work.Kept(2, lambda value: 1), []

    def ask(key):
        return kept.get(key, lambda: made.append(key) or key)

    for key in "abac":
        ask(key)
    ask("a")
    ask("b")
    assert made == ["a", "b", "c", "b"]


def test_a_run_that_fails_leaves_no_one_waiting():
    kept = work.Kept(10, lambda value: 1)
    with pytest.raises(ZeroDivisionError):
        kept.get("key", lambda: 1 // 0)
    assert kept.get("key", lambda: 3) == 3


# -- what is handed on ------------------------------------------------------------------------------------------------


def test_a_report_is_one_page_that_fetches_nothing_and_can_be_repeated():
    choice = TINY.with_(fear=0.9)
    page = report_of(choice, work.FEW)
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert not re.search(r"(?:src|href)=|https?://|url\(", page)
    assert page.count("<svg ") == len(CHARTS)
    assert page.count("<tr><th scope=") == 1 + len(COMPARED)
    assert f"Only {work.FEW} runs" in page
    assert "Fear of blame: 35 % → 90 %" in page
    assert "<code>structure.n_teams</code>) = 3 (usually" in page
    texts = [html.unescape(text) for text in re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)]
    again = [Scenario.from_dict(tomllib.loads(text), "report") for text in texts]
    assert [scenario.digest for scenario in again] == [current_practice(choice).digest, choice.digest]


def test_what_a_user_wrote_is_escaped_in_a_report():
    batch = work.batch(TINY, work.FEW)
    page = report_page("<b>", ["<i>"], [TINY], [batch], ["load"], ["load"])
    assert not set(re.findall(r"<[bius]>", page))


def test_a_comparison_as_csv_has_a_row_per_measure_and_side():
    batches = [work.batch(TINY, work.FEW), work.batch(TINY.with_(fear=0.9), work.FEW)]
    text = compare.csv_of(["As it is", "With, “more” blame"], [TINY, TINY.with_(fear=0.9)], batches)
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert len(rows) == 2 * len(COMPARED)
    assert {row["scenario"] for row in rows} == {"As it is", "With, “more” blame"}
    assert {row["verdict"] for row in rows[::2]} == {"baseline"}
    assert "fear = 0.9" in text


# -- where it could go wrong -------------------------------------------------------------------------------------------


def test_a_choice_is_tried_under_every_event_and_at_both_ends_of_every_assumption():
    tried = conditions(TINY)
    # No assumption is tried at the value that it has.
    as_it_is = sum(row["value"] in (row["low"], row["high"]) for row in assumption_rows(TINY))
    assert len(tried) == len(SHOWN["conditions"]) + 2 * len(SHOWN["assumptions"]) - as_it_is
    assert len({words for words, _ in tried}) == len(tried)
    for _, changed in tried:
        assert changed.levers == TINY.levers
        assert changed.digest != TINY.digest
    within = [PARAMETERS[key] for key in SHOWN["assumptions"]]
    for about, (low, high, _) in zip(within, SHOWN["assumptions"].values(), strict=True):
        assert about.low <= low < high <= about.high


def test_troubles_come_first_and_their_basis_last():
    rows = [{"when": "it snows", "lines": ["a is worse", "b is worse"]}, {"when": "it rains", "lines": []}]
    shown = render("troubles", wanted=True, problem="", found={"of": 3, "rows": rows}, runs=work.FEW)
    texts = [
        "2 of 3 conditions",
        "in 1 of 2 conditions",
        "If it snows",
        "a is worse",
        "b is worse",
        "if it rains",
        "tried alone in 5",
    ]
    places = [shown.find(text) for text in texts]
    assert -1 not in places
    assert places == sorted(places)
