"""What may be amiss with a study that is valid: it would run, and answer a question other than the one that was meant."""

from __future__ import annotations

from collections.abc import Iterator

from civicsim.model.measures import MEASURES
from civicsim.scenario.scenario import Scenario
from civicsim.study.design.declared import chosen
from civicsim.study.design.designs import FORM
from civicsim.study.design.spelling import contrasts_of, listed_rows
from civicsim.study.design.study import Study
from civicsim.study.design.summaries import Summary
from civicsim.study.run.effort import first_weeks

_DECIDED = ("lever", "setting")
_FEW = 4, 1
"""Weeks, and weeks of burn-in, of the run on which your own measures are tried."""


def doubts_of(study: Study) -> list[str]:
    """Return what may be amiss with a study, one line each; a few weeks are simulated if it has measures of its own."""
    return [*_summaries(study), *_roles(study), *_contrasts(study), *_burn_in(study), *_own_measures(study)]


def _summaries(study: Study) -> Iterator[str]:
    weeks = next(iter(study.protocol.bases.values())).weeks
    for name in dict.fromkeys(column.summary for column in study.protocol.columns):
        if Summary(name).longest > weeks:
            yield f"summary '{name}' is longer than a run, and takes all of its {weeks} weeks"


def _roles(study: Study) -> Iterator[str]:
    design = study.layout
    for factor in study.drawn:
        if factor.about.role in _DECIDED:
            yield f"uncertainties: {factor.key} is a {factor.about.role}, which someone decides: [factors] is its place"
        elif len(factor.levels) > 1:
            yield (
                f"uncertainties: {factor.key} is a list: each of {design.draws} draws takes one of its {len(factor.levels)} "
                "values by chance; [factors] runs every value"
            )
    # What a contrast names is varied on purpose.
    meant = {key for one in study.declared for side in one.sides for key in side.setting}
    for factor in () if design.uncertain else study.swept:
        uncertain = factor.about.role == "uncertainty" and not factor.held and factor.about.name != FORM
        if uncertain and factor.key not in meant:
            yield (
                f"factors: {factor.key} is uncertain, and no one decides on it: each level counts as a policy; "
                "[uncertainties] is its place"
            )


def _contrasts(study: Study) -> Iterator[str]:
    """Look for sides of contrasts that stand for several listed runs: a grid is averaged over on purpose, a list rarely."""
    of = study.protocol
    columns = {key: name for name, key in of.factors.items()}
    listed = {key for row in listed_rows(study.runs, study.where, of.sections) for key in row.setting if key in columns}
    for one in contrasts_of(study, of.bases, of.shocks, of.declared, False) if listed else ():
        for side in one.sides:
            points = of.points[chosen(side, side.setting, of.points, columns)]
            open_keys = sorted(listed - side.setting.keys())
            differ = [key for key in open_keys if points.groupby("style")[columns[key]].nunique(dropna=False).max() > 1]
            if differ:
                yield f"contrast {one.name}: a side is the mean over [[runs]] that differ in {', '.join(differ)}; name it"
                break


def _burn_in(study: Study) -> Iterator[str]:
    usual = Scenario().burn_in_weeks
    if (weeks := next(iter(study.protocol.bases.values())).burn_in_weeks) < usual:
        yield (
            f"burn_in_weeks = {weeks}: shorter than the usual {usual}; the organisation may still be settling while weeks are "
            "recorded"
        )


def _own_measures(study: Study) -> Iterator[str]:
    protocol = study.protocol
    names = {*(column.measure for column in protocol.columns), *protocol.weekly} - set(MEASURES)
    if not names:
        return
    history = first_weeks(protocol, *_FEW).history
    for name in sorted(names):
        try:
            protocol.measures[name].weekly(history)
        except Exception as error:
            yield f"measure '{name}' fails in {protocol.code}: {type(error).__name__}: {' '.join(str(error).split())}"
