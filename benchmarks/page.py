"""How fast the page is: ``python -m benchmarks.page`` serves it, visits it with chromium and prints what it measured.

From a lever's release to the new run painted and to bands over five years, frames a second, bytes per run, a class of
visitors at once, and where the server's time goes. The last is in processor time, which is the same on a busy machine;
all else wants an idle one. ``--only answer,bands,frames,class,server`` measures some of it; ``--quick`` little.
``--only changes`` changes the page five hundred times in one tab, and fails if its heap has grown by more than 30 MB.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from civicsim.scenario.scenario import Scenario

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PAINTED = "window.civicsim && window.civicsim.painted.count > 0"
FIRST, LONG = 300_000, 20_000
"""Milliseconds to wait at most: for the very first run, which may have to be compiled, and for any other."""
PLACES = (
    ("Start", "document.querySelectorAll('.cv-opening').length > 0"),
    ("Explore", "document.querySelectorAll('.cv-player canvas').length === 1"),
    ("Policy simulator", "document.querySelectorAll('.cv-charts svg').length > 0"),
    ("Compare", "document.querySelectorAll('.cv-player canvas').length > 1"),
    ("Lessons", "document.querySelectorAll('a.cv-tile[data-path^=\"lessons/\"]').length > 0"),
    ("About", "document.querySelectorAll('tbody tr').length > 30"),
)
"""Tabs of the page, and what is there once each has come: true or false, as an element that is answered stays in memory."""
TEAMS = {300: 20, 600: 40, 3_000: 200}
"""Teams of 15 that make so many staff."""
CLASS = 25
CHANGES, GROWTH = 500, 30.0
"""Page changes in one tab, and MB by which its heap may grow over them."""


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """Serve the page; give its address and the number of the process."""
    command = [sys.executable, "-m", "civicsim.cli", "app", "--port", "0", "--no-open"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    found = re.search(r"http://\S+", server.stdout.readline())
    if found is None:
        raise SystemExit("the server printed nothing")
    try:
        yield found[0], server.pid
    finally:
        server.terminate()
        server.wait(30)


def report(label: str, values: list[float], unit: str = "ms") -> None:
    """Print the median and the 95th percentile."""
    middle, late = np.percentile(values, [50, 95])
    print(f"{label}: median {middle:.0f} {unit}, 95th percentile {late:.0f} {unit} (n = {len(values)})", flush=True)


def wait(page: Any, until: str, at_most: int = LONG) -> None:
    """Wait until a condition is true on a page, and report a condition that never was."""
    from playwright.sync_api import TimeoutError as TooLong

    try:
        page.wait_for_function(until, timeout=at_most)
    except TooLong:
        raise SystemExit(f"{page.url}: waited {at_most / 1000:.0f} s in vain for: {until}") from None


def visit(browser: Any, path: str, until: str = PAINTED) -> Any:
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.goto(path, timeout=LONG)
    wait(page, until, FIRST)
    return page


def settings(repeats: int, names: tuple[str, ...] = ("fear", "invitation", "permission")) -> list[tuple[str, str]]:
    """Return levers and where to move them: each time elsewhere, as one that is let go where it stood asks for nothing."""
    levers = Scenario.preset().levers
    moves = [(name, f"{0.05 * (1 + 7 * k % 18):.2f}") for k in range(18) for name in names]
    return [(name, value) for name, value in moves if float(value) != getattr(levers, name)][:repeats]


def answer(browser: Any, address: str, repeats: int) -> None:
    for staff in (300, 600):
        page = visit(browser, f"{address}/?set=structure.n_teams%3D{TEAMS[staff]}")
        times = []
        for name, value in settings(repeats):
            count = page.evaluate("window.civicsim.painted.count")
            page.locator(f"#cv-lever-{name}").fill(value)
            wait(page, f"window.civicsim.painted.count > {count}")
            times.append(page.evaluate("window.civicsim.painted.at - window.civicsim.released"))
        report(f"{staff} staff, five years: lever released to painted", times)
        print(f"{staff} staff: {page.evaluate('window.civicsim.painted.bytes[0]')} bytes a run", flush=True)
        page.context.close()


def bands(browser: Any, address: str, repeats: int) -> None:
    at = "window.civicsim && window.civicsim.bands && /-({})(-full)?(-drawn)?$/.test(window.civicsim.bands.stamp)"
    for staff in (300, 600):
        page = visit(browser, f"{address}/policy?set=structure.n_teams%3D{TEAMS[staff]}", at.format("30|90"))
        # The first answer may be overtaken by the second, and that by one of more runs.
        times: dict[str, list[float]] = {"5|30|90": [], "30|90": []}
        for name, value in settings(repeats):
            page.locator(f"#cv-lever-{name}").fill(value)
            for runs, kept in times.items():
                wait(page, f"{at.format(runs)} && window.civicsim.bands.at > window.civicsim.released")
                kept.append(page.evaluate("window.civicsim.bands.at - window.civicsim.released"))
        for runs, kept in times.items():
            report(f"{staff} staff, five years: lever released to bands of {runs.partition('|')[0]} runs", kept)
        page.context.close()


def frames(browser: Any, address: str, repeats: int) -> None:
    for staff, teams in TEAMS.items():
        page = visit(browser, f"{address}/?style=civic-culture&set=structure.n_teams%3D{teams}")
        page.get_by_role("button", name="▶ Play").click()
        page.wait_for_timeout(500)
        before = page.evaluate("[window.civicsim.frames, performance.now()]")
        page.wait_for_timeout(4_000)
        after = page.evaluate("[window.civicsim.frames, performance.now()]")
        rate = 1_000 * (after[0] - before[0]) / (after[1] - before[1])
        print(
            f"{staff} staff: {rate:.0f} frames a second, {page.evaluate('window.civicsim.painted.bytes[0]')} bytes a run",
            flush=True,
        )
        page.context.close()


def resident(pid: int) -> float:
    """Return the memory of a process in MiB."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024  # type: ignore[index]


def classroom(browser: Any, address: str, pid: int, visitors: int) -> None:
    """Let a class come, and everybody move a lever of their own at the same moment."""
    print(f"server before: {resident(pid):.0f} MiB", flush=True)
    pages = [visit(browser, f"{address}/?set=structure.n_teams%3D20&seed={k + 1}") for k in range(visitors)]
    print(f"server with {visitors} visitors: {resident(pid):.0f} MiB", flush=True)
    moves = settings(10, ("fear",))
    for k, page in enumerate(pages):
        page.locator("#cv-lever-fear").fill(moves[k % 10][1])
    times = []
    for page in pages:
        wait(page, "window.civicsim.painted.count > 1")
        times.append(page.evaluate("window.civicsim.painted.at - window.civicsim.released"))
    report(f"{visitors} visitors at once: lever released to painted", times)
    print(f"slowest {max(times):.0f} ms; server afterwards: {resident(pid):.0f} MiB", flush=True)
    for page in pages:
        page.context.close()


def changes(browser: Any, address: str, n: int) -> None:
    """Go from page to page in one tab, and report its heap after rubbish has been collected."""
    page = visit(browser, f"{address}/explore?set=structure.n_teams%3D20")
    protocol = page.context.new_cdp_session(page)

    def heap() -> float:
        protocol.send("HeapProfiler.collectGarbage")
        return float(protocol.send("Runtime.getHeapUsage")["usedSize"]) / 1e6

    def change(k: int) -> None:
        name, until = PLACES[k % len(PLACES)]
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=name, exact=True).click()
        wait(page, until)

    for k in range(2 * len(PLACES)):
        change(k)
    start = heap()
    print(f"heap before: {start:.1f} MB", flush=True)
    for k in range(n):
        change(k)
        if (k + 1) % max(1, n // 5) == 0:
            print(f"heap after {k + 1} page changes: {heap():.1f} MB", flush=True)
    grown = heap() - start
    page.context.close()
    if grown > GROWTH:
        raise SystemExit(
            f"the heap has grown by {grown:.1f} MB over {n} page changes; at most {GROWTH:.0f} are allowed"
        )


def server(repeats: int) -> None:
    """Print where the server's processor time goes for one run that is played."""
    from civicsim.app import history, work
    from civicsim.app.pages import policy
    from civicsim.experiment.run import begin, burn_in, run

    spent: dict[str, float] = {}

    def timed(name: str, do: Callable[..., Any]) -> Callable[..., Any]:
        def timing(*args: Any, **keywords: Any) -> Any:
            began = time.process_time()
            result = do(*args, **keywords)
            spent[name] = spent.get(name, 0.0) + time.process_time() - began
            return result

        return timing

    for staff in (300, 600):
        scenario = Scenario.preset().with_(n_teams=TEAMS[staff])
        start = burn_in(scenario, 1)
        history.play_through(scenario.with_(weeks=4), start)
        spent.clear()
        kept = history.advance, history.trace, history.arrange
        history.advance = timed("weeks of the model", kept[0])
        history.trace = timed("ideas from the event log", kept[1])
        history.arrange = timed("places on the canvas", kept[2])
        try:
            for k in range(repeats):
                changed = scenario.with_(fear=0.1 + 0.05 * k)
                timed("burn-in (once per organisation and seed)", burn_in)(changed, 1)
                before = spent.get("all", 0.0)
                played = timed("all", history.play_through)(changed, start)
                inside = spent["all"] - before
                spent["living, in all"] = spent.get("living, in all", 0.0) + inside
                timed("packing (differences, gzip, base64)", lambda played=played: played.packed)()
                timed("time paths", lambda played=played: played.paths)()
                timed("the same run at once (many weeks a call)", run)(changed, 1, start=begin(start, changed))
                timed("key of the cache (digest)", lambda changed=changed: changed.digest)()
        finally:
            history.advance, history.trace, history.arrange = kept
        spent.pop("all")
        choices = [scenario.with_(fear=0.12 + 0.05 * k) for k in range(repeats + 1)]
        work.batch(choices.pop(), work.MANY)
        began = time.process_time()
        answers = [policy.answer(one, work.Matched((work.batch(one, work.MANY),), work.MANY)) for one in choices]
        each = 1000 * (time.process_time() - began) / repeats
        print(
            f"{staff} staff, five years, bands of {work.MANY} runs: {each:.0f} ms of processor time ({len(answers[0]['charts'])} charts)",
            flush=True,
        )
        parts = ("weeks of the model", "ideas from the event log", "places on the canvas")
        spent["copying weeks"] = spent["living, in all"] - sum(spent.get(name, 0.0) for name in parts)
        total = spent["living, in all"] + spent["packing (differences, gzip, base64)"] + spent["time paths"]
        print(f"{staff} staff, five years, processor time of one answer ({1000 * total / repeats:.0f} ms):", flush=True)
        for name, seconds in sorted(spent.items(), key=lambda item: -item[1]):
            print(f"  {name}: {1000 * seconds / repeats:.1f} ms ({seconds / total:.0%})", flush=True)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description="Measure how fast the page is.")
    parser.add_argument("--only", default="server,answer,bands,frames,class", help="some parts, with commas between")
    parser.add_argument("--quick", action="store_true", help="little, to see that it works")
    given = parser.parse_args(words)
    parts, repeats = given.only.split(","), 3 if given.quick else 18
    if "server" in parts:
        server(2 if given.quick else 5)
    if set(parts) <= {"server"}:
        return 0
    if CHROMIUM is None:
        parser.error("chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, served() as (address, pid):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, do in (("answer", answer), ("bands", bands), ("frames", frames)):
            if name in parts:
                do(browser, address, repeats)
        if "changes" in parts:
            changes(browser, address, 20 if given.quick else CHANGES)
        if "class" in parts:
            classroom(browser, address, pid, 5 if given.quick else CLASS)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
