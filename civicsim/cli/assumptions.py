"""What ``describe`` shows of assumptions: parameters, levers, styles and kinds of organisation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from civicsim.cli.listing import NARROW, indented, known, listing, range_text, value_text
from civicsim.cli.output import Output
from civicsim.cli.scenarios import is_path
from civicsim.engine.parameters import Parameter
from civicsim.errors import CivicsimError, nearest
from civicsim.model.levers import PURPOSES
from civicsim.scenario.scenario import (
    DEFAULT_KIND,
    PARAMETERS,
    SECTIONS,
    STATUS_QUO,
    Scenario,
    find_parameter,
    sources_of,
)
from civicsim.scenario.shipped import kinds, read_shipped, styles
from civicsim.scenario.toml import read_toml

# -- parameters and levers -----------------------------------------------------------------------------------------------


def about_parameter(about: Parameter) -> dict[str, Any]:
    """Return what is declared about a parameter, for JSON."""
    return {
        "name": about.key, "default": about.default, "unit": about.unit, "range": about.range_text, "role": about.role,
        "help": about.help, "source": about.source,
    }  # fmt: skip


def show_parameters(output: Output) -> None:
    """Show every parameter, section by section."""
    if output.json:
        output.data([about_parameter(about) for about in PARAMETERS.values()])
        return
    for section, names in SECTIONS.items():
        if output.width < NARROW:
            output.say(Text(f"[{section}]", style="bold"), *(_in_one_line(about) for about in names.values()), "")
            continue
        table = listing("parameter", "default", "range", "unit", "role", title=f"[{section}]")
        for about in names.values():
            table.add_row(about.name, value_text(about.default), range_text(about), about.unit, about.role)
        output.say(table, "")
    output.say("Lever: what a governance style sets. Uncertainty: what is not well known, and may be varied.")
    output.say("Fixed: part of a definition. Switch: turns a mechanism on or off.")
    output.hint("Next: civicsim describe parameter voice   (a section with meanings and sources, or one parameter)")


def show_parameter(output: Output, name: str) -> None:
    """Show one parameter, or a section with meanings and sources."""
    if name in SECTIONS:
        if output.json:
            output.data([about_parameter(about) for about in SECTIONS[name].values()])
        else:
            show_section(output, name)
            output.hint(f"Next: civicsim describe parameter {next(iter(SECTIONS[name].values())).key}")
        return
    names = [about.name for about in PARAMETERS.values()]
    if "." not in name and name not in names:
        raise CivicsimError(f"describe: no parameter or section '{name}'; {nearest(name, [*names, *SECTIONS])}")
    _one_parameter(output, find_parameter(name, "describe"))


def _one_parameter(output: Output, about: Parameter) -> None:
    if output.json:
        output.data(about_parameter(about))
        return
    output.say(Text(about.key, style="bold"), about.help, "")
    facts = listing("", "")
    facts.show_header = False
    for key, value in (
        ("default", value_text(about.default)),
        ("unit", about.unit),
        ("range", about.range_text),
        ("role", about.role),
        ("source", about.source),
    ):
        facts.add_row(key, value)
    output.say(facts)
    if about.section == "levers":
        output.say("", _lever_by_style(about.name))
    changed = about.choices[-1] if about.choices else value_text(_other_value(about))
    output.hint(f"Next: civicsim run --set {about.key}={changed}")


def _other_value(about: Parameter) -> Any:
    """Return a value that differs from the default, for an example."""
    if isinstance(about.default, bool):
        return not about.default
    value = about.high if about.default == about.low else about.low
    return int(value) if isinstance(about.default, int) else value


def show_section(output: Output, section: str) -> None:
    """Show the parameters of a section with their meanings and sources."""
    names = SECTIONS[section].values()
    if output.width < NARROW:
        output.say(Text(f"[{section}]", style="bold"))
        for about in names:
            output.say(_in_one_line(about), *indented(about.help), *indented(f"Source: {about.source}"))
        return
    table = listing("parameter", "default", "unit", "range", "role", "meaning and source", title=f"[{section}]")
    for about in names:
        meaning = Text(about.help)
        meaning.append(f"\n{about.source}", style="dim")
        table.add_row(about.name, value_text(about.default), about.unit, range_text(about), about.role, meaning)
    output.say(table)


def _in_one_line(about: Parameter) -> Text:
    line = Text(about.name, style="bold")
    line.append(f" = {value_text(about.default)}", style="")
    line.append(f"   {about.unit}, {range_text(about)}, {about.role}", style="dim")
    return line


def show_levers(output: Output) -> None:
    """Show what a governance style may set."""
    if output.json:
        output.data([about_parameter(about) for about in SECTIONS["levers"].values()])
        return
    table = listing("lever", "status quo", "range", "meaning")
    for about in SECTIONS["levers"].values():
        table.add_row(about.name, value_text(about.default), range_text(about), about.help)
    output.say("Levers: what a governance style may set, and nothing else.", "", table, "")
    output.say("Hour levers are weights: they share out one budget of hours, the same for every style.")
    output.hint("Next: civicsim describe lever fear   (one lever, and what each style sets it to)")


def show_lever(output: Output, name: str) -> None:
    """Show one lever, and what each style sets it to."""
    known(name.removeprefix("levers."), SECTIONS["levers"], "lever")
    _one_parameter(output, SECTIONS["levers"][name.removeprefix("levers.")])


def _lever_by_style(name: str) -> Table:
    table = listing("style", "set to")
    for style in styles():
        table.add_row(style, value_text(getattr(Scenario.preset(style).levers, name)))
    return table


# -- styles and kinds ----------------------------------------------------------------------------------------------------


def file_of(name: str, folder: str) -> dict[str, Any]:
    """Return what a shipped file says, or one of the user's own."""
    return read_toml(Path(name)) if is_path(name) else read_shipped(name, folder)


def show_styles(output: Output) -> None:
    """Show the governance styles."""
    _titles(output, styles(), "styles", "style", "Governance styles: settings of the levers, defined for comparison.")
    output.hint("Next: civicsim describe style civic-culture   then: civicsim compare civic-culture")


def show_kinds(output: Output) -> None:
    """Show the kinds of organisation."""
    _titles(output, kinds(), "organisations", "kind", "Kinds of organisation.")
    output.hint(f"Next: civicsim describe kind {DEFAULT_KIND}")


def _titles(output: Output, names: Mapping[str, str], folder: str, what: str, heading: str) -> None:
    about = {name: str(file_of(name, folder).get("description", "")) for name in names}
    if output.json:
        output.data([{"name": name, "title": names[name], "description": text} for name, text in about.items()])
        return
    table = listing(what, "in words")
    for name, text in about.items():
        table.add_row(Text(name, style="bold"), text or names[name])
    output.say(heading, "", table)


def show_style(output: Output, name: str) -> None:
    """Show a style's levers and hours beside those of the status quo."""
    scenario, usual = Scenario.preset(name), Scenario.preset(STATUS_QUO)
    description = str(file_of(name, "styles").get("description", ""))
    budget = scenario.structure.improvement_share * scenario.structure.contracted_hours
    hours, usual_hours = scenario.levers.hours(budget), usual.levers.hours(budget)
    if output.json:
        levers = {key: getattr(scenario.levers, key) for key in SECTIONS["levers"]}
        about = {"name": name, "title": scenario.title, "description": description, "levers": levers, "hours": hours}
        output.data(about)
        return
    table = listing("lever", "this style", "status quo", "meaning")
    for about_lever in SECTIONS["levers"].values():
        if about_lever.name.startswith("weight_"):
            continue
        mine, theirs = (getattr(which.levers, about_lever.name) for which in (scenario, usual))
        same = mine == theirs
        row = (about_lever.name, value_text(mine), value_text(theirs), about_lever.help)
        table.add_row(*(Text(cell, style="dim" if same else "") for cell in row))
    spent = listing("hours a person and week", "this style", "status quo")
    for purpose in PURPOSES:
        spent.add_row(purpose, f"{hours[purpose]:.2f}", f"{usual_hours[purpose]:.2f}")
    spent.add_row("in all", f"{sum(hours.values()):.2f}", f"{sum(usual_hours.values()):.2f}")
    output.say(Text(scenario.title, style="bold"), description, "", table, "", spent, "")
    output.say("A definition for comparison, not an estimate of any real organisation.")
    output.hint(f"Next: civicsim compare {name if name != STATUS_QUO else 'civic-culture'}")


def show_kind(output: Output, name: str) -> None:
    """Show the sizes of a kind of organisation."""
    if not is_path(name):
        known(name, kinds(), "kind")
    scenario, about = Scenario.preset(kind=name), file_of(name, "organisations")
    if output.json:
        values = {"name": name, "title": about.get("title", name), "description": about.get("description", "")}
        changed = {key: {"usual": a, "value": b, "source": said} for key, a, b, said in _of_kind(scenario)}
        output.data({**values, "structure": scenario.to_dict()["structure"], "changes": changed})
        return
    output.say(Text(str(about.get("title", name)), style="bold"), str(about.get("description", "")))
    output.say("")
    table = listing("size", "value", "unit", "meaning")
    for parameter in SECTIONS["structure"].values():
        value = value_text(getattr(scenario.structure, parameter.name))
        table.add_row(parameter.name, value, parameter.unit, parameter.help)
    output.say(table)
    changes = _of_kind(scenario)
    if changes:
        output.say("", f"What differs from {DEFAULT_KIND}, and where it comes from:", "")
    for key, usual, value, said in changes:
        line = Text(key, style="bold")
        line.append(f" = {value_text(value)}", style="")
        line.append(f"   instead of {value_text(usual)}", style="dim")
        output.say(line, *indented(said))
    output.hint(f"Next: civicsim run --kind {name}{' --set n_teams=10' if scenario.roster is None else ''}")


def _of_kind(scenario: Scenario) -> list[tuple[str, Any, Any, str]]:
    """Return what a kind changes: parameter, usual value, own value, and where the file says that it comes from."""
    said, found = sources_of(scenario.kind), Scenario.preset().diff(Scenario.preset(kind=scenario.kind))
    return [
        (key, usual, value, said.get(key, "The file does not say where it comes from."))
        for key, (usual, value) in found.items()
        if key in PARAMETERS
    ]
