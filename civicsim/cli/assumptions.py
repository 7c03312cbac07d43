"""What ``describe`` shows of assumptions: parameters, levers, styles and kinds of organisation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.text import Text

from civicsim.cli.listing import Shown, bold, indented, known, labelled, range_text, unit_text, value_text
from civicsim.cli.scenarios import is_path
from civicsim.cli.tables import Line, grid
from civicsim.engine.parameters import Parameter
from civicsim.errors import CivicsimError, nearest
from civicsim.model.levers import PURPOSES
from civicsim.report.words import number
from civicsim.scenario.model import PARAMETERS, SECTIONS, Sections
from civicsim.scenario.scenario import DEFAULT_KIND, STATUS_QUO, Scenario, sources_of
from civicsim.scenario.shipped import kinds, read_shipped, styles
from civicsim.scenario.toml import read_toml


def about_parameter(about: Parameter) -> dict[str, Any]:
    """Return the declaration of a parameter, for JSON."""
    names = ("label", "default", "unit", "role", "help", "source")
    return {"name": about.key, **{name: getattr(about, name) for name in names}, "range": about.range_text}


def all_parameters(sections: Sections, width: int) -> Shown:
    """Show every parameter, section by section."""

    def lines() -> Iterator[Line]:
        for section, names in sections.items():
            rows = [[f"[{section}]", "default", "range, unit and role"]]
            for about in names.values():
                facts = f"{range_text(about)}{unit_text(about)}; {about.role}"
                rows.append([about.name, value_text(about.default), facts])
            yield from grid(rows, width, first="bold")
            yield ""
        yield "Lever: set by a governance style. Setting: an arrangement that a scenario may choose."
        yield "Uncertainty: not well known, and may be varied. Fixed: part of a definition. Switch: turns a mechanism on or off."

    hint = "civicsim describe parameter voice   (a section with meanings and sources, or one parameter)"
    return Shown([about_parameter(about) for about in sections.parameters.values()], lines(), hint)


def one_parameter(sections: Sections, name: str, width: int) -> Shown:
    """Show one parameter, or a section with meanings and sources."""
    if name in sections:
        section = sections[name].values()
        hint = f"civicsim describe parameter {next(iter(section)).key}"
        return Shown([about_parameter(about) for about in section], section_lines(sections, name, width), hint)
    names = [about.name for about in sections.parameters.values()]
    if "." not in name and name not in names:
        raise CivicsimError(f"describe: no parameter or section '{name}'; {nearest(name, [*names, *sections])}")
    return _parameter(sections.find(name, "describe"), width)


def _parameter(about: Parameter, width: int) -> Shown:
    facts = {
        "Unit": about.unit,
        "Range": about.range_text,
        "Default": value_text(about.default),
        "Role": about.role,
        "Status": about.status,
        "Source": about.source,
    }
    lines: list[Line] = [bold(f"{about.label} ({about.key})"), about.help, "", *labelled(facts, width)]
    if about.section == "levers":
        rows = [["style", "value"]]
        rows += [[style, value_text(getattr(Scenario.preset(style).levers, about.name))] for style in styles()]
        lines += ["", *grid(rows, width)]
    changed = about.choices[-1] if about.choices else value_text(_other_value(about))
    return Shown(about_parameter(about), lines, f"civicsim run --set {about.key}={changed}")


def _other_value(about: Parameter) -> Any:
    """Return a value that differs from the default, for an example."""
    if isinstance(about.default, bool):
        return not about.default
    value = about.high if about.default == about.low else about.low
    return int(value) if isinstance(about.default, int) else value


def section_lines(sections: Sections, section: str, width: int) -> Iterator[Text]:
    """Yield the parameters of a section with their meanings and sources."""
    rows = [[f"[{section}]", "default", "range, unit, role, meaning and source"]]
    for about in sections[section].values():
        facts = f"{range_text(about)}{unit_text(about)}; {about.role}"
        rows.append([about.name, value_text(about.default), facts])
        rows += [["", "", about.help], ["", "", f"Source: {about.source}"]]
    return grid(rows, width, first="bold")


def all_levers(width: int) -> Shown:
    """Show what a governance style sets."""
    levers = SECTIONS["levers"].values()
    rows = [["lever", "status quo", "range", "label and meaning"]]
    rows += [[about.name, value_text(about.default), range_text(about), _meaning(about)] for about in levers]
    lines: list[Line] = [
        "Levers: what a governance style sets.",
        "",
        *grid(rows, width, first="bold"),
        "",
        "Hour levers are weights: they divide one budget of hours, the same for every style.",
    ]
    hint = "civicsim describe lever fear   (one lever, and its value in each style)"
    return Shown([about_parameter(about) for about in levers], lines, hint)


def _meaning(about: Parameter) -> str:
    return f"{about.label}: {about.help}"


def one_lever(name: str, width: int) -> Shown:
    """Show one lever, and its value in each style."""
    own = name.removeprefix("levers.")
    known(own, SECTIONS["levers"], "lever")
    return _parameter(SECTIONS["levers"][own], width)


def file_of(name: str, folder: str) -> dict[str, Any]:
    """Return the content of a shipped file, or of one of the user's own."""
    return read_toml(Path(name)) if is_path(name) else read_shipped(name, folder)


def all_styles(width: int) -> Shown:
    """Show the governance styles."""
    heading = "Governance styles: settings of the levers, defined for comparison."
    hint = "civicsim describe style civic-culture   then: civicsim compare civic-culture"
    return _titles(styles(), "styles", heading, hint, width)


def all_kinds(width: int) -> Shown:
    """Show the kinds of organisation."""
    return _titles(kinds(), "organisations", "Kinds of organisation.", f"civicsim describe kind {DEFAULT_KIND}", width)


def _titles(titles: Mapping[str, str], folder: str, heading: str, hint: str, width: int) -> Shown:
    about = {name: str(file_of(name, folder).get("description", "")) for name in titles}
    data = [{"name": name, "title": titles[name], "description": text} for name, text in about.items()]
    rows = [[name, text or titles[name]] for name, text in about.items()]
    return Shown(data, [heading, "", *grid(rows, width, head=None, first="bold")], hint)


def one_style(name: str, width: int) -> Shown:
    """Show a style's levers and hours beside those of the status quo."""
    scenario, usual = Scenario.preset(name), Scenario.preset(STATUS_QUO)
    description = str(file_of(name, "styles").get("description", ""))
    budget = scenario.structure.improvement_share * scenario.structure.contracted_hours
    hours, usual_hours = scenario.levers.hours(budget), usual.levers.hours(budget)
    levers = [["lever", "this style", "status quo", "meaning"]]
    for about in SECTIONS["levers"].values():
        if not about.name.startswith("weight_"):
            values = [value_text(getattr(which.levers, about.name)) for which in (scenario, usual)]
            levers.append([about.name, *values, _meaning(about)])
    spent = [["hours per person and week", "this style", "status quo"]]
    spent += [
        [purpose.label, number(hours[name], 2), number(usual_hours[name], 2)] for name, purpose in PURPOSES.items()
    ]
    spent.append(["total", number(sum(hours.values()), 2), number(sum(usual_hours.values()), 2)])
    lines: list[Line] = [
        bold(scenario.title),
        description,
        "",
        *grid(levers, width, style=lambda row: "dim" if row[1] == row[2] else ""),
        "",
        *grid(spent, width, right=(1, 2)),
        "",
        "A definition for comparison, not an estimate of any real organisation.",
    ]
    data: dict[str, Any] = {"name": name, "title": scenario.title, "description": description}
    data |= {"levers": {key: getattr(scenario.levers, key) for key in SECTIONS["levers"]}, "hours": hours}
    return Shown(data, lines, f"civicsim compare {name if name != STATUS_QUO else 'civic-culture'}")


def one_kind(name: str, width: int) -> Shown:
    """Show the sizes of a kind of organisation, and what it changes."""
    if not is_path(name):
        known(name, kinds(), "kind")
    scenario, about = Scenario.preset(kind=name), file_of(name, "organisations")
    title, description = str(about.get("title", name)), str(about.get("description", ""))
    sizes = [["size", "value", "meaning"]]
    for parameter in SECTIONS["structure"].values():
        value = value_text(getattr(scenario.structure, parameter.name))
        sizes.append([parameter.name, value, f"{parameter.help}{unit_text(parameter)}"])
    lines: list[Line] = [bold(title), description, "", *grid(sizes, width, first="bold")]
    changes = _of_kind(scenario)
    if changes:
        lines += ["", f"Differences from {DEFAULT_KIND}, with their sources:", ""]
    for key, usual, value, source in changes:
        line = bold(key).append(f" = {value_text(value)}", style="not bold")
        lines += [line.append(f"   instead of {value_text(usual)}", style="not bold dim"), *indented(source)]
    data: dict[str, Any] = {
        "name": name,
        "title": title,
        "description": description,
        "structure": scenario.to_dict()["structure"],
    }
    data["changes"] = {key: {"usual": a, "value": b, "source": source} for key, a, b, source in changes}
    smaller = " --set n_teams=10" if scenario.roster is None else ""
    return Shown(data, lines, f"civicsim run --kind {name}{smaller}")


def _of_kind(scenario: Scenario) -> list[tuple[str, Any, Any, str]]:
    """Return what a kind changes: parameter, default, its value, and the source that the file names."""
    sources, found = sources_of(scenario.kind), Scenario.preset().diff(Scenario.preset(kind=scenario.kind))
    return [
        (key, usual, value, sources.get(key, "The file names no source."))
        for key, (usual, value) in found.items()
        if key in PARAMETERS
    ]
