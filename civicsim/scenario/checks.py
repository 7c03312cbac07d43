"""Checks of a scenario: its top-level values, its sections, and values that must fit together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from civicsim import checks
from civicsim.errors import ScenarioError, naming
from civicsim.model.processes.events import Plan
from civicsim.model.roster import Roster
from civicsim.model.structure import GROUPS
from civicsim.scenario.model import Model

if TYPE_CHECKING:
    from civicsim.scenario.scenario import Scenario

_RANGES = {"weeks": (1, 5200), "burn_in_weeks": (0, 5200), "seed": (0, 2**63 - 1)}


def checked_section(values: Any, section: str, model: Model, where: str = "scenario") -> Any:
    """Return the parameters of a section with numbers in each parameter's own type, so that 1 and 1.0 are one scenario."""
    if values is model.defaults[section]:
        return values
    if type(values) is not model.types[section]:
        raise ScenarioError(f"scenario: {section} = {values!r}: expected the parameters of [{section}]")
    checked = {name: about.validate(getattr(values, name), where) for name, about in model.sections[section].items()}
    same = all(value is getattr(values, name) for name, value in checked.items())
    return values if same else model.types[section](**checked)


def check_sources(about: Mapping[str, Any], where: str, model: Model) -> None:
    """Check that ``[sources]`` of a kind hold a reference for values that the kind sets."""
    sources = checks.table(about.get("sources", {}), f"{where}: sources", "a section [sources]")
    for key, text in sources.items():
        found = model.sections.find(key, f"{where}: [sources]")
        if found.name not in about.get(found.section, {}):
            raise ScenarioError(f"{where}: [sources] {key}: the file does not set [{found.section}] {found.name}")
        if not isinstance(text, str) or not text.strip():
            raise ScenarioError(f'{where}: [sources] {key} = {text!r}: expected a reference, or the word "Assumption"')


def read_roster(value: Any, where: str) -> Roster | None:
    """Return the roster that a ``[roster]`` section describes."""
    if isinstance(value, Roster | None):
        return value
    values = checks.table(value, f"{where}: roster", "a section [roster]")
    with naming(where):
        return Roster.from_dict(values)


def check_together(scenario: Scenario, where: str) -> None:
    """Check what one value alone cannot tell."""
    s, p = scenario.structure, scenario.population
    if p.kappa_low > p.kappa_high:
        raise ScenarioError(f"{where}: [population] kappa_low = {p.kappa_low} is above kappa_high = {p.kappa_high}")
    if p.code_right_share + p.code_silent_share > 1.0:
        raise ScenarioError(f"{where}: [population] code_right_share and code_silent_share sum to more than 1")
    if s.share_doctor + s.share_nurse + s.share_allied + s.share_support + s.share_administrative <= 0.0:
        raise ScenarioError(f"{where}: [structure] the weights share_… of the professions are all 0")
    if sum(getattr(p, f"group_{name}") for name in GROUPS) <= 0.0:
        raise ScenarioError(f"{where}: [population] the weights group_… of the patient groups are all 0")
    plan = Plan(scenario.levers, scenario.sections, scenario.interventions)
    weeks = {0} | {week for event in plan.events for week in (event.week, event.week + event.weeks)}
    in_force = [plan.at(week) for week in sorted(weeks)]
    for section, levers in [("habits", scenario.habits), *(("levers", levers) for levers, _ in in_force)]:
        if levers.budget_share > 0.0 and sum(levers.hours(1.0).values()) == 0.0:
            raise ScenarioError(
                f"{where}: [{section}] the hour weights weight_… are all 0; use budget_share = 0 to spend none"
            )
    for _, sections in in_force:
        cycles, patience = sections["lifecycle"], sections["response"].patience
        if cycles.n_cycles * cycles.cycle_weeks >= patience:
            raise ScenarioError(
                f"{where}: [lifecycle] n_cycles × cycle_weeks = {cycles.n_cycles * cycles.cycle_weeks} weeks is not less than "
                f"[response] patience = {patience}: no trial could ever end"
            )


def check_top(key: str, value: Any, where: str) -> Any:
    """Return a value of the top of a scenario file, checked."""
    what = f"{where}: {key}"
    return checks.whole(value, what, *_RANGES[key]) if key in _RANGES else checks.text(value, what)
