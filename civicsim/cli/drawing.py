"""``compare --draws``: the comparison over parameter sets that fit, as a study, which separates the two uncertainties."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from civicsim.cli import study_analysis, study_commands, studying
from civicsim.cli.commands import Compare
from civicsim.cli.output import Output
from civicsim.errors import CivicsimError
from civicsim.experiment.run import seeds_of
from civicsim.model.week import PUBLISHED
from civicsim.report.words import counted
from civicsim.scenario.scenario import Scenario
from civicsim.study.design.study import Study


def compare_over_draws(
    output: Output, request: Compare, scenarios: Mapping[str, Scenario], baseline: str, measures: Sequence[str]
) -> None:
    """Compare scenarios over the first draws of their kind's calibration, and show both kinds of uncertainty."""
    draws, out = request.draws or 0, request.out
    study = Study(
        question=f"How do {', '.join(scenarios)} differ, over {counted(draws, 'parameter set')} that fit published data?",
        styles=tuple(scenario.with_(title=label) for label, scenario in scenarios.items()),
        baseline=baseline,
        seeds=seeds_of(request.seeds, next(iter(scenarios.values())).seed),
        measures="all" if request.all_measures else list(measures),
        uncertainties={"posterior": draws},
        order=request.order or PUBLISHED,
        where="--draws",
    )
    with tempfile.TemporaryDirectory(prefix="civicsim-") as scratch:
        folder = out or str(Path(scratch) / "study")
        if studying.run_in(output, study, folder, study_commands.Workers()).n_failed:
            raise CivicsimError(f"{folder}: some runs failed; see civicsim study status {folder}")
        shown = None if request.all_measures else list(measures)
        study_analysis.compare(output, study_commands.Compare(folder=folder, measures=shown))
    if out is not None:
        output.hint(f"Next: civicsim study report {out}")
