"""One organisation, one number: ``python -m benchmarks.same_numbers`` opens ten links at 300, 600 and 3,000 staff.

For each link it reads the policy simulator in a browser, its CSV and its report, runs ``civicsim compare`` on the two scenarios
that the report holds, and names every number that is not the same to the last digit. ``--staff 300 --links 1-2`` checks some.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import html
import io
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.page import ARGUMENTS, CHROMIUM, served
from civicsim.app.words import COMPARED, label_of
from civicsim.cli import main as civicsim
from civicsim.experiment.wording import scale_of
from civicsim.model.measures import MEASURES

SURGE = '[{"name": "surge", "week": 30}]'
LINKS: tuple[dict[str, Any], ...] = (
    {"style": "compact"},
    {"style": "civic-culture", "seed": 77},
    {"set": ["levers.fear=0.1"]},
    {"set": ["levers.fear=0.9", "levers.invitation=0.8"]},
    {"set": ["levers.weight_protected=4"]},
    {"style": "command", "weeks": 78},
    {"style": "compact", "kind": "mental-health-community"},
    {"set": ["levers.permission=0.8"], "interventions": SURGE},
    {"style": "targets-through-fear", "set": ["population.alignment_mean=0.6"]},
    {"style": "qi-programme", "burn_in_weeks": 39},
)
"""What is chosen, as the query of a link has it; weeks are few, because what is compared is how numbers are made."""
FULL = (
    "window.civicsim && window.civicsim.bands && /-full/.test(window.civicsim.bands.stamp) "
    "&& !document.body.innerText.includes('so far ')"
)
"""The charts have the full answer, and so has everything else: parts of a page change one after the other."""
PATIENCE = 1_800_000


def query_of(link: dict[str, Any], staff: int) -> str:
    """Return the query of a link for an organisation of so many staff."""
    size = 12 if "mental" in link.get("kind", "") else 15
    sets = [*link.get("set", ()), f"structure.n_teams={staff // size}"]
    return "?" + urlencode({"weeks": 52, "burn_in_weeks": 26} | link | {"set": sets}, doseq=True)


def as_printed(text: str, factor: float) -> str:
    """Return numbers of the command line, with their digits, in the unit of readers: 0.610 as 61.0 where these are per cents."""

    def scaled(found: re.Match[str]) -> str:
        sign, digits = found[1], found[2]
        return f"{sign}{Decimal(digits).scaleb(2 if factor == 100.0 else 0):f}"

    return re.sub(r"([+−]?)(\d[\d.]*)", scaled, text)


def differences(page: Any, address: str, query: str, folder: Path) -> Iterator[str]:
    """Yield every number of a link that page, CSV, report and command line do not print alike."""
    page.goto(f"{address}/policy{query}", timeout=PATIENCE)
    page.wait_for_function(FULL, timeout=PATIENCE)
    gains = _items(page)
    captions = page.eval_on_selector_all(".cv-charts figcaption", "all => all.map(one => one.innerText)")
    report, table = (_downloaded(page, words) for words in ("Report (HTML)", "Data (CSV)"))
    files = [folder / name for name in ("baseline.toml", "yours.toml")]
    for file, text in zip(files, re.findall(r"<pre>(.*?)</pre>", report, re.DOTALL), strict=True):
        file.write_text(html.unescape(text), encoding="utf-8")
    words = ["compare", *map(str, files), "--baseline", str(files[0])]
    for name in COMPARED:
        words += ["--measure", name]
    found = {(row["measure"], row["style"]): row for row in json.loads(_printed([*words, "--json"]))["table"]}
    # The same numbers again, and so no rule to ask.
    runs = max(row["n"] for row in found.values())
    printed = _blocks(_printed([*words, "--seeds", str(runs)]))
    in_file = {row["measure"]: row for row in csv.DictReader(line for line in table.splitlines() if line[:1] != "#")}
    in_report = _rows(report)
    for name in COMPARED:
        label, about = label_of(name), MEASURES[name]
        scale = scale_of(about.unit)
        base, yours = (
            [as_printed(cell, scale.factor) for cell in printed[about.label][side]] for side in ("baseline", "yours")
        )
        shown = f"{base[0]} → {yours[0]}{scale.unit} ({yours[1]})"
        if not gains.get(label, "").startswith(f"{shown}; "):
            yield f"{name}: the page has {gains.get(label)!r}, the command line {shown!r}"
        chart = [text for text in captions if text.startswith(label + "\n")]
        if not all(shown in _plain(text) for text in chart):
            yield f"{name}: a caption has {chart!r}, the command line {shown!r}"
        cells = in_report[label]
        difference = f"{yours[2]}{scale.points} ({yours[3]})"
        unit = scale.unit if scale.factor > 1.0 else ""
        means = [f"{mean}{unit} {between}" for mean, between, *_ in (base, yours)]
        expected = [*means, difference, str(found[name, "yours"]["n"])]
        have = [cells[0], cells[1], cells[2].partition(" median")[0], cells[4]]
        if have != expected and not (have[2] == "no difference" and found[name, "yours"]["difference"] == 0.0):
            yield f"{name}: the report has {have!r}, the command line {expected!r}"
        for column, value in _columns(found, name).items():
            if repr(float(in_file[name][column] or "nan")) != repr(float("nan" if value is None else value)):
                yield f"{name}: the CSV has {column} {in_file[name][column]}, the command line {value!r}"


def _items(page: Any) -> dict[str, str]:
    """Return the list of gains and costs by label."""
    texts = map(_plain, page.eval_on_selector_all(".cv-halves li", "all => all.map(one => one.innerText)"))
    return {
        label_of(name): text.removeprefix(f"{label_of(name)}: ")
        for text in texts
        for name in COMPARED
        if text.startswith(f"{label_of(name)}: ")
    }


def _plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").replace("\u2060", "").split())


def _downloaded(page: Any, words: str) -> str:
    with page.expect_download(timeout=PATIENCE) as file:
        page.get_by_role("button", name=words).click()
    return Path(file.value.path()).read_text(encoding="utf-8")


def _printed(words: list[str]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = civicsim([*words, "--quiet"])
    if code != 0:
        raise SystemExit(f"civicsim {' '.join(words)}: exit code {code}")
    return out.getvalue()


def _blocks(text: str) -> dict[str, dict[str, list[str]]]:
    """Return mean, interval, difference and interval of each scenario by label of the measure, as a terminal shows them."""
    blocks: dict[str, dict[str, list[str]]] = {}
    label = ""
    for line in text.splitlines():
        if heading := re.match(r"(\S.*?) \([^()]*(?:\([^()]*\))?[^()]*\)$", line):
            label = heading[1]
        elif row := re.match(r" (baseline|yours)\s+(?:\(\d+ runs?\) )?(\S+) \((.*?)\)(?:\s+(\S+) \((.*?)\))?", line):
            blocks.setdefault(label, {})[row[1]] = [cell or "" for cell in row.groups()[1:]]
    return blocks


def _rows(report: str) -> dict[str, list[str]]:
    """Return the cells of each measure in a report, by its label."""
    rows = {}
    for row in re.findall(r"<tr><th scope=\"row\".*?</tr>", report):
        head, *cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
        texts = [" ".join(html.unescape(cell.replace("<br>", " ")).split()) for cell in cells]
        rows[html.unescape(head.partition("<br>")[0])] = texts
    return rows


def _columns(found: dict[tuple[str, str], dict[str, Any]], name: str) -> dict[str, Any]:
    """Return what the command line gives for each column of numbers of the CSV."""
    base, yours = found[name, "baseline"], found[name, "yours"]
    columns = {"runs": yours["n"]}
    for side, row in (("baseline", base), ("yours", yours)):
        columns |= {f"{side}{end}": row[f"mean{end}"] for end in ("", "_low", "_high")}
    kinds = ("", "_low", "_high", "_median", "_q25", "_q75", "_share_higher", "_share_lower", "_share_equal")
    return columns | {f"difference{kind}": yours[f"difference{kind}"] for kind in kinds}


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.same_numbers", description="Compare what one link prints."
    )
    parser.add_argument("--staff", default="300,600,3000", help="sizes, with commas between")
    parser.add_argument("--links", default=f"1-{len(LINKS)}", help="which of the links, as 6-10")
    given = parser.parse_args(words)
    first, _, last = given.links.partition("-")
    links = LINKS[int(first) - 1 : int(last or first)]
    if CHROMIUM is None:
        parser.error("chromium is not installed")
    from playwright.sync_api import sync_playwright

    os.environ["COLUMNS"] = "200"
    faults = 0
    with sync_playwright() as playwright, served() as (address, _), tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for staff in map(int, given.staff.split(",")):
            for link in links:
                page = browser.new_context().new_page()
                found = list(differences(page, address, query_of(link, staff), Path(folder)))
                print(f"{staff:>5} staff, {link}: {len(found) or 'no'} differences", *found, sep="\n  ", flush=True)
                faults += len(found)
                page.context.close()
        browser.close()
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
