"""What ``compare --draws`` does: the comparison over parameter sets that fit, as a study, so that luck and doubt stay apart."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from civicsim.cli import study_analysis, studying
from civicsim.cli.output import Output
from civicsim.errors import CivicsimError
from civicsim.model.week import PUBLISHED
from civicsim.report.words import counted
from civicsim.scenario.scenario import Scenario
from civicsim.study.design.study import Study


def compare_over_draws(
    output: Output, scenarios: Mapping[str, Scenario], baseline: str, seeds: Sequence[int], draws: int,
    measures: Sequence[str] | None, order: str | None, out: str | None,
) -> None:  # fmt: skip
    """Compare scenarios over the first so many draws of their kind's calibration, and show both kinds of uncertainty.

    Parameters
    ----------
    output : Output
    scenarios : mapping of str to Scenario
        By label.
    baseline : str
        Label of what the others are set against.
    seeds : sequence of int
        Matched runs of each scenario and draw.
    draws : int
    measures : sequence of str or None
    order : str or None
        Order of the week.
    out : str or None
        Folder of the study's results; they are thrown away without one.
    """
    study = Study(
        question=f"How do {', '.join(scenarios)} differ, over {counted(draws, 'parameter set')} that fit what is known?",
        styles=tuple(scenario.with_(title=label) for label, scenario in scenarios.items()),
        baseline=baseline,
        seeds=list(seeds),
        measures="all" if measures is None else list(measures),
        uncertainties={"posterior": draws},
        order=order or PUBLISHED,
        where="--draws",
    )
    with tempfile.TemporaryDirectory(prefix="civicsim-") as scratch:
        folder = out or str(Path(scratch) / "study")
        if studying.run_in(output, study, folder, studying.How()).n_failed:
            raise CivicsimError(f"{folder}: some runs failed; see civicsim study status {folder}")
        study_analysis.compare(output, folder, measures)
    if out is not None:
        output.hint(f"Next: civicsim study report {out}")
