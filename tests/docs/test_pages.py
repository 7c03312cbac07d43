"""The pages written by hand are complete, agree with the code, and point to what exists."""

import re
from pathlib import Path

import pytest

from civicsim.model.levers import NAMES as LEVERS
from civicsim.model.week import PROCESSES
from civicsim.scenario.scenario import SECTIONS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "experiments" / "README.md"])
STRESS = [
    "1.1",
    "1.2",
    "1.3",
    "2.1",
    "2.2",
    "2.3",
    "2.4",
    "2.5.1",
    "2.5.2",
    "2.5.3",
    "2.5.4",
    "3.1",
    "3.2",
    "3.3",
    "3.4",
    "4.1",
    "4.2",
    "4.3",
    "5.1",
    "5.2",
    "5.3",
    "5.4",
    "6.1",
]
TRACE = [
    "1. Problem formulation",
    "2. Model description",
    "3. Data evaluation",
    "4. Conceptual model evaluation",
    "5. Implementation verification",
    "6. Model output verification",
    "7. Model analysis",
    "8. Model output corroboration",
]


def _page(name: str) -> str:
    return (ROOT / "docs" / "model" / name).read_text(encoding="utf-8")


def test_every_group_of_parameters_process_and_lever_is_in_the_glossary():
    glossary = _page("glossary.md")
    assert [name for name in sorted({*SECTIONS, *PROCESSES, *LEVERS}) if f"`{name}`" not in glossary] == []


def test_the_glossary_explains_no_word_twice():
    words = re.findall(r"\*\*([^*]+)\*\*", _page("glossary.md"))
    assert len(words) == len({word.lower() for word in words})


def test_every_item_of_the_stress_checklist_is_filled():
    rows = [line.strip("|").split("|") for line in _page("stress-abs.md").splitlines() if re.match(r"\| \d", line)]
    assert [row[0].strip() for row in rows] == STRESS
    assert all(len(row) == 3 and row[2].strip() for row in rows)


def test_every_element_of_trace_says_what_there_is_and_what_there_is_not():
    parts = _page("trace.md").split("\n## ")[1:]
    assert [part.splitlines()[0] for part in parts] == TRACE
    for part in parts:
        assert "**There is.**" in part
        assert "**Not yet.**" in part


def test_links_within_the_repository_lead_somewhere():
    lost = [
        f"{page.relative_to(ROOT).as_posix()}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert lost == []


def test_the_readme_or_the_first_page_of_the_manual_links_every_page():
    pages = [page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").rglob("*.md")]
    linked = {
        (here / target).as_posix()
        for here, first in ((Path(), "README.md"), (Path("docs"), "docs/index.md"))
        for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / first).read_text(encoding="utf-8"))
    }
    assert sorted(set(pages) - linked) == []


@pytest.mark.parametrize("page", ["trace.md", "stress-abs.md", "limits.md", "glossary.md"])
def test_files_that_pages_name_exist(page):
    for name in re.findall(r"`((?:civicsim|tests|experiments)/[\w./-]+)`", _page(page)):
        assert (ROOT / name).exists(), name
