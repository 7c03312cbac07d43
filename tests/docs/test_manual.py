"""The manual builds without a warning or a connection, and opens without one. The cells of its notebooks run in test_blocks.py."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import civicsim as cs

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.md"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\ssrc="(?:https?:)?//|<link\b[^>]*\shref="(?:https?:)?//|@import|url\(["']?(?:https?:)?//"""
)
"""What a browser would fetch from elsewhere when it opens a page."""


def test_the_manual_builds_strictly_and_opens_offline(tmp_path):
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", "docs", ".", str(tmp_path / "manual")]
    command += ["-D", "nb_execution_mode=off", "-D", "suppress_warnings=myst-nb.lexer"]
    offline = {**os.environ, "no_proxy": "", "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    built = subprocess.run(
        [*command, "-d", str(tmp_path / "trees")], cwd=ROOT, env=offline, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr[-4000:]
    pages = {
        page.relative_to(tmp_path / "manual").as_posix(): page.read_text("utf-8") for page in tmp_path.rglob("*.html")
    }
    assert [name for name, page in pages.items() if FETCHED.search(page)] == []
    sheets = [sheet.read_text("utf-8") for sheet in tmp_path.rglob("*.css")]
    assert not any(re.search(r"url\([\"']?(https?:)?//", sheet) for sheet in sheets)
    assert len(NOTEBOOKS) == 6
    assert all("cell_input" in pages[f"docs/notebooks/{notebook.stem}.html"] for notebook in NOTEBOOKS)
    assert 'id="civicsim.compare"' in pages["docs/reference.html"]
    if CHROMIUM is None:
        assert not os.environ.get("CIVICSIM_CI"), "no chromium: apt-get install chromium"
        return
    assert found_by_search(tmp_path / "manual" / "index.html", "regret", "Studies: batch experiments") == []


def found_by_search(page, words, title):
    """Open a page from its folder, search from there until a title is found, and return the requests to elsewhere."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        tab, outside = browser.new_page(), []
        tab.on(
            "request",
            lambda request: outside.append(request.url) if not request.url.startswith(("file:", "data:")) else None,
        )
        tab.goto(page.as_uri())
        tab.wait_for_url("**/docs/index.html")
        tab.locator("input[name=q]").first.fill(words)
        tab.keyboard.press("Enter")
        # Titles are shown one after the other.
        tab.locator("ul.search li a").get_by_text(title, exact=True).first.wait_for()
        browser.close()
    return outside


def test_every_public_name_is_in_the_reference_once():
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\.\. auto\w+:: (\w+)$", text, flags=re.MULTILINE) + re.findall(r"`cs\.([A-Z]+)`", text)
    assert sorted(documented) == sorted({*cs.__all__, *dir(cs)} - {"__version__"})


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_plain_text_without_results_in_its_sentences(notebook):
    """Numbers about styles come from cells, so that no sentence outlives what it reports."""
    sentences = re.sub(
        r"```.*?```|^---.*?^---", "", notebook.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    assert re.findall(r"\d+(?:\.\d+)? ?(?:%|per cent|points)|[+−-]?0?\.\d+", sentences) == []
