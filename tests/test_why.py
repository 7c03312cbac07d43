"""Why a measure differs: held mechanisms, what is found, and how it is told."""

import dataclasses
import json

import numpy as np
import pytest

import civicsim as cs
from civicsim.cli import main
from civicsim.experiment.causes import (
    LONGEST,
    Web,
    changed_columns,
    columns_shown,
    name_of,
    passed_on,
    reads,
    set_by,
    writes,
)
from civicsim.experiment.holding import held_runs, holdable
from civicsim.experiment.statistics import Estimate, differing
from civicsim.experiment.why import Link, Moved, Why, matched_runs, passing
from civicsim.model.levers import NAMES
from civicsim.model.measures import MEASURES
from civicsim.report.why import changes_of, surprise, unexplained, why_html, why_lines, why_svg

BEFORE = cs.Scenario.preset().with_(n_teams=8, weeks=60, burn_in_weeks=20)
AFTER = BEFORE.with_(fear=0.9)
SEEDS = list(range(1, 13))


@pytest.fixture(scope="module")
def found():
    return cs.why(BEFORE, AFTER, "weeks_to_response", SEEDS)


@pytest.fixture(scope="module")
def held():
    processes = {process.name: process for process in cs.WEEK}
    variants = {name: {name: holdable(processes[name])} for name in ("enactment", "pairing", "exhaustion")}
    return held_runs(BEFORE, AFTER, SEEDS[:3], variants, last_weeks=20)


def test_matched_runs_in_one_set_of_tables_are_those_that_run_by_themselves(held):
    for label, scenario in (("before", BEFORE), ("after", AFTER)):
        alone = cs.run(scenario, SEEDS[:3]).values(None, 20)
        assert {name for name, own in alone.items() if not np.array_equal(own, held[label][name], True)} == set()


def test_what_does_not_notice_a_change_lets_none_of_it_through(held):
    # Only enactment reads how much fear is intended, and no team is paired.
    for variant, same in (("enactment", "before"), ("pairing", "after")):
        assert {m for m, own in held[variant].items() if not np.array_equal(own, held[same][m], True)} == set()
    gone = held["after"]["exhaustion"] - held["exhaustion"]["exhaustion"]
    effect = held["after"]["exhaustion"] - held["before"]["exhaustion"]
    assert gone.mean() == pytest.approx(effect.mean(), rel=0.2)


def test_what_is_held_is_put_back():
    web, seeds = Web.of(), SEEDS[:2]
    learning = web.processes["learning"]
    one = held_runs(BEFORE, BEFORE, seeds, {"learning": {"learning": holdable(learning)}}, 20)
    assert {m for m, own in one["learning"].items() if not np.array_equal(own, one["before"][m], True)} == set()


def test_dated_changes_belong_to_their_own_scenario():
    event = {"week": 5, "name": "louder", "set": {"levers.fear": 0.9}}
    after = dataclasses.replace(BEFORE, interventions=cs.Scenario.from_dict({"interventions": [event]}).interventions)
    both = held_runs(BEFORE, after, SEEDS[:2], {}, 20)
    for label, scenario in (("before", BEFORE), ("after", after)):
        assert np.array_equal(cs.run(scenario, SEEDS[:2]).values(["fear_met"], 20)["fear_met"], both[label]["fear_met"])


def test_why_fewer_concerns_are_answered_sooner(found):
    assert found.clear
    assert found.outcome.judged == "better"
    parts = {part.mechanism: part.share for part in found.parts}
    assert {"enactment", "voice"} <= set(parts)
    assert found.passing == {"enactment"}
    assert found.last == "response"
    assert found.chain[0].target == "enactment"
    assert found.chain[-1].moved.measure.name == "voice_share"
    assert "voice_share" in [own.measure.name for own in found.surprises]
    assert found.explained.mean > 0.5
    # Other seeds, the same share to within a fifth of the effect.
    voice = Web.of().processes["voice"]
    runs = matched_runs(BEFORE, AFTER, "weeks_to_response", range(101, 113), {"voice": {"voice": holdable(voice)}})
    assert runs.share("voice").mean == pytest.approx(parts["voice"].mean, abs=0.2)


def test_results_do_not_depend_on_threads_and_the_work_can_be_stopped():
    one, two = (held_runs(BEFORE, AFTER, SEEDS[:6], {}, 20, threads=threads)["after"] for threads in (1, 2))
    assert {name for name, own in one.items() if not np.array_equal(own, two[name], True)} == set()

    def stop(step, share):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        cs.why(BEFORE, AFTER, "weeks_to_response", SEEDS, progress=stop)


def test_without_an_effect_nothing_is_named():
    none = cs.why(BEFORE, BEFORE.with_(forum_budget=0.06), "skill", SEEDS[:4])
    assert (none.clear, none.parts, none.chain) == (False, (), ())
    assert why_lines(none) == [why_lines(none)[0]]
    assert "nothing to explain" in why_lines(none)[0]


def test_words_and_picture_are_made_of_what_was_found(found):
    lines = why_lines(found)
    assert lines[0].startswith("Wait for an answer, ")
    assert "Fear of blame: 35.0 % → 90.0 % → Experienced fear of blame" in lines[1]
    assert lines[2].startswith("A surprise: wait for an answer is better through something that is itself worse: ")
    svg = why_svg(found)
    assert svg.count("<rect") == len(found.chain) + 1
    assert "Staff voice what they noticed" in svg
    assert svg in why_html(found)


def _moved(name, difference):
    return Moved(MEASURES[name], 0.5, differing(difference + np.array([-0.01, 0.0, 0.01])))


@pytest.mark.parametrize(
    ("step", "outcome", "word"), [(0.2, 0.1, ""), (-0.2, 0.1, "better"), (0.2, -0.1, "worse"), (0.0, 0.1, "")]
)
def test_a_surprise_is_a_step_against_the_declared_direction_of_the_outcome(step, outcome, word):
    link = Link("voice", "response", ("practice.idea_state",), _moved("voice_share", step), Estimate(0.5, 0.4, 0.6, 3))
    why = Why(BEFORE, AFTER, [1, 2, 3], _moved("trust", outcome), chain=(link,))
    assert (f"is {word} through something" in surprise(why)) if word else surprise(why) == ""


def test_what_stays_unexplained_is_stated():
    why = Why(BEFORE, AFTER, [1, 2], _moved("trust", 0.1), held={"voice": frozenset()})
    for mean, words in ((0.4, "60 % stays unexplained"), (1.3, "it goes the other way")):
        told = unexplained(dataclasses.replace(why, explained=Estimate(mean, mean - 0.1, mean + 0.1, 2)))
        assert words in told
    assert "stays unexplained" in unexplained(dataclasses.replace(why, held={}))


def test_the_web_finds_what_a_measure_shows():
    web = Web.of()
    for name, columns in (
        ("burnt_out_share", {"person.exhaustion"}),
        ("fear_met", {"organisation.fear_enacted"}),
        ("weeks_to_response", {"tally.response_weeks"}),
        ("survey_safe", {"person.exhaustion", "person.safety"}),
        ("vacancy_share", {"person.vacant"}),
    ):
        assert web.columns_of(MEASURES[name]) >= columns, name
        assert len(web.columns_of(MEASURES[name])) < 4, name
    assert columns_shown(MEASURES["voice_share"]) == ({"tally.voiced"}, {"tally.noticed"})
    assert {"events", "survey", "record"}.isdisjoint(web.between({"organisation.fear"}, MEASURES["trust"]))
    assert "organisation.fear_enacted" in passed_on(cs.WEEK)["enactment", "voice"]


@pytest.mark.parametrize("lever", NAMES)
def test_a_lever_sets_what_mechanisms_read_and_none_works_out_from_it(lever):
    found = set_by([f"levers.{lever}"])
    assert f"organisation.{lever}" in found
    assert any(reads(process) & found for process in cs.WEEK)
    # Hours of each purpose follow from what a style allots: enactment passes them on, the lever does not set them.
    assert "organisation.hours" not in found
    assert ("organisation.allotted" in found) == (lever.startswith("weight_") or lever == "budget_share")
    assert ("dimension.measured" in found) == (lever == "measured_share")


def test_hours_come_from_the_mechanism_that_shares_them_out():
    web, changed = Web.of(), changed_columns(BEFORE, BEFORE.with_(weight_response=10.0))
    tried = web.between(changed, MEASURES["efficacy"])
    entered = {target for target, columns in web.passed(tried, changed, tried) if columns & changed}
    assert entered == {"enactment", "compact"}
    assert ("response", frozenset({"organisation.hours"})) in web.passed(tried, changed, tried)


def test_what_only_puts_a_change_into_force_explains_nothing_but_at_the_measure_itself():
    sure = Estimate(1.0, 0.9, 1.1, 9)
    entry, on = Link("", "enactment", ("a",), None, sure), Link("enactment", "response", ("b",), None, sure)
    assert passing([entry, on], "response") == {"enactment"}
    # Nor does it where the way on from there is not clear.
    assert passing([entry], "response") == {"enactment"}
    assert passing([entry, on], "enactment") == passing([on], "response") == set()


def test_names_in_a_chain_are_a_few_words():
    columns = {column for process in cs.WEEK for column in reads(process) | writes(process) if "snapshot" not in column}
    names = {column: name_of(column) for column in columns if not column.endswith("*")}
    assert {
        c: name for c, name in names.items() if len(name) > LONGEST or set(name) & set(":;()_") or "lever " in name
    } == {}
    assert name_of("dimension.code") == "what the protocol asks for"
    assert [name for name in names.values() if " or in trial" in name or name[1:3] in (", ", "₀,")] == []
    assert name_of("practice.idea_state") == "idea state"
    assert name_of("person.exhaustion") == "emotional exhaustion"
    assert name_of("organisation.fear_enacted") == "Fear of blame, as staff meet it"
    labels = [about.label for about in [*BEFORE.model.sections.parameters.values(), *MEASURES.values()]]
    assert [label for label in labels if len(label) > LONGEST] == []


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("weight_response", 10.0, "Hours for answering staff: 3 → 10"),
        ("fear", 0.9, "Fear of blame: 35.0 % → 90.0 %"),
        ("compact__kept_share", 0.5, "as it comes → 50.0 %"),
        ("voice__enabled", False, "on → off"),
    ],
)
def test_what_was_changed_is_told_by_label_value_and_unit(key, value, words):
    assert changes_of(Why(BEFORE, BEFORE.with_(**{key: value}), [1, 2], _moved("trust", 0.1)))[0].endswith(words)


def test_the_command_tells_the_same_and_complains_in_one_line(capsys, tmp_path):
    small = ["--set", "n_teams=4", "--set", "burn_in_weeks=20", "--weeks", "26", "--seeds", "4"]
    picture = tmp_path / "why.svg"
    words = ["why", "voice_share", "--set", "fear=0.9", *small, "--picture", str(picture), "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["change"]["verdict"].startswith("lower")
    assert "enactment" in [part["mechanism"] for part in told["mechanisms"]]
    assert picture.read_text(encoding="utf-8").startswith("<svg")
    for wrong, complaint in ((["why", "voice_shar"], "voice_share"), (["why", "trust", "--picture", "x.png"], ".svg")):
        assert main([*wrong, *small]) == 2
        assert complaint in capsys.readouterr().err
