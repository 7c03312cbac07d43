"""The page in a real browser: it paints, it answers, it stays at home, and everybody can use it.

Pictures of the pages go to the folder that the variable ``CIVICSIM_PICTURES`` names, otherwise nowhere. How fast the
page is gets printed (``pytest -n 0 -s tests/app/test_browser.py``) and is not asserted: it depends as much on the machine.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from civicsim.cli import main
from civicsim.model.measures import FLAGSHIP, MEASURES

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
FIRST = 300_000
"""Milliseconds until the first picture at most: the very first run is compiled."""
SOON = 60_000
PROJECTOR, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
TWENTY = "set=structure.n_teams%3D20"
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

if CHROMIUM is None:
    if os.environ.get("CIVICSIM_CI"):
        pytest.fail("no chromium: apt-get install chromium", pytrace=False)
    pytest.skip("the browser tests need chromium, which is not installed here", allow_module_level=True)

from playwright.sync_api import Browser, Locator, Page, sync_playwright  # noqa: E402

STUDY = """
question = "Do staff speak up more where blame is low and freedom high?"
styles = ["status-quo", "civic-culture"]
seeds = 3
weeks = 26
burn_in_weeks = 13
measures = "all"

[matters]
trust = 0.01

[factors]
fear = [0.1, 0.5, 0.9]
permission = [0.2, 0.8]
n_teams = 3
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the results of a study."""
    at = tmp_path_factory.mktemp("study")
    (at / "study.toml").write_text(STUDY, encoding="utf-8")
    assert main(["study", "run", str(at / "study.toml"), "--out", str(at / "results"), "--quiet"]) == 0
    return at / "results"


@pytest.fixture(scope="module")
def address(results: Path) -> Iterator[str]:
    """Serve the page as a user does, with the results of a study, and give its address."""
    with serving("--results", str(results)) as found:
        yield found


def serve(*options: str, port: str = "0") -> tuple[subprocess.Popen[str], str]:
    """Serve the page in a process of its own; return it and its address."""
    command = [sys.executable, "-m", "civicsim.cli", "app", "--port", port, "--no-open", *options]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    found = re.search(r"http://\S+", server.stdout.readline())
    assert found, "the server printed nothing"
    return server, found[0]


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """Serve the page while something is done, and give its address."""
    server, address = serve(*options)
    yield address
    server.terminate()
    server.stdout.close()
    server.wait(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield opened
        opened.close()


@pytest.fixture
def visit(address: str, browser: Browser):
    """Open pages as visitors of their own, and note every request and every error."""
    contexts, requests, errors = [], [], []

    def go(path: str, size: dict[str, int] = PROJECTOR, until: str = "", wait: int = FIRST) -> Page:
        context = browser.new_context(viewport=size, reduced_motion="reduce" if size is PHONE else "no-preference")
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(address + path)
        if until:
            page.wait_for_function(until, timeout=wait)
        return page

    yield go
    for context in contexts:
        context.close()
    own = urlsplit(address).netloc
    elsewhere = [
        url for url in requests if urlsplit(url).scheme in ("http", "https", "ws") and urlsplit(url).netloc != own
    ]
    assert requests
    assert elsewhere == []
    assert errors == []


PAINTED = "window.civicsim && window.civicsim.painted.count > 0"
BANDS = "window.civicsim && window.civicsim.bands && /-5$|-full/.test(window.civicsim.bands.stamp)"


def violations(page: Page) -> list[str]:
    """Return what axe-core finds against WCAG A and AA."""
    page.evaluate(AXE)
    found = page.evaluate(
        "axe.run(document, {runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}})"
    )
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found["violations"]]


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture of the window, small enough for a repository, if a folder is named."""
    folder = os.environ.get("CIVICSIM_PICTURES")
    if not folder:
        return
    import io

    from PIL import Image

    page.wait_for_timeout(600)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    small = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
    Path(folder).mkdir(parents=True, exist_ok=True)
    small.save(Path(folder) / f"app-{name}.png", optimize=True)


def lever(page: Page, name: str) -> Locator:
    return page.locator(f"#cv-lever-{name}")


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=False).first.click()


def test_every_page_is_accessible_and_asks_no_one_else(visit):
    """Every page, on a projector and on a telephone: painted, no violation of WCAG A and AA, no sideways scrolling."""
    pages = (
        ("start", "/", "document.querySelectorAll('.cv-opening').length === 3"),
        ("explore", f"/?{TWENTY}", PAINTED),
        ("compare", f"/compare?{TWENTY}", f"{PAINTED} && document.body.innerText.includes('matched runs')"),
        (
            "policy",
            f"/policy?{TWENTY}&style=compact",
            "window.civicsim && window.civicsim.bands && /-full/.test(window.civicsim.bands.stamp)",
        ),
        ("lessons", "/lessons", "document.querySelectorAll('.cv-tile').length >= 8"),
        ("lesson-read", "/lessons/voice-without-response", "document.querySelector('.cv-steps')"),
        (
            "lesson",
            "/lessons/voice-without-response/explain",
            f"{PAINTED} && document.body.innerText.includes('Could it be chance? 30')",
        ),
        ("handout", "/lessons/compact/handout", "document.body.innerText.includes('My guess')"),
        ("notes", "/lessons/compact/notes", "document.body.innerText.includes('Time plan')"),
        ("quiz", "/lessons/compact/quiz", "document.querySelector('.cv-quiz')"),
        ("make", "/lessons/own", "document.querySelector('.cv-maker')"),
        ("results", "/results", "document.body.innerText.includes('Analysis of variance')"),
        ("about", "/about", "document.querySelectorAll('tbody tr').length > 30"),
    )
    for name, path, until in pages:
        page = visit(path, until=until)
        if name == "explore":
            page.get_by_role("slider", name="Week on screen").fill("103")
            page.locator("canvas").first.focus()
            for key in ("ArrowRight", "ArrowDown", "ArrowRight", "ArrowDown"):
                page.keyboard.press(key)
            page.wait_for_selector(".cv-story li")
            page.evaluate("window.scrollTo(0, 0); document.activeElement.blur()")
        if name not in ("lesson-read", "handout", "notes", "quiz"):
            keep_picture(page, name)
        assert violations(page) == [], name
        assert page.locator("h1").first.bounding_box()["height"] > 15, f"{name} has no heading to be seen"
        page.emulate_media(color_scheme="dark")
        keep_picture(page, f"{name}-dark")
        assert violations(page) == [], f"{name}, dark"
        page.emulate_media(color_scheme="light")
        if name == "explore":
            # Underlined words lead to the history of an idea, and from there to its team.
            page.locator(".cv-story li button").first.click()
            page.wait_for_function("/^\\D+, team \\d+$/.test(document.querySelector('.cv-story h2').innerText)")
            assert page.evaluate("document.activeElement.tagName") == "H2"
            assert page.locator(".cv-story li").count() >= 1
            assert violations(page) == []
            press(page, "◂ Team")
            page.wait_for_function("/^Team/.test(document.querySelector('.cv-story h2').innerText)")
        page.set_viewport_size(PHONE)
        page.wait_for_timeout(150)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
        if name in ("explore", "start", "compare"):
            keep_picture(page, f"{name}-phone")
        # What a table says is in sight, without a column to be scrolled to.
        cells = page.locator(".cv-stack td[data-label=Verdict]")
        if name in ("compare", "results"):
            assert cells.count() > 4
        for k in range(min(3, cells.count())):
            cells.nth(k).scroll_into_view_if_needed()
            box = cells.nth(k).bounding_box()
            assert box is None or box["x"] + box["width"] <= PHONE["width"], name
        assert "Traceback" not in page.inner_text("body")


def test_a_visitor_plays_walks_and_changes_what_happens(visit):
    page = visit(f"/?{TWENTY}&set=levers.fear=9&seed=2", until=PAINTED)
    assert "The link sets “Fear of blame” to 9; 1 is used." in page.inner_text(".cv-note")
    canvas = page.locator("canvas").first
    week = page.get_by_role("slider", name="Week on screen")
    # Space plays, and nothing is sent while it plays.
    canvas.focus()
    page.keyboard.press(" ")
    page.wait_for_function("window.civicsim.week > 5")
    page.keyboard.press(" ")
    page.keyboard.press("Home")
    page.keyboard.press(".")
    assert week.input_value() == "1"
    # Arrows walk from person to person; Enter tells of the team.
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".cv-story h2:not(:has-text('Every person'))")
    first = page.inner_text(".cv-story h2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("document.querySelector('.cv-story h2').innerText !== " + repr(first))
    page.keyboard.press("Enter")
    page.wait_for_function("/^Team/.test(document.querySelector('.cv-story h2').innerText)")
    # A table shows the same as the picture.
    press(page, "Teams as table")
    assert page.locator("tbody tr").count() == 20
    # A lever, then an event on the week on screen, both end up in the address.
    count = page.evaluate("window.civicsim.painted.count")
    lever(page, "invitation").fill("0.9")
    page.wait_for_function(f"window.civicsim.painted.count > {count}", timeout=SOON)
    # The note on the link has gone, and nothing else: the team's story is still told, on the week on screen.
    assert page.locator(".cv-note").count() == 0
    assert page.inner_text(".cv-story h2").startswith("Team")
    assert week.input_value() == "1"
    week.fill("60")
    press(page, "Add in the week on screen")
    page.wait_for_function(f"window.civicsim.painted.count > {count + 1}", timeout=SOON)
    assert "levers.invitation%3D0.9" in page.url
    assert "surge" in page.url
    assert week.input_value() == "60"
    with page.expect_download() as file:
        press(page, "Scenario file")
    text = Path(file.value.path()).read_text(encoding="utf-8")
    assert "invitation = 0.9" in text
    assert 'name = "surge"' in text


def drawn(page: Page) -> int:
    """Return the longest of the lines in the chart, in characters."""
    return page.evaluate(
        "Math.max(...[...document.querySelectorAll('.cv-paths path')].map(p => (p.getAttribute('d') || '').length))"
    )


def test_a_story_plays_from_the_start_and_keeps_what_was_before_a_change(visit):
    page = visit("/", until="document.querySelectorAll('.cv-opening').length === 3")
    page.get_by_role("link", name="Play: Two hard years").click()
    page.wait_for_function("window.civicsim.week > 30", timeout=FIRST)
    assert "/explore?" in page.url
    assert page.inner_text("h1") == "Two hard years"
    press(page, "Pause")
    early, at = drawn(page), page.evaluate("window.civicsim.week")
    # Lines end in the week on screen; what has happened by then is told, and nothing later.
    page.get_by_role("slider", name="Week on screen").fill("160")
    page.wait_for_function("document.querySelector('.cv-told').innerText.includes('Hard regime ends')")
    assert drawn(page) > 1.5 * early
    told = [int(week) for week in re.findall(r"^Week (\d+)", page.inner_text(".cv-told"), re.M)]
    assert told
    assert max(told) <= 161
    assert at < 160
    # A lever leaves the line before it as a ghost, and the axis as it was.
    axis = "[...document.querySelectorAll('.cv-paths text')].filter(t => /^\\d+ %$/.test(t.textContent.replace(/\u00a0/g, ' '))).map(t => t.textContent + t.getAttribute('y')).join()"
    before, ghosts = page.evaluate(axis), page.locator(".cv-paths path[stroke-dasharray='1 3']")
    assert "80" in before
    assert ghosts.count() == 0
    count = page.evaluate("window.civicsim.painted.count")
    lever(page, "invitation").fill("0.9")
    page.wait_for_function(f"window.civicsim.painted.count > {count}", timeout=SOON)
    assert ghosts.count() == 4
    assert page.evaluate(axis) == before
    # While a lever for hours is dragged, its minutes are told, and those of the others.
    page.evaluate(
        "(e) => { e.value = 9; e.dispatchEvent(new Event('input')); }", lever(page, "weight_response").element_handle()
    )
    minutes = page.locator("label[for=cv-lever-weight_response] b")
    page.wait_for_function("document.querySelector('label[for=cv-lever-weight_response] b').innerText !== '11 min'")
    assert re.fullmatch(r"\d+ min", minutes.inner_text())
    groups = page.get_by_label("Event", exact=True).locator("optgroup").evaluate_all("all => all.map(one => one.label)")
    assert groups == ["Happens to you", "You decide"]


def test_pictures_carry_what_they_show(visit):
    page = visit(f"/policy?{TWENTY}&style=compact&seed=3", until=BANDS)
    with page.expect_download() as file:
        page.get_by_role("button", name="Save Burnout as a picture").click()
    text = Path(file.value.path()).read_text(encoding="utf-8")
    assert "<title>Burnout</title>" in text
    assert "var(--" not in text
    read = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    for words in ("In %", "Paired difference, last year", "seeds from 3", "300 staff", "matched runs"):
        assert words in read, words


def test_a_page_comes_back_by_itself_after_its_server_was_killed(browser):
    server, address = serve()
    try:
        page = browser.new_page()
        page.goto(f"{address}/lessons/two-regimes/predict?set=levers.fear%3D0.9")
        page.locator("main input[type=range]").fill("0.2")
        press(page, "Next: run")
        page.wait_for_function(PAINTED, timeout=FIRST)
        page.get_by_role("slider", name="Week on screen").fill("70")
        page.evaluate("window.old = true")
        server.kill()
        server.wait()
        page.get_by_text("connects again by itself").wait_for(timeout=SOON)
        server.stdout.close()
        server, _ = serve(port=str(urlsplit(address).port))
        began = time.perf_counter()
        page.wait_for_function(f"!window.old && {PAINTED} && window.civicsim.week === 70", timeout=SOON)
        print(f"back {time.perf_counter() - began:.1f} s after the server")
        assert "Your guess: 20\u00a0%" in page.inner_text("main")
        assert "levers.fear%3D0.9" in page.url
        assert "/lessons/two-regimes/run" in page.url
        page.close()
    finally:
        server.kill()
        server.stdout.close()
        server.wait()


def test_two_visitors_never_see_each_other(visit):
    one = visit(f"/?{TWENTY}&style=compact", until=PAINTED)
    two = visit(f"/?{TWENTY}", until=PAINTED)
    lever(two, "fear").fill("0.9")
    two.wait_for_function("window.civicsim.painted.count > 1", timeout=SOON)
    assert "levers.fear%3D0.9" in two.url
    assert "fear" not in one.url
    assert lever(one, "fear").input_value() == "0.2"


def test_a_lesson_is_read_predicted_run_and_explained(visit):
    page = visit("/lessons", until="document.querySelectorAll('.cv-tile').length >= 8")
    page.get_by_role("link", name="Voice without response").click()
    press(page, "Next: predict")
    page.wait_for_selector(".cv-guess")
    page.locator("main input[type=range]").fill("0.8")
    page.wait_for_selector(".cv-guess:has-text('80 %')")
    press(page, "Next: run")
    page.wait_for_function(PAINTED, timeout=SOON)
    assert "Your guess: 80\u00a0%" in page.inner_text("main")
    press(page, "Week 52")
    page.wait_for_function("window.civicsim.week === 51")
    press(page, "Next: explain")
    page.wait_for_function(
        "(document.querySelector('.cv-note') || document.body).innerText.includes('runs with different seeds')",
        timeout=SOON,
    )
    assert "you guessed 80\u00a0%" in page.inner_text(".cv-note")
    assert page.url.endswith("/lessons/voice-without-response/explain")


def test_a_policy_is_answered_and_its_troubles_are_looked_for(visit):
    page = visit("/policy?set=structure.n_teams%3D2", until=BANDS)
    assert "This is the baseline" in page.inner_text(".cv-headline")
    lever(page, "weight_response").fill("8")
    page.wait_for_function(
        "/Largest gain: [^→]+ [\\d.]+ → [\\d.]+/.test(document.querySelector('.cv-headline').innerText)", timeout=SOON
    )
    page.get_by_label("Event", exact=True).select_option("scandal")
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_function("document.body.innerText.includes('Also happens in the baseline: Scandal')", timeout=SOON)
    with page.expect_download() as file:
        press(page, "Report (HTML)")
    assert file.value.suggested_filename == "report-status-quo.html"
    assert "compared with current practice" in Path(file.value.path()).read_text(encoding="utf-8")
    press(page, "Search for failures")
    page.wait_for_function(
        "/[0-9]+ conditions, each alone in 30 matched runs/.test(document.body.innerText)", timeout=SOON
    )
    assert len(page.locator("section:has-text('Where could this go wrong?') li").all()) <= 8


def test_a_point_of_a_study_opens_in_explore(visit):
    page = visit("/results", until="document.querySelectorAll('tbody tr').length >= 12")
    page.get_by_role("button", name="Open point 5 in Explore").click()
    page.wait_for_function(PAINTED, timeout=SOON)
    assert "3 teams of 15" in page.inner_text("figcaption")
    assert lever(page, "fear").input_value() == "0.9"


def test_measures_of_a_study_stand_alone_until_all_are_asked_for(visit):
    page = visit("/results", until="document.querySelectorAll('tbody tr').length >= 12")
    measure = page.locator("select").first

    def offered() -> list[str]:
        return measure.locator("option").evaluate_all("all => all.map(one => one.value)")

    flagship = [name for name in MEASURES if name in FLAGSHIP and name != "trust"]
    assert measure.input_value() == "trust"
    assert offered() == ["trust", *flagship]
    every = page.get_by_label(f"All {len(MEASURES)} measures")
    every.check()
    assert sorted(offered()) == sorted(MEASURES)
    measure.select_option("hours_spent_reporting")
    page.get_by_text("hours a week per person").first.wait_for(timeout=SOON)
    every.uncheck()
    assert offered() == ["trust", *flagship, "hours_spent_reporting"]


def test_the_brief_of_a_study_is_accessible_stays_at_home_and_prints_on_a_few_pages(results, browser, tmp_path):
    html, pdf = tmp_path / "brief.html", tmp_path / "brief.pdf"
    for target in (html, pdf):
        assert main(["study", "report", str(results), "--out", str(target)]) == 0
    page, requests = browser.new_page(viewport=PROJECTOR), []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(html.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert violations(page) == []
    page.close()
    assert requests == [html.as_uri()]
    printed = pdf.read_bytes()
    assert printed.startswith(b"%PDF-")
    assert 1 < len(re.findall(rb"/Type\s*/Page\b", printed)) < 10


def test_a_link_that_names_a_file_is_answered_in_a_sentence(visit, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    event = quote(json.dumps([{"name": str(tmp_path / "pyproject.toml"), "week": 3}]))
    page = visit(
        f"/about?kind={tmp_path}/pyproject.toml&interventions={event}", until="document.querySelector('.cv-note')"
    )
    notes = page.inner_text(".cv-note")
    assert notes.count("\n") == 1
    assert "a kind “" in notes
    assert "An event of the link is left out: no shock or intervention" in notes
    assert "Traceback" not in page.inner_text("body")


def test_a_page_behind_a_proxy_stays_under_its_path(browser):
    with serving("--root-path", "/here/it-is") as address:
        page = browser.new_page()
        page.goto(f"{address}/lessons")
        page.locator(".cv-tile").first.click()
        page.wait_for_selector(".cv-steps")
        name = urlsplit(page.url).path
        assert name.startswith("/here/it-is/lessons/")
        page.reload()
        page.wait_for_selector(".cv-steps")
        page.go_back()
        page.wait_for_selector(".cv-tile")
        assert urlsplit(page.url).path == "/here/it-is/lessons"
        page.close()


def test_a_page_of_another_origin_learns_nothing(visit, browser, address):
    """A page under another name of the same server stands for any page on the web that a user has open."""
    page = visit("/about", until="document.querySelectorAll('tbody tr').length > 30")
    assert "solara" not in page.evaluate("document.cookie")
    other = browser.new_page()
    other.goto(address.replace("127.0.0.1", "localhost") + "/static/assets/style.css")
    tries = """async (at) => {
        const socket = new WebSocket(at.replace("http", "ws") + "/jupyter/api/kernels/nothing/channels?session_id=x");
        const opened = await new Promise((answer) => { socket.onopen = () => answer(true); socket.onerror = () => answer(false); });
        const sent = await fetch(at + "/_solara/api/close/nothing?session_id=x", {method: "POST"}).then(() => true, () => false);
        return [opened, sent];
    }"""
    assert other.evaluate(tries, address) == [False, False]
    assert other.evaluate(tries, address.replace("127.0.0.1", "localhost")) == [True, True]
    framed = "(at) => new Promise((answer) => { const f = document.createElement('iframe'); f.src = at; f.onload = () => answer(f.contentDocument === null); document.body.append(f); })"
    assert other.evaluate(framed, address.replace("127.0.0.1", "localhost"))
    other.close()


def test_how_fast_the_page_is(visit):
    """Print times; only that there are answers is asserted. ``python -m benchmarks.page`` measures more, and longer."""
    notes = []
    for staff, teams in ((300, 20), (600, 40)):
        page = visit(f"/?set=structure.n_teams%3D{teams}", until=PAINTED)
        times = []
        for k in range(3):
            count = page.evaluate("window.civicsim.painted.count")
            lever(page, "fear").fill(str(0.5 + 0.1 * k))
            page.wait_for_function(f"window.civicsim.painted.count > {count}", timeout=SOON)
            times.append(page.evaluate("window.civicsim.painted.at - window.civicsim.released"))
        size = page.evaluate("window.civicsim.painted.bytes[0]")
        press(page, "▶ Play")
        frames = page.evaluate("window.civicsim.frames")
        begun = time.perf_counter()
        page.wait_for_timeout(1200)
        rate = (page.evaluate("window.civicsim.frames") - frames) / (time.perf_counter() - begun)
        assert rate > 1
        # What still plays would take time from what is measured next.
        page.close()
        notes.append(
            f"{staff} staff: lever to painted {statistics.median(times):.0f} ms, {size} bytes, {rate:.0f} frames a second"
        )
    page = visit(
        f"/policy?{TWENTY}",
        until="window.civicsim && window.civicsim.bands && /-30$/.test(window.civicsim.bands.stamp)",
    )
    lever(page, "fear").fill("0.6")
    for runs in (5, 30):
        page.wait_for_function(
            f"/-{runs}$/.test(window.civicsim.bands.stamp) && window.civicsim.bands.at > window.civicsim.released",
            timeout=SOON,
        )
        notes.append(
            f"300 staff: {runs} runs painted {page.evaluate('window.civicsim.bands.at - window.civicsim.released'):.0f} ms after the lever"
        )
    print("\n" + "\n".join(notes))
