"""``python -m experiments`` runs all studies, or those that are named, and writes their tables, figures and pages.

Repeating the command resumes it. In the end it fills in the scoreboard, the answers to the source papers, and what README, page and
lessons state; ``python -m experiments findings`` does only that. Stores are kept in the folder of ``--out``; pages are written into
``experiments``, those of the small version into the folder of ``--out``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from civicsim.errors import CivicsimError, nearest
from civicsim.report.figures import save
from civicsim.study.run.runner import run_study
from experiments import answers, findings, scoreboard
from experiments.catalogue import CLUSTERS, HERE, MOST_MINUTES, MOST_OF_ALL, STUDIES, minutes
from experiments.pages import PAGES, Ran

FINDINGS = "findings"
"""What stands for no study, so that only what is written from the tables of all is written."""


def run(name: str, out: Path, small: bool) -> Path:
    """Run what is missing of a study, and return its page."""
    # One process starts at once, and the small version is over before others would have started.
    processes = 0 if small else None
    began, folder = time.monotonic(), out / name
    stores = {
        part.name: run_study(part.study(small), folder / part.name, processes=processes) for part in STUDIES[name]
    }
    pages = out / "pages" if small else HERE
    ran = Ran(name, stores, folder, small, processes)
    if name in CLUSTERS:
        page = scoreboard.cluster(ran, pages / "hypotheses").write(f"{name}.md")
    else:
        page = PAGES[name](ran, pages / name).write("README.md")
    log = {"study": name, "small": small, "minutes": round((time.monotonic() - began) / 60.0, 2)}
    with (out / "times.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(log) + "\n")
    return page


def budget(names: list[str]) -> int:
    """Print how many runs the studies have and how long they take; return 1 if that is more than the budget."""
    found = {name: minutes(name) for name in names}
    for name, (runs, own) in found.items():
        print(f"{name:<20}{runs:>10,}{own:>8.0f} min")
    total = sum(own for _, own in found.values())
    print(f"{'all':<20}{sum(runs for runs, _ in found.values()):>10,}{total:>8.0f} min")
    return int(total > MOST_OF_ALL or any(own > MOST_MINUTES for _, own in found.values()))


def main(words: list[str]) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m experiments", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"studies; all by default: {', '.join(STUDIES)}; or {FINDINGS}"
    )
    parser.add_argument(
        "--small", action="store_true", help="tiny organisations and few runs, to see that everything works"
    )
    parser.add_argument("--out", type=Path, default=HERE / "results", metavar="DIR", help="folder of stores")
    parser.add_argument("--budget", action="store_true", help="print what the studies take, and run nothing")
    asked = parser.parse_args(words)
    for name in asked.names:
        if name not in (*STUDIES, FINDINGS):
            raise CivicsimError(f"no study '{name}'; {nearest(name, STUDIES)}")
    names = [name for name in asked.names or STUDIES if name != FINDINGS]
    if asked.budget:
        return budget(names)
    asked.out.mkdir(parents=True, exist_ok=True)
    for name in names:
        print(run(name, asked.out, asked.small))
    pages = asked.out / "pages" if asked.small else HERE
    print(scoreboard.scoreboard(pages).write("scoreboard.md"))
    for paper in answers.PAPERS:
        print(answers.answer(paper, pages).write("README.md"))
    # The small version lacks styles of which sentences tell.
    if not asked.small:
        if (pages / findings.FLAGSHIP).is_file():
            save(findings.picture(pages), pages / findings.PICTURE)
        for path, text in findings.texts(pages, HERE.parent).items():
            path.write_text(text, encoding="utf-8")
            print(path)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CivicsimError as error:
        print(f"experiments: {error}", file=sys.stderr)
        sys.exit(2)
