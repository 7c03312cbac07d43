"""Results of matched runs on pages: verdicts, current practice, and the cache of runs."""

import contextlib
import csv
import dataclasses
import html
import os
import re
import sys
import threading
import tomllib

import numpy as np
import pytest

from civicsim.app import draws, work
from civicsim.app.history import Superseded
from civicsim.app.pages import compare
from civicsim.app.pages.policy import (
    CHARTS,
    MOST_LINES,
    answer,
    assumption_rows,
    compared,
    conditions,
    current_practice,
    headline,
    lines_of,
    report_of,
    turned,
)
from civicsim.app.report import report_page
from civicsim.app.state import START, TYPICAL_SEED, with_event, with_kind
from civicsim.app.templates import render
from civicsim.app.verdicts import verdict
from civicsim.app.words import COMPARED, GROUPS, KEPT, SHOWN, lever_rows, minutes_of
from civicsim.experiment.compare import MOST_RUNS
from civicsim.experiment.run import run
from civicsim.model.levers import NAMES
from civicsim.model.measures import FLAGSHIP, MEASURES
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
    assert set(FLAGSHIP) <= set(KEPT)
    assert set(SHOWN["indices"]) <= set(MEASURES)
    assert not any(name.startswith("survey_") or MEASURES[name].unit.startswith("share") for name in SHOWN["indices"])


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
    assert better.dots == (4, 0, 0)
    assert verdict("voice_share", before, after).dots == (2, 0, 2)
    same = verdict("load", before, after)
    assert (same.difference, same.word, same.dots) == ("no difference", "the same", (0, 4, 0))


def test_what_is_clear_but_too_small_to_be_shown_is_not_called_better():
    before, after = batch_of(load=[1.0, 1.1, 1.2]), batch_of(load=[0.9999, 1.0999, 1.1999])
    v = verdict("load", before, after)
    assert (v.word, v.tone) == ("hardly different", "same")
    assert v.text == "1.10 → 1.10 hours per contracted hour (0.85 to 1.35)"


def test_current_practice_suffers_what_happens_and_does_not_do_what_was_decided():
    chosen = with_event(with_event(Scenario.preset("compact"), "surge", 20), "huddles", 30)
    base = current_practice(chosen)
    assert base.levers == base.habits
    assert [event.name for event in base.interventions] == ["surge"]
    assert compared(chosen) == [base, chosen]
    assert compared(base) == [base]


def test_an_answer_has_a_band_for_every_chart_and_a_verdict_for_every_measure():
    choice = TINY.with_(fear=0.9)
    few = next(work.matched(compared(choice)))
    found = answer(choice, few, few.batches)
    assert [chart["name"] for chart in found["charts"]] == list(CHARTS)
    for chart in found["charts"]:
        assert len(chart["base"]["mean"]) == len(chart["yours"]["mean"]) == TINY.weeks // work.STEP
        assert chart["label"]
        assert chart["text"]
        assert chart["note"] == "so far 5 of 30 runs"
        assert sum(chart["dots"]) == work.FEW
        assert chart["yours_drawn"] == chart["yours"]
        assert chart["drawn"].endswith("of 5 parameter sets")
    assert len(found["verdicts"]) == len(COMPARED)
    alone = answer(TINY, next(work.matched(compared(TINY))))
    assert alone["same"]
    assert alone["charts"][0]["yours"] is alone["charts"][0]["yours_drawn"] is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a priority is that of the whole process")
def test_batches_are_made_behind_single_runs(monkeypatch):
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def noting(*words, **how):
        seen.append(priority())
        return run(*words, **how)

    seen: list[int] = []
    monkeypatch.setattr(work, "run", noting)
    before = priority()
    work.batch(TINY.with_(fear=0.123), work.FEW)
    assert seen == [max(10, before)]
    assert priority() == before


def test_an_answer_is_full_after_many_runs_or_more_where_a_verdict_is_borderline(monkeypatch):
    def batch(scenario, runs, stop):
        return batch_of(**{name: spread[:runs] + scenario for name in FLAGSHIP})

    monkeypatch.setattr(work, "batch", batch)
    spread = np.tile([-1.0, 1.0], MOST_RUNS // 2)
    for shift, runs in ((0.0, [5, 30]), (1.0, [5, 30])):
        # All pairs differ by the same: nothing is borderline.
        assert [found.runs for found in work.matched([0.0, shift])] == runs
    own = {0.0: spread, 1.0: spread + 0.35 + np.resize([1.0, 1.0, -1.0, -1.0], MOST_RUNS)}
    monkeypatch.setattr(work, "batch", lambda k, runs, stop: batch_of(**{name: own[k][:runs] for name in FLAGSHIP}))
    found = list(work.matched([0.0, 1.0]))
    assert [(one.runs, one.goal) for one in found] == [(5, 30), (30, 90), (90, 90)]
    assert [one.preliminary for one in found] == ["so far 5 of 30 runs", "so far 30 of 90 runs", ""]


def test_the_headline_names_the_largest_gain_and_the_largest_price_by_what_varies_between_runs():
    before = {name: np.linspace(0.4, 0.6, 30) for name in COMPARED}
    after = before | {
        "voice_share": before["voice_share"] + 0.03,
        "quality_true": before["quality_true"] + 0.02,
        "burnt_out_share": before["burnt_out_share"] + 0.01,
        "leaver_rate": before["leaver_rate"] - 0.0101,
    }
    verdicts = {name: verdict(name, batch_of(**before), batch_of(**after)) for name in COMPARED}
    full = work.Matched((batch_of(**before), batch_of(**after)), 30)
    found = headline({"verdicts": verdicts, "matched": full, "same": False})
    assert (found["gain"].name, found["cost"].name, found["note"]) == ("voice_share", "burnt_out_share", "")
    surge = {"title": "Surge of demand", "week": 14, "weeks": 8}
    text = " ".join(re.sub(r"<[^>]+>", "", render("headline", decided=[surge], **found)).split())
    assert text.endswith(
        "Part of your policy: Surge of demand, from week 14 for 8 weeks. Events are removed below the charts."
    )
    assert text.startswith(
        "Largest gain: Problems voiced, 50.0 → 53.0 % (50.7 to 55.3), better than the baseline in 30 of 30"
    )
    assert "Largest cost: Burnout, 50.0 → 51.0 %" in text
    none = render("headline", decided=[], **(found | {"cost": None, "note": "so far 5 of 30 runs"}))
    assert "no measure is clearly worse than in the baseline (so far 5 of 30 runs)." in none


def test_the_page_starts_with_a_run_nearest_to_the_medians_of_thirty():
    assert work.batch(START.with_(seed=1), work.MANY).typical == TYPICAL_SEED
    odd = batch_of(**{name: [0.5, 0.1, 0.2, 0.3, 0.9] for name in FLAGSHIP})
    assert odd.typical == 3
    assert batch_of(**{name: [0.5, 0.5] for name in FLAGSHIP}).typical == 0


def test_other_parameter_sets_leave_alone_what_the_kind_and_the_visitor_set():
    own = with_kind(TINY.with_(safety_mean=0.4, decay_base=0.03, seed=7), "mental-health-community")
    found = draws.drawn(own)
    assert [one.seed for one in found] == list(range(7, 37))
    assert {(one.population.safety_mean, one.lifecycle.decay_base) for one in found} == {(0.4, 0.03)}
    assert {one.turnover.exit_rate for one in found} == {own.turnover.exit_rate}
    assert len({one.population.exhaustion_mean for one in found}) == 30
    assert len({one.levers for one in found}) == 1


def test_more_runs_are_the_first_few_and_others():
    few, many = work.batch(TINY, work.FEW), work.batch(TINY, work.MANY)
    more = work.batch(TINY, MOST_RUNS)
    assert many.seeds == tuple(range(1, 31)) == more.seeds[: work.MANY]
    assert np.array_equal(more.last_year["load"][: work.MANY], many.last_year["load"])
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


def test_after_a_failure_one_computes_for_all_who_wait_or_come():
    kept, made, let = work.Kept(10, lambda value: 1), [], threading.Event()

    def fail():
        let.wait(10.0)
        raise Superseded

    def make():
        made.append(1)
        threading.Event().wait(0.1)
        return "value"

    def ask(how):
        with contextlib.suppress(Superseded):
            kept.get("key", how)

    def begin(how):
        thread = threading.Thread(target=ask, args=(how,))
        thread.start()
        return thread

    first = begin(fail)
    while "key" not in kept._working:
        threading.Event().wait(0.001)
    waiting = [begin(make) for _ in range(2)]
    threading.Event().wait(0.05)
    let.set()
    first.join()
    late = [begin(make) for _ in range(3)]
    for thread in (*waiting, *late):
        thread.join()
    assert len(made) == 1
    assert (kept._taken, kept._working) == (1, {})


def test_what_is_shown_under_other_names_is_another_answer():
    own = Scenario.preset()
    assert work.asked_as(own) == work.asked_as(Scenario.preset())
    named = dataclasses.replace(own, title="St Mary's")
    assert named.digest == own.digest
    assert work.asked_as(named) != work.asked_as(own)


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
    page = report_of(choice)
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert not re.search(r"(?:src|href)=|https?://|url\(", page)
    assert page.count("<svg ") == len(CHARTS)
    assert page.count("<tr><th scope=") == 1 + len(COMPARED)
    runs = work.full(compared(choice)).runs
    assert f"--seeds {runs}" in page
    assert "Fear of blame: 35 % → 90 %" in page
    assert "<code>structure.n_teams</code>) = 3 (usually" in page
    texts = [html.unescape(text) for text in re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)]
    again = [Scenario.from_dict(tomllib.loads(text), "report") for text in texts]
    assert [scenario.digest for scenario in again] == [current_practice(choice).digest, choice.digest]


def test_a_report_marks_an_event_where_lines_have_its_week():
    week = 2 * work.STEP - 1  # of the second point
    dated = with_event(TINY, "leader-exit", week)
    page = report_page("", [""], [dated], [work.batch(dated, work.FEW)], ["load"], ["load"])
    (line,) = re.findall(r'<path d="M([^"Z]+)" fill="none"', page)
    second = line.split("L")[1].split(" ")[0]
    assert f'<line x1="{second}" x2="{second}"' in page


def test_what_a_user_wrote_is_escaped_in_a_report():
    batch = work.batch(TINY, work.FEW)
    page = report_page("<b>", ["<i>"], [TINY], [batch], ["load"], ["load"])
    assert not set(re.findall(r"<[bius]>", page))


def test_a_comparison_as_csv_has_a_row_per_measure_and_side():
    text = compare.csv_of(["As it is", "With, “more” blame"], [TINY, TINY.with_(fear=0.9)])
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


def test_only_what_turns_is_listed_by_result_in_eight_lines_at_most():
    before = {name: np.linspace(0.4, 0.6, 30) for name in CHARTS}

    def verdicts(**shifts):
        after = batch_of(**{name: values + shifts.get(name, 0.0) for name, values in before.items()})
        return {name: verdict(name, batch_of(**before), after) for name in CHARTS}

    plain = verdicts(closure_share=0.1, burnt_out_share=-0.1, leaver_rate=0.1)
    assert turned(plain, plain) == []
    found = turned(plain, verdicts(burnt_out_share=0.1, leaver_rate=0.1, quality_true=0.1))
    assert found == ["Burnout becomes worse than the baseline", "Concerns answered is no longer clearly better"]
    turns = {
        "A becomes worse than the baseline": ["it rains"],
        "B is no longer clearly better": ["it snows", "it rains"],
    }
    first = [
        "B is no longer clearly better if it snows; if it rains.",
        "A becomes worse than the baseline if it rains.",
    ]
    assert lines_of(turns) == first
    many = lines_of({f"{k} turns": ["it rains"] for k in range(12)})
    assert len(many) == MOST_LINES
    assert many[-1] == "5 more results change for the worse, each under fewer conditions."
    shown = render("troubles", wanted=True, problem="", found={"of": 3, "tried": 2, "lines": first}, runs=work.MANY)
    places = [shown.find(text) for text in ("2 of 3 conditions", *first, "alone in 30")]
    assert -1 not in places
    assert places == sorted(places)
    nothing = render("troubles", wanted=True, problem="", found={"of": 3, "tried": 3, "lines": []}, runs=work.MANY)
    assert "Nothing changes for the worse" in nothing
