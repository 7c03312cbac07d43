"""The page is private, offline and readable by everybody, before any browser is asked."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
import solara

import civicsim.app as page
from civicsim.app import hosting, remembered
from civicsim.app.frame import RESULTS, TABS, Text, is_page, tabs
from civicsim.app.kept import keep, link_of, read_policies
from civicsim.app.lessons import lessons
from civicsim.app.pages.about import About
from civicsim.app.pages.lesson import Lessons, read_guesses, read_picks
from civicsim.app.pages.making import MOST_CHARACTERS, draft, read_draft
from civicsim.app.room import close_room, open_room
from civicsim.app.state import MOST_WEEKS, START, with_event, with_lever
from civicsim.scenario.shipped import shocks

ROOT = Path(__file__).parents[2]
COMPONENTS = Path(hosting.__file__).parent / "components"


@pytest.fixture(scope="module")
def html():
    with hosting.started():
        yield hosting.read_page("/")


def test_where_there_is_no_page_a_link_leads_to_one():
    with hosting.started():
        assert hosting.read_page("/nowhere") is None
    lost = hosting.notice(hosting.NOWHERE, "/here")
    assert "There is no such page" in lost
    assert '<html lang="en">' in lost
    assert 'href="/here/"' in lost


@pytest.mark.parametrize(
    ("path", "there"),
    [("/", True), ("/explore", True), ("/lessons/compact/run", True), ("/lessons/compact/handout", True)]
    + [(f"/{path}", False) for path in ("nowhere", "about/x", "lessons/none", "lessons/compact/none", "explore/a/b")],
)
def test_an_address_is_a_page_or_is_none(path, there):
    assert is_page(path) is there


def test_an_element_with_another_tag_is_another_element():
    made = [Text(tag, "words").component for tag in ("h1", "p", "h1")]
    assert made[0] is made[2]
    assert made[0] is not made[1]


def test_what_a_tab_remembers_is_taken_back_as_far_as_it_can_be_used():
    assert read_guesses({"compact": 0.4, "none": 0.4, "two-regimes": 7, "battening-down": "x"}) == {"compact": 0.4}
    assert read_guesses(["compact"]) == {}
    assert read_picks({"compact": {"0": 1, "x": 2, "1": "y"}, "none": {"0": 1}}) == {"compact": {0: 1}}
    assert read_draft({"title": "Mine"}).text == 'title = "Mine"\n'
    assert [read_draft(given).text for given in ("title", None, {"a": None}, {"a": "x" * MOST_CHARACTERS})] == [""] * 4
    for given in ({"A": "?style=none"}, {"A": 3}, {"D": "?v=1"}, ["?v=1"], {"A": "?set=" + "x" * 30_000}):
        assert read_policies(given) == ()


def test_what_is_there_already_is_not_taken_back_over_what_has_been_typed_since():
    """A lesson that comes from the tab is shown anew; a tab that remembers none leaves the form alone."""
    before = draft.peek()
    try:
        remembered.restore({"draft": {}})
        assert draft.peek() is before
        remembered.restore({"draft": {"title": "Mine"}})
        assert (draft.peek().text, draft.peek().number) == ('title = "Mine"\n', before.number + 1)
        shown = draft.peek()
        remembered.restore({"draft": {"title": "Mine"}})
        assert draft.peek() is shown
    finally:
        draft.set(before)


def test_policies_come_back_from_a_tab_as_they_were_kept_without_an_organisation():
    own = START.with_(fear=1 / 3, n_teams=7, seed=9, weeks=MOST_WEEKS)
    for k, name in enumerate(shocks()):
        own = with_event(own, name, MOST_WEEKS - 1 - k)
    own = with_lever(own, "invitation", 0.9, week=40)
    policies = keep(keep((), own), START.with_(style="compact"))
    links = {one.letter: link_of(one) for one in policies}
    assert read_policies(json.loads(json.dumps(links))) == policies
    assert "n_teams%3D7" not in links["A"]
    assert "seed=9" not in links["A"]


def test_solara_neither_covers_the_page_nor_waits_for_a_key_when_the_connection_is_lost(html):
    assert "connects again by itself" in html
    assert "z-index: 100002" not in html
    assert "solara.forceRefresh = true" in html
    assert html.count("The page is loading") == 2


def test_the_page_says_its_language_and_lets_itself_be_zoomed(html):
    assert '<html lang="en">' in html
    viewport = re.search(r'<meta name="viewport" content="([^"]*)"', html)[1]
    assert "maximum-scale" not in viewport
    assert "user-scalable" not in viewport
    assert "<title>civicsim</title>" in html


def test_every_bar_that_shows_progress_has_a_name(html):
    bars = re.findall(r"<v-progress-(?:linear|circular)[^>]*", html)
    assert bars
    assert [bar for bar in bars if 'aria-label="' not in bar] == []


def test_every_file_that_the_page_names_is_on_this_computer(html):
    assert len(set(re.findall(r'(?:src|href)="/_solara/cdn/([^"?]+)', html))) >= 3
    assert hosting.missing_names(html) == []
    assert hosting.missing_names(html.replace("require.js", "demand.js")) == ["requirejs@2.3.6/demand.js"]
    assert hosting.missing_files() == []


def test_files_are_found_where_the_environment_is_laid_over_that_of_their_packages(tmp_path):
    """As ``uv run --with`` does it: Python begins elsewhere, and finds the packages by a path."""
    venv.create(tmp_path / "over")
    python = tmp_path / "over" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = next((tmp_path / "over").rglob("site-packages"))
    (site / "under.pth").write_text(
        f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n", encoding="utf-8"
    )
    code = (
        "from civicsim.app import hosting\n"
        "with hosting.started():\n"
        "    page = hosting.read_page('/')\n"
        "print(hosting.missing_names(page), [route.path for route in hosting.page_routes()])"
    )
    told = subprocess.run([python, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told.startswith("[] ")
    for address in ("/_solara/cdn", "/jupyter/nbextensions/jupyter-vue", "/jupyter/nbextensions/jupyter-vuetify"):
        assert f"'{address}'" in told


def test_the_page_names_no_other_address(html):
    found = set(re.findall(r'(?:src|href)="(https?:)?//[^"]+', html))
    assert not found


def test_nothing_of_the_page_is_fetched_from_elsewhere():
    for path in (*COMPONENTS.iterdir(), *COMPONENTS.parent.glob("templates/*.html")):
        assert not re.search(r"https?://", path.read_text(encoding="utf-8")), path.name


def test_solara_neither_reports_nor_advertises_nor_keeps_visitors_for_long():
    from solara.server import settings

    assert not settings.telemetry.mixpanel_enable
    assert not settings.theme.show_banner
    assert settings.kernel.cull_timeout == "2m"
    assert settings.session.secret_key != settings.SESSION_SECRET_KEY_DEFAULT


def test_a_thread_that_draws_a_page_soon_makes_way_for_a_run():
    assert sys.getswitchinterval() <= 0.001


def test_only_tabs_that_work_are_shown(monkeypatch):
    paths = {route.path.strip("/") for route in page.routes}
    assert {path for path, _ in TABS} == paths
    assert paths - {path for path, _ in tabs()} == {"results", "class"}
    monkeypatch.setenv(RESULTS, "somewhere")
    open_room("http://192.0.2.7:8765")
    assert tabs() == TABS
    close_room()


@pytest.mark.parametrize("path", sorted(COMPONENTS.glob("*.vue")), ids=lambda path: path.name)
def test_a_component_keeps_the_rules_that_vue_punishes(path):
    text = path.read_text(encoding="utf-8")
    assert "module.exports" in text
    for tag in re.findall(r"<[a-z][^>]*>", text):
        assert not ("v-if=" in tag and "v-for=" in tag), tag
    assert ("beforeDestroy" in text) == ("beforeUnmount" in text)


def test_every_class_of_the_style_sheets_is_that_of_something():
    files = [path for ending in ("py", "html", "vue", "js") for path in COMPONENTS.parent.rglob(f"*.{ending}")]
    # The tone of a verdict is the end of a class.
    texts = [*(path.read_text(encoding="utf-8") for path in files), "cv-better cv-worse cv-open cv-mixed"]
    used = set(re.findall(r"cv-[\w-]+", " ".join(texts)))
    styled = {
        name for path in COMPONENTS.glob("*.css") for name in re.findall(r"\.(cv-[\w-]+)", path.read_text("utf-8"))
    }
    assert styled - used == set()


def test_pages_without_a_run_are_drawn_without_a_browser():
    for element in (About(), Lessons(), *(Lessons(name, step) for name in lessons() for step in ("handout", "notes"))):
        _, context = solara.render(element, handle_error=False)
        context.close()


def test_the_command_line_loads_the_page_only_when_it_serves_it():
    code = "import sys, civicsim.cli.app; print([m for m in ('solara', 'uvicorn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
