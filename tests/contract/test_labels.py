"""Every measure, lever and parameter has one label, one plain help sentence and a unit."""

import csv
import re
from collections import Counter

import numpy as np
from matplotlib.text import Text

from civicsim.app.common import player_words
from civicsim.app.pages.about import parameter_rows
from civicsim.app.report import report_page
from civicsim.app.words import KEPT, PATHS, lever_rows
from civicsim.app.work import Batch
from civicsim.cli import main
from civicsim.model.measures import MEASURES
from civicsim.report.model_page import page
from civicsim.report.panels import declared, frame
from civicsim.scenario.scenario import PARAMETERS, SECTIONS, Scenario

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
    for every in (MEASURES, PARAMETERS):
        counts = Counter(about.label for about in every.values())
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


SHOWN = tuple(dict.fromkeys((*KEPT, *PATHS)))
"""Measures that every face shows."""
SMALL = ("weeks=4", "n_teams=2", "team_size=4", "n_executives=1", "burn_in_weeks=4")


def printed(capsys, *words):
    capsys.readouterr()
    assert main(list(words)) == 0
    return capsys.readouterr().out


def lacking(faces, labels):
    """Return faces with the labels that they do not show."""
    return [f"{face}: {label}" for face, text in faces.items() for label in labels if label not in text]


def test_every_face_shows_the_label_of_a_measure(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    sizes = [word for size in SMALL for word in ("--set", size)]
    chosen = [word for name in SHOWN for word in ("--measure", name)]
    table = printed(capsys, "run", *sizes, "--seeds", "1", *chosen, "--out", "out")
    with (tmp_path / "out" / "measures.csv").open(encoding="utf-8", newline="") as file:
        columns = {row["label"] for row in csv.DictReader(file)}
    figure, _ = frame(declared(SHOWN), [], panel_height=1.0, left=0.3, below=0.3)
    batch = Batch((1, 2), {}, {name: np.array([0.4, 0.5]) for name in SHOWN})
    faces = {
        "command line": table,
        "list of measures": printed(capsys, "describe", "measure"),
        "CSV": columns,
        "plot": {text.get_text() for text in figure.findobj(Text)},
        "report of a page": report_page("", ["one"], [Scenario.preset()], [batch], [], SHOWN).replace("&#39;", "'"),
        "page of the model": page("measures"),
    }
    assert len(SHOWN) >= 29
    assert lacking(faces, [MEASURES[name].label for name in SHOWN]) == []
    # Beside shares of staff, the page adds which measures are indices.
    assert [path["label"].removesuffix(" (index)") for path in player_words()["paths"]] == [
        MEASURES[path["name"]].label for path in player_words()["paths"]
    ]


def test_every_face_shows_the_label_of_a_lever(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "200")
    usual = Scenario.preset()
    levers = SECTIONS["levers"]
    changed = usual.with_(**{f"levers__{name}": 0.45 if about.high == 1.0 else 4.5 for name, about in levers.items()})
    batch = Batch((1, 2), {}, {})
    faces = {
        "command line": "".join(printed(capsys, "describe", "lever", name) for name in levers),
        "sliders of the page": {row["label"] for row in lever_rows(usual, usual)},
        "report of a page": report_page("", ["one"], [changed], [batch], [], []).replace("&#39;", "'"),
        "page of the model": page("odd") + page("governance"),
    }
    assert lacking(faces, [about.label for about in levers.values()]) == []
    assert {row["label"] for row in parameter_rows()} <= {about.label for about in PARAMETERS.values()}
