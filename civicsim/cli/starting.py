"""What ``new`` and ``check`` do: a scenario file to start from, and what a scenario file says."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from rich.table import Table

from civicsim.cli.output import Output
from civicsim.cli.scenarios import is_style_file, load, size_text
from civicsim.engine.parameters import Parameter
from civicsim.errors import CivicsimError
from civicsim.scenario.scenario import PARAMETERS, SECTIONS, STATUS_QUO, Scenario
from civicsim.scenario.shipped import kinds, shocks, styles

_SIZES = ("n_teams", "team_size", "teams_per_division", "n_executives", "n_organisations", "improvement_share")
_HEAD = """\
# A scenario: a governance style on a kind of organisation, and what you change.
#
# Take the '#' off a line to change its value. As it stands, the file changes nothing.
#     civicsim check {name}        says what is wrong, or what the file changes
#     civicsim run {name}          runs it
#     civicsim compare {name}      compares it with the status quo, on matched runs

title = "{title}"
style = "{style}"
kind = "{kind}"
weeks = 260            # weeks that are looked at
burn_in_weeks = 260    # weeks at the status quo before them
seed = 1               # seed of the first run

# Styles: {styles}.
# Kinds of organisation: {kinds}.
"""
_DATED = """\
# Dated changes: take the '#' off to put them in. Week 0 is the first that is looked at, after the burn-in.
# Shocks and interventions that come along: {shocks}.
#     civicsim describe shock surge        says what one of them sets, and for how long
#
# [[interventions]]                        # a shipped one, by name
# week = 52
# name = "surge"
#
# [[interventions]]                        # one of your own: values that hold for some weeks
# week = 104
# name = "a year without fear"
# weeks = 52                               # leave this out, and the values hold for good
# set = {{ fear = 0.0, permission = 0.6 }}
"""
_TAIL = """
# Everything else can be set in the same way, section by section: see `civicsim describe parameter`. For example:
# [voice]
# enabled = false
"""


def new(output: Output, path: str, style: str, kind: str, force: bool) -> None:
    """Write a scenario file that changes nothing yet, with every lever explained.

    Raises
    ------
    CivicsimError
        If the file is there already and ``force`` is not said, or it cannot be written.
    """
    scenario, target = Scenario.preset(style, kind), Path(path)
    if target.suffix != ".toml":
        raise CivicsimError(
            f"{path}: a scenario file is called something.toml; did you mean '{target.with_suffix('.toml')}'?"
        )
    if target.is_dir():
        raise CivicsimError(f"{path}: is a folder")
    if target.exists() and not force:
        raise CivicsimError(f"{path}: is there already; add --force to write over it")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(template(scenario, target.name), encoding="utf-8", newline="\n")
    except OSError as error:
        raise CivicsimError(f"{path}: cannot be written ({error.strerror})") from None
    if output.json:
        output.data({"file": path, "style": style, "kind": kind})
        return
    output.say(f"Wrote {path}: {scenario.title} on {kind}, nothing changed yet.")
    output.hint(f"Next: change a value in {path}, then civicsim check {path}")


def template(scenario: Scenario, name: str) -> str:
    """Return a commented scenario file for a style on a kind of organisation.

    Parameters
    ----------
    scenario : Scenario
        A preset.
    name : str
        Name that the file will have.
    """
    head = _HEAD.format(
        name=name, title=f"{scenario.title}, changed", style=scenario.style, kind=scenario.kind,
        styles=_listed(styles()), kinds=_listed(kinds()),
    )  # fmt: skip
    parts = [head, *_section(scenario, "structure", _SIZES), *_section(scenario, "levers", tuple(SECTIONS["levers"]))]
    return "\n".join(parts) + _TAIL + "\n" + _DATED.format(shocks=_listed(shocks()))


def _listed(names: Any) -> str:
    return "\n#     ".join(textwrap.wrap(", ".join(names), 100, break_on_hyphens=False))


def _section(scenario: Scenario, section: str, names: tuple[str, ...]) -> list[str]:
    lines = [f"[{section}]"]
    for name in names:
        about, value = SECTIONS[section][name], getattr(getattr(scenario, section), name)
        lines += [f"# {about.help}", f"# {name} = {value}    # {_limits(about)}", ""]
    return lines


def _limits(about: Parameter) -> str:
    return f"{about.unit}, {about.low:g} to {about.high:g}" if about.unit != "0-1" else "0 to 1"


def check(output: Output, path: str) -> None:
    """Read a scenario or style file, and say what it changes.

    Raises
    ------
    ScenarioError
        If something in the file is wrong.
    """
    what = "style" if is_style_file(path) else "scenario"
    # A name without .toml is taken as a file here, whatever it is called.
    scenario = load(path) if path.endswith(".toml") else Scenario.read(path)
    base = Scenario.preset() if what == "style" else Scenario.preset(scenario.style, scenario.kind)
    changes = {key: values for key, values in base.diff(scenario).items() if key in PARAMETERS}
    if output.json:
        output.data({
            "file": path, "valid": True, "what": what, "title": scenario.title, "style": scenario.style,
            "kind": scenario.kind, "weeks": scenario.weeks, "burn_in_weeks": scenario.burn_in_weeks,
            "seed": scenario.seed, "scenario": scenario.digest,
            "changes": {key: {"from": before, "to": after} for key, (before, after) in changes.items()},
        })  # fmt: skip
        return
    output.say(f"{path} is a valid {what}: {scenario.title}")
    against = STATUS_QUO if what == "style" else f"{scenario.style} on {scenario.kind}"
    if what == "scenario":
        output.say(
            f"{size_text(scenario.structure, scenario.roster)}; {scenario.weeks} weeks after {scenario.burn_in_weeks} of burn-in"
        )
    if changes:
        output.say(f"{len(changes)} value{'s differ' if len(changes) > 1 else ' differs'} from {against}:", "")
        output.say(_changes_table(changes))
    elif not scenario.interventions:
        output.say(f"It changes nothing in {against}.")
    if scenario.interventions:
        output.say("", "Interventions and shocks:")
        for event in scenario.interventions:
            never = " (after the last week: it never happens)" if event.week >= scenario.weeks else ""
            span = f", for {event.weeks} weeks" if event.weeks else ""
            output.say(f"  week {event.week}: {event.name}{span}{never}")
    output.hint(f"Next: civicsim compare {path}   (against the status quo, on matched runs)")


def _changes_table(changes: dict[str, tuple[Any, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2), header_style="dim")
    for name in ("value", "from", "to", "allowed"):
        table.add_column(name, no_wrap=name != "allowed")
    for key, (before, after) in changes.items():
        about = PARAMETERS[key]
        unit = "" if about.unit in ("0-1", "on/off") else f" ({about.unit})"
        table.add_row(
            key, *(str(v).lower() if isinstance(v, bool) else str(v) for v in (before, after)), about.range_text + unit
        )
    return table
