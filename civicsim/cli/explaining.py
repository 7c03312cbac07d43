"""The command ``why``: what carries the change in a measure."""

from __future__ import annotations

import dataclasses

from civicsim.cli.commands import Why
from civicsim.cli.files import text_writer, write_file
from civicsim.cli.output import Line, Output
from civicsim.cli.progress import progress
from civicsim.cli.running import prepare, sample_text, title_text
from civicsim.cli.scenarios import scenario_of
from civicsim.cli.tables import grid
from civicsim.experiment.why import FEW, STEPS, without_changes
from civicsim.experiment.why import why as find_why
from civicsim.report.why import OVERLAP, part_text, rows_of, why_lines, why_svg
from civicsim.scenario.sizes import n_posts

_VARIANTS = 25
"""Variants that are simulated in a step, at most. Assumption: as many as there are mechanisms."""


def explain(output: Output, request: Why) -> None:
    """Show which mechanisms carry the change in a measure, and through what."""
    after = scenario_of(request)
    before = without_changes(after)
    if request.against is not None:
        before = scenario_of(dataclasses.replace(request, sets=()), request.against)
    runs = len(STEPS[:-1]) * min(FEW, request.seeds) + request.seeds
    work = float(n_posts(after) * (after.burn_in_weeks * 2 + after.weeks * _VARIANTS) * runs)
    seeds, _ = prepare(output, [before, after], request.seeds, None, work, threads=request.threads)
    done = 0.0
    with progress(output, len(STEPS)) as report:

        def tell(step: int, share: float) -> None:
            nonlocal done
            report(step + share - done)
            done = step + share

        found = find_why(before, after, request.measure, seeds, threads=request.threads, progress=tell)
    wrote = []
    if request.picture is not None:
        write_file(request.picture, text_writer(why_svg(found)))
        wrote = [f"Wrote {request.picture}."]
    rows: list[list[str]] = [[part.title, part_text(found, part)] for part in found.parts]
    table: list[Line] = ["", grid(rows, head=False), "", OVERLAP] if rows else []
    data = {"measure": request.measure, "seeds": seeds, "words": why_lines(found), **rows_of(found)}
    output.show(
        data | {"warnings": output.warnings},
        [
            title_text(after),
            sample_text(seeds, after, "matched run", " of each variant"),
            "",
            *why_lines(found),
            *table,
            *wrote,
        ],
        f"civicsim describe measure {request.measure}",
    )
