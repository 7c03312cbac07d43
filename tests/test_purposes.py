"""A purpose of the hour budget is declared once, and all else follows from the declaration."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import civicsim
from civicsim.model import levers
from civicsim.model.levers import PURPOSES, WITH_PEOPLE

MENTORING = '        Purpose("mentoring", 2.0, "Mentoring", "mentoring newcomers"),\n'
CODE = """
import json
from civicsim import Scenario
from civicsim.app.words import hours_rows, lever_rows
from civicsim.experiment.run import begin, burn_in
from civicsim.model.levers import PURPOSES, Levers
from civicsim.model.measures import MEASURES
from civicsim.engine.process import call
from civicsim.model.recording import Recorder, keep
from civicsim.model.week import PROCESSES
from civicsim.report.model_page import PAGES, page

scenario = Scenario.preset().with_(n_teams=2, team_size=4, burn_in_weeks=0, weight_mentoring=12.0, fear=0.0)
place = list(PURPOSES).index("mentoring")

def week(spent):
    cohort = begin(burn_in(scenario, [3], threads=1), scenario)
    cohort.organisation["spent"] = 0.0
    cohort.organisation["fear_enacted"] = 0.5
    cohort.organisation["grip"] = 0.4
    cohort.organisation["spent"][:, place] = spent
    PROCESSES["enactment"].step(cohort, 0, 1)
    return cohort

cohort, idle = week(0.5), week(0.0)
own = cohort.organisation
recorder = Recorder(cohort, 1)
call(keep, "record", cohort, cohort.ranges(0, 1) | {"row": 0} | recorder.arrays)
print(json.dumps({
    "default": Levers().weight_mentoring,
    "allotted": own["allotted"][0, place],
    "of the budget": scenario.levers.hours(own["hours_budget"][0])["mentoring"],
    "after grip": own["hours"][0, place],
    "in all": [own["hours"].sum(), own["hours_budget"][0]],
    "pulls": bool(own["fear_enacted"][0] < idle.organisation["fear_enacted"][0]),
    "measured": [MEASURES[f"hours_{kind}_mentoring"].weekly(recorder.history).item() for kind in ("spent", "allotted")],
    "participation": MEASURES["hours_participation"].weekly(recorder.history).item(),
    "on the page": [row["label"] for row in lever_rows(scenario, scenario) if row["name"] == "weight_mentoring"],
    "in the bar": [row["label"] for row in hours_rows(scenario) if row["label"] == "Mentoring"],
    "documented": sorted(word for word in ("levers.weight_mentoring", "hours_spent_mentoring", "hours_allotted_mentoring")
                         if any(f"`{word}`" in page(name) for name in PAGES)),
}))
"""


def test_constants_are_the_places_of_the_purposes():
    places = {name: getattr(levers, name.upper()) for name in PURPOSES}
    assert places == {name: place for place, name in enumerate(PURPOSES)}
    assert [list(PURPOSES)[place] for place in WITH_PEOPLE] == [
        "protected",
        "peer",
        "response",
        "deliberation",
        "coaching",
        "observation",
        "huddles",
    ]


def test_a_purpose_in_the_table_gives_a_lever_columns_measures_words_and_documentation(tmp_path):
    """In a copy of the package with one more row in the table, and nothing else."""
    shutil.copytree(Path(civicsim.__file__).parent, tmp_path / "civicsim", ignore=shutil.ignore_patterns("__pycache__"))
    table = tmp_path / "civicsim" / "model" / "levers.py"
    last = '"teams\' short safety huddles"),\n'
    assert table.read_text(encoding="utf-8").count(last) == 1
    table.write_text(table.read_text(encoding="utf-8").replace(last, last + MENTORING), encoding="utf-8")
    env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, env=env, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    allotted, after_grip = found["of the budget"], found["after grip"]
    budget = found["in all"][1]
    assert allotted > 0.4 * budget
    assert found == {
        "default": 2.0,
        "allotted": allotted,
        "of the budget": allotted,
        "after grip": pytest.approx(0.8 * allotted),
        "in all": [pytest.approx(budget), budget],
        "pulls": True,
        "measured": [0.5, after_grip],
        "participation": 0.5,
        "on the page": ["Hours for mentoring"],
        "in the bar": ["Mentoring"],
        "documented": ["hours_allotted_mentoring", "hours_spent_mentoring", "levers.weight_mentoring"],
    }
