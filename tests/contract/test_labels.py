"""Every measure, lever and parameter has one label, one plain help sentence and a unit."""

import re
from collections import Counter

from civicsim.model.measures import MEASURES
from civicsim.scenario.scenario import PARAMETERS

GREEK = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff₀-₉]")
CODE = re.compile(r"\w+_\w+|\w+\(")


def faults_of(key, about):
    """Return what is wrong with a label, a help sentence and a unit."""
    help = about.help.replace("NHS Staff Survey question ", "")
    checks = {
        "label of more than five words": len(about.label.replace("–", " ").split()) > 5,
        "label without a capital": not about.label[:1].isupper(),
        "label with a full stop or a code name": bool(re.search(r"\.$|_", about.label)),
        "help that is no sentence": not re.fullmatch(r"[^a-z].*\.", help) and not re.match(r"\d", help),
        "help of more than one sentence": bool(re.search(r"\. [A-Z]", help)),
        "Greek letters": bool(GREEK.search(about.label + about.help + about.unit)),
        "code in the help": bool(CODE.search(about.help)),
        "no unit": not about.unit,
        "0-1 with a hyphen": "0-1" in about.unit,
    }
    return [f"{key}: {fault}" for fault, found in checks.items() if found]


def test_labels_help_and_units_follow_the_style_sheet():
    every = {**MEASURES, **PARAMETERS}
    assert [fault for key, about in every.items() for fault in faults_of(key, about)] == []


def test_labels_stand_for_one_thing():
    for declared in (MEASURES, PARAMETERS):
        counts = Counter(about.label for about in declared.values())
        assert [label for label, n in counts.items() if n > 1] == []


def test_a_label_derives_from_section_and_name_unless_it_is_given():
    found = {key: PARAMETERS[key].label for key in ("voice.safety_weight", "structure.n_teams", "population.skill_sd")}
    assert found == {
        "voice.safety_weight": "Voice: safety weight",
        "structure.n_teams": "Teams",
        "population.skill_sd": "Population: skill spread",
    }


def test_a_symbol_stands_for_one_parameter_of_a_section():
    counts = Counter((about.section, about.symbol) for about in PARAMETERS.values() if about.symbol)
    assert [key for key, n in counts.items() if n > 1] == []
    assert PARAMETERS["exhaustion.load_weight"].symbol == "κ_D"


def test_a_style_sets_levers_and_a_scenario_settings():
    levers = {key for key, about in PARAMETERS.items() if about.role == "lever"}
    assert levers == {key for key in PARAMETERS if key.startswith("levers.")}
    assert PARAMETERS["pairing.pair_weeks"].role == PARAMETERS["partners.n"].role == "setting"
