"""The hypotheses are complete, readable by machine, and speak of things that exist."""

from __future__ import annotations

import functools
import re
import tomllib
from pathlib import Path

import pytest

from civicsim.model.measures import MEASURES
from civicsim.model.processes.events import Event
from civicsim.model.week import PROCESSES
from civicsim.scenario.scenario import PARAMETERS
from civicsim.scenario.shipped import shocks, styles
from civicsim.study.analysis.declared import declared_contrasts
from civicsim.study.design.declared import Declared
from civicsim.study.design.spelling import contrasts_of
from civicsim.study.design.study import Study
from civicsim.study.run.runner import run_study

FILE = Path(__file__).parents[2] / "experiments" / "hypotheses.toml"
STUDIES = sorted((FILE.parent / "hypotheses").glob("*.toml"))
ADAPTED = {
    "H1": "voice_share",
    "H1.2": "voice_share",
    "H27": "quality_true",
    "H38": "marked_safety",
    "H38.2": "marked_safety",
}
"""Measures that stand for another, each explained in experiments/README.md: the contrast works out the rest."""
WITHOUT_MEASURE = {"H32"}
"""Hypotheses that are not testable yet, since their measure does not exist."""
SIGNS = {"+", "-", "0", "two-sided", "interaction+", "interaction-", "inverted-u", "threshold", "reversal"}
DIRECTIONS = {"threshold": {"+", "-"}, "reversal": {"+-", "-+"}}
WITHOUT_OWN = {59, 60, 70}
"""Concepts that have no hypothesis of their own."""
AT_SCORING = {
    "icc_ratio": "a share of variance between organisations takes many runs",
    "style_spread": "best minus worst over a set of styles",
    "voice_start_gap": "a difference between runs with two histories",
}
"""Quantities that no single run has, with the reason; they are worked out when a hypothesis is scored."""
SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
KEYS = {"id", "concept", "statement", "contrast", "vary", "hold", "measure", "sign", "weeks"}
OPTIONAL_KEYS = {"by", "direction", "second"}
NOT_IN_SECOND = {"id", "concept", "statement", "second"}
MARKED_WHOLE = {15, 17, 18, 19, 26, 36, 39, 42, 45, 47, 52, 53, 55, 56, 62, 68}
"""Hypotheses of which every part is the output of the rule that its contrast changes, as a review of the equations found."""


def _file() -> dict:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def _hypotheses() -> list[dict]:
    return _file()["hypothesis"]


def _parts() -> list[dict]:
    """Return every measure and sign that is predicted, with what it takes over from its hypothesis."""
    parts = []
    for hypothesis in _hypotheses():
        main = {key: value for key, value in hypothesis.items() if key != "second"}
        taken_over = {key: value for key, value in main.items() if key not in {"by", "direction"}}
        parts += [main, *(taken_over | second for second in hypothesis.get("second", []))]
    return parts


def test_the_file_parses_and_gives_the_rules_of_scoring():
    content = _file()
    assert content["least_seeds"] >= 30
    assert 0 < content["interval"] < 1
    assert content["margin_share"] > 0
    assert content["least_margin"] > 0


def test_there_are_67_hypotheses_one_for_each_concept_that_has_its_own():
    ids = [hypothesis["id"] for hypothesis in _hypotheses()]
    assert len(ids) == 67
    assert ids == [f"H{row}" for row in range(1, 71) if row not in WITHOUT_OWN]


def test_every_hypothesis_carries_the_number_of_its_concept():
    for hypothesis in _hypotheses():
        assert hypothesis["id"] == f"H{hypothesis['concept']}"


def test_every_hypothesis_has_all_its_fields_and_no_others():
    for hypothesis in _hypotheses():
        assert KEYS <= set(hypothesis) <= KEYS | OPTIONAL_KEYS, hypothesis["id"]
        for second in hypothesis.get("second", []):
            assert {"measure", "sign"} <= set(second), hypothesis["id"]
            assert set(second) <= (KEYS | OPTIONAL_KEYS) - NOT_IN_SECOND, hypothesis["id"]


def _marks() -> dict[str, str]:
    """Return the reason by part, of those that follow from one equation."""
    marks = tomllib.loads(FILE.with_name("by-construction.toml").read_text(encoding="utf-8"))["mark"]
    named = [part for mark in marks for part in mark["parts"]]
    assert len(set(named)) == len(named)
    for mark in marks:
        assert mark.keys() == {"parts", "process", "reason"}, mark["parts"]
        assert mark["process"] in PROCESSES, mark["parts"]
        assert len(mark["reason"].split()) > 5, mark["parts"]
    return {part: mark["reason"] for mark in marks for part in mark["parts"]}


def test_parts_that_test_code_are_marked_with_process_and_reason_apart_from_the_signs():
    marks, parts = _marks(), _named_parts()
    assert marks.keys() <= parts.keys()
    left = {part["concept"] for name, part in parts.items() if name not in marks}
    assert {part["concept"] for part in parts.values()} - left == MARKED_WHOLE


def test_statements_contrasts_and_conditions_are_words():
    for part in _parts():
        for key in ("statement", "contrast", "hold"):
            assert isinstance(part[key], str), part["id"]
            assert part[key].strip(), part["id"]


def test_no_statement_is_made_twice():
    statements = [hypothesis["statement"] for hypothesis in _hypotheses()]
    assert len(set(statements)) == len(statements)


def test_signs_come_from_the_allowed_set():
    for part in _parts():
        assert part["sign"] in SIGNS, part["id"]


def test_thresholds_and_reversals_say_which_way_they_go_and_nothing_else_does():
    for part in _parts():
        assert part.get("direction") in DIRECTIONS.get(part["sign"], {None}), part["id"]


def test_interactions_and_reversals_name_what_the_effect_depends_on_and_nothing_else_does():
    for part in _parts():
        if part["sign"].startswith("interaction") or part["sign"] == "reversal":
            assert part["by"], part["id"]
            assert set(part["by"]) <= {"weeks", *part["vary"]}, part["id"]
        else:
            assert "by" not in part, part["id"]


def test_ladders_go_with_thresholds_and_inverted_us():
    for part in _parts():
        is_ladder = part["contrast"].startswith("ladder:")
        assert is_ladder == (part["sign"] in {"threshold", "inverted-u"}), part["id"]


def test_contrasts_name_their_two_conditions_where_the_effect_is_worked_out_twice():
    for part in _parts():
        assert (";" in part["contrast"] and ", then" in part["contrast"]) or "by" not in part, part["id"]


def test_weeks_are_positive_whole_numbers():
    for part in _parts():
        assert isinstance(part["weeks"], int), part["id"]
        assert part["weeks"] > 0, part["id"]


def test_everything_that_is_varied_exists():
    dated = shocks()
    for part in _parts():
        assert part["vary"], part["id"]
        for name in part["vary"]:
            section, _, key = name.partition(".")
            if section == "style":
                known = key in {"all", "random", *styles()}
            elif section in ("shock", "intervention"):
                known = key in dated
            else:
                known = name in PARAMETERS
            assert known, f"{part['id']}: {name}"


def test_measures_have_snake_case_names():
    for name in [part["measure"] for part in _parts()] + _file()["later_measures"]:
        assert SNAKE_CASE.fullmatch(name), name


def test_later_measures_are_listed_once_and_needed():
    later = _file()["later_measures"]
    assert len(set(later)) == len(later)
    for name in later:
        assert any(name in (part["measure"], *part["contrast"].replace(",", "").split()) for part in _parts()), name


def test_every_measure_exists_or_is_listed_with_what_it_will_be():
    unknown = {part["measure"] for part in _parts()} - set(MEASURES) - set(_file()["later_measures"])
    assert not unknown


def test_what_is_worked_out_at_scoring_is_listed_among_the_later_measures_and_is_no_measure_of_a_run():
    assert set(AT_SCORING) == set(_file()["later_measures"])
    assert not set(AT_SCORING) & set(MEASURES)


# -- as studies that can be run --------------------------------------------------------------------------------------------


@functools.cache
def _stated() -> dict[str, tuple[Declared, dict[str, tuple[Event, ...]]]]:
    """Return the contrasts of all studies with the dated changes of their study; a mistake is an error, as in study check."""
    found = {}
    for file in STUDIES:
        study = Study.read(file)
        protocol = study.protocol
        for one in contrasts_of(study, protocol.bases, protocol.shocks, protocol.declared, exact=True):
            assert one.name not in found
            found[one.name] = one, protocol.shocks
    return found


def _named_parts() -> dict[str, dict]:
    """Return the parts of all hypotheses by the name of their contrast: H2, and H2.2 for the second thing it says."""
    named = {}
    for hypothesis in _hypotheses():
        own = [part for part in _parts() if part["id"] == hypothesis["id"]]
        named |= {hypothesis["id"] + (f".{k}" if k > 1 else ""): part for k, part in enumerate(own, start=1)}
    return named


def test_every_part_of_every_hypothesis_is_a_contrast_with_the_same_statement_sign_and_measure():
    contrasts, parts, marks = _stated(), _named_parts(), _marks()
    assert contrasts.keys() == parts.keys()
    for name, part in parts.items():
        own, _ = contrasts[name]
        assert own.statement == part["statement"], name
        assert (own.sign, own.direction) == (part["sign"], part.get("direction", "")), name
        assert own.measure == ADAPTED.get(name, part["measure"]), name
        assert own.by_construction == marks.get(name, ""), name
        assert bool(own.not_testable) == (name in WITHOUT_MEASURE), name


def _touched(own: Declared, dated: dict[str, tuple[Event, ...]]) -> set[str]:
    """Return what the conditions of a contrast set, in the words of the hypotheses."""
    found = set()
    for side in own.sides:
        events = dated.get(side.shock, ())
        found |= {*side.setting, f"style.{side.style.partition('-')[0]}", f"style.{side.style}"}
        found |= {key for event in events for key in event.set}
        found |= {f"{kind}.{event.name}" for event in events for kind in ("shock", "intervention")}
    return found | ({"style.all"} if {side.style for side in own.sides} >= set(styles()) else set())


def test_the_contrasts_of_a_hypothesis_set_all_that_it_varies():
    contrasts = _stated()
    for hypothesis in _hypotheses():
        named = [own for name, own in contrasts.items() if name.partition(".")[0] == hypothesis["id"]]
        if hypothesis["id"] not in WITHOUT_MEASURE:
            varied = {key for part in _parts() if part["id"] == hypothesis["id"] for key in part["vary"]}
            assert varied - {"weeks"} <= set().union(*(_touched(*own) for own in named)), hypothesis["id"]


def test_every_adaptation_is_listed():
    text = (FILE.parent / "README.md").read_text(encoding="utf-8")
    for name in {*ADAPTED, *WITHOUT_MEASURE}:
        assert re.search(rf"^\| [^|]*\b{name.partition('.')[0]}\b", text, re.MULTILINE), name


@pytest.mark.parametrize(
    "names", [("H8", "H8.2", "H8.3"), ("H17", "H17.2"), ("H12",), ("H32",), ("H61.2",), ("H62", "H62.2")]
)
def test_contrasts_are_scored_in_a_small_organisation(names, tmp_path):
    (file,) = [file for file in STUDIES if f'name = "{names[0]}"' in file.read_text(encoding="utf-8")]
    whole = Study.read(file)
    blocks = [block for block in whole.contrast if block["name"] in names]
    weeks = max([52, *(int(block["window"].split("-")[-1]) + 1 for block in blocks)])
    sizes = {"n_teams": 2, "team_size": 5, "n_executives": 1}
    study = whole.with_(contrast=blocks, factors=sizes, seeds=4, weeks=weeks, burn_in_weeks=4, uncertainties={})
    found = declared_contrasts(run_study(study, tmp_path / "results", processes=0))
    assert set(found["name"]) == set(names)
    allowed = {"supported", "supported, but small", "not shown", "contradicted"}
    for row in found.to_dict("records"):
        if row["name"] in WITHOUT_MEASURE:
            assert row["verdict"] == "not testable yet"
            assert "no measure" in row["note"]
        elif _stated()[row["name"]][0].by_construction:
            assert (row["verdict"], row["finding"] in allowed) == ("by construction", True)
        else:
            assert row["verdict"] in allowed
            assert row["run_low"] <= row["difference"] <= row["run_high"]
