"""The pages that describe the model agree with the code and leave nothing out."""

import dataclasses
import re
from pathlib import Path

import pytest

from civicsim.cli import main
from civicsim.engine.parameters import Parameter
from civicsim.model.levers import NAMES as LEVERS
from civicsim.model.measures import MEASURES
from civicsim.model.processes.actions import ACTIONS
from civicsim.model.tables import TABLES
from civicsim.model.week import PROCESSES, WEEK
from civicsim.report.model_page import PAGES, blocks_of, cell, equations, page
from civicsim.scenario.model import SHIPPED
from civicsim.scenario.scenario import PARAMETERS, SECTIONS
from civicsim.scenario.shipped import shocks, styles

DOCS = Path(__file__).parents[2] / "docs" / "model"
PROSE = Path(__file__).parents[2] / "civicsim" / "report" / "pages"
ODD = [
    "1. Purpose and patterns",
    "2. Entities, state variables, and scales",
    "3. Process overview and scheduling",
    "4. Design concepts",
    "4.1 Theoretical and empirical background",
    "4.2 Emergence",
    "4.3 Individual decision-making",
    "4.4 Adaptation",
    "4.5 Learning",
    "4.6 Individual sensing",
    "4.7 Individual prediction",
    "4.8 Interaction",
    "4.9 Collectives",
    "4.10 Heterogeneity",
    "4.11 Stochasticity",
    "4.12 Observation",
    "5. Initialisation",
    "6. Input data",
    "7. Submodels",
]


@pytest.fixture(scope="module")
def pages():
    return {name: (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in PAGES}


def rows_of(text, heading):
    """Return the cells of the first table after a heading."""
    after = "\n" + text
    after = after[after.index(f"\n{heading}\n") :]
    found = []
    for line in after.splitlines():
        if line.startswith("|"):
            found.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        elif found:
            break
    return found[2:]


def test_every_page_is_up_to_date(pages):
    stale = [name for name in PAGES if pages[name] != page(name)]
    assert stale == [], "run civicsim describe model --out docs/model"


def test_every_section_of_the_protocol_is_there_in_order(pages):
    headings = re.findall(r"^#{2,3} (\d.*)$", pages["odd"], re.MULTILINE)
    found = [heading for heading in headings if heading in ODD]
    assert found == ODD


def test_every_process_is_in_the_overview_with_its_switch_and_has_a_submodel(pages):
    rows = rows_of(pages["odd"], "## 3. Process overview and scheduling")
    assert [row[1] for row in rows] == [f"`{process.name}`" for process in WEEK]
    for process, row in zip(WEEK, rows, strict=True):
        assert row[2] == process.title
        assert row[3] == f"`{process.name}.enabled`"
        assert f"\n### `{process.name}`\n" in pages["odd"]


def test_every_parameter_has_a_row_with_its_default_range_status_and_source(pages):
    faults = []
    for section, declared in SECTIONS.items():
        rows = [] if section == "levers" else rows_of(pages["odd"], f"### `{section}`")
        expected = [] if section == "levers" else list(declared.values())
        if [row[0] for row in rows] != [f"`{about.key}`" for about in expected]:
            faults.append(section)
            continue
        for row, about in zip(rows, expected, strict=True):
            words = [" ".join(text.split()) for text in (about.help, about.source)]
            told = [row[1], row[2], row[4], *row[6:]]
            if not all(row) or told != [about.label, about.symbol or "–", about.unit, about.role, about.status, *words]:
                faults.append(about.key)
    assert faults == []


def test_every_column_has_a_row_with_its_meaning(pages):
    found = {name: [row[:2] for row in rows_of(pages["odd"], f"#### `{name}`")] for name in TABLES}
    assert found == {name: [[f"`{name}.{column.name}`", column.help] for column in TABLES[name]] for name in TABLES}


def test_every_equation_with_a_formula_is_printed_with_it(pages):
    import importlib

    for process in PROCESSES.values():
        for equation in equations(importlib.import_module(process.parameters.__module__)):
            assert f"- `{equation.name}`: {equation.words}" in pages["odd"]
            for line in equation.formula.splitlines():
                assert line in pages["odd"]


def test_every_measure_has_a_row(pages):
    rows = rows_of(pages["measures"], "# Measures")
    assert [row[0] for row in rows] == [f"`{name}`" for name in MEASURES]


def test_every_lever_style_shock_and_action_has_a_row(pages):
    text = pages["governance"]
    assert [row[0] for row in rows_of(text, "## Levers")] == [f"`levers.{name}`" for name in LEVERS]
    assert [row[0] for row in rows_of(text, "## Styles")] == [f"`{name}`" for name in styles()]
    assert [row[0] for row in rows_of(text, "## Shocks and interventions")] == [f"`{name}`" for name in shocks()]
    for action in ACTIONS:
        assert f"\n| `{action}` |" in text


def test_the_hours_of_every_style_are_printed_and_equal_unless_it_leaves_some_unused(pages):
    after = pages["governance"][pages["governance"].index("Hours per person") :]
    rows = rows_of("# x\n" + after, "# x")
    hours = {row[0].strip("`"): float(row[-1]) for row in rows}
    assert set(hours) == set(styles())
    del hours["laissez-faire"]
    assert set(hours.values()) == {0.75}


def test_every_block_is_used_and_every_mark_in_the_prose_is_a_block():
    marks = [mark for name in PAGES for mark in re.findall(r"\{\{(\w+)\}\}", (PROSE / f"{name}.md").read_text())]
    blocks = {name for name in vars(blocks_of(SHIPPED)) if not name.startswith("_")}
    # Those that take an argument are parts of others.
    assert sorted(marks) == sorted(blocks - {"parameters_of", "columns_of", "equations_of", "named"})


def test_bars_and_line_breaks_cannot_break_a_table():
    assert cell("x|y\nz") == "x\\|y z"


# -- how well a default is known ----------------------------------------------------------------------------------------


def test_the_status_of_a_default_is_read_from_its_source():
    expected = [
        ("Assumption: free modelling choice, to be swept.", "assumption"),
        ("Assumption: near a figure of a review, to be verified.", "assumption"),
        ("Someone (2004), r = −.28, to be verified.", "to be verified"),
        ("Direction: Someone (2004), to be verified; size free.", "to be verified"),
        ("Direction: Someone (2004); none by default.", "assumption"),
        ("Form: Someone (2004).", "assumption"),
        ("Someone (2004); which form holds is open, to be swept.", "assumption"),
        ("Someone (2004) uses 30.", "found"),
    ]
    one = dataclasses.replace(next(iter(PARAMETERS.values())), role="uncertainty")
    assert [(source, dataclasses.replace(one, source=source).status) for source, _ in expected] == expected


def test_a_switch_has_no_status_of_its_own():
    for about in PARAMETERS.values():
        assert (about.status == "switch") == (about.role == "switch")


def test_hardly_any_default_claims_to_be_found_and_those_that_do_name_where():
    found: list[Parameter] = [about for about in PARAMETERS.values() if about.status == "found"]
    assert found
    for about in found:
        assert re.search(r"\(.*\d{4}|NHS", about.source), about.key


# -- the command --------------------------------------------------------------------------------------------------------


def test_the_command_writes_the_pages(tmp_path, capsys):
    assert main(["describe", "model", "--out", str(tmp_path / "model")]) == 0
    assert capsys.readouterr().out.count("wrote") == len(PAGES)
    for name in PAGES:
        assert (tmp_path / "model" / f"{name}.md").read_text(encoding="utf-8") == page(name)


def test_out_goes_with_the_whole_model_only(capsys):
    for words in (["describe", "voice", "--out", "x"], ["describe", "model", "odd", "--out", "x"]):
        assert main(words) == 2
        error = capsys.readouterr().err.strip()
        assert "--out" in error
        assert len(error.splitlines()) == 1


def test_a_folder_that_cannot_be_written_to_is_one_clear_line(tmp_path, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert main(["describe", "model", "--out", str(blocked)]) == 2
    error = capsys.readouterr().err.strip()
    assert str(blocked) in error
    assert len(error.splitlines()) == 1
