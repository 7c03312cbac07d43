"""What ``describe`` shows of assumptions: parameters, levers, styles and kinds of organisation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.padding import Padding
from rich.text import Text

from civicsim import checks
from civicsim.cli.output import Line
from civicsim.cli.scenarios import is_path
from civicsim.cli.tables import grid
from civicsim.engine.parameters import Parameter
from civicsim.errors import CivicsimError, nearest
from civicsim.experiment.wording import number
from civicsim.model.levers import PURPOSES
from civicsim.report.changes import changes_of_kind
from civicsim.report.words import range_text, unit_text, value_text
from civicsim.scenario.model import SECTIONS, Sections
from civicsim.scenario.scenario import DEFAULT_KIND, STATUS_QUO, Scenario
from civicsim.scenario.shipped import kinds, read_shipped, styles
from civicsim.scenario.toml import read_toml


class Shown(NamedTuple):
    """What ``describe`` shows of a topic: as data, as lines, and the command to try next."""

    data: Any
    lines: Iterable[Line]
    hint: str


def shown_all(data: Any, rows: Sequence[Sequence[str]], hint: str, *around: str, head: bool = False) -> Shown:
    """Return a list of items with a row each; ``around`` are the texts before and behind the table."""
    before, behind = (*around, "", "")[:2]
    lines: list[Line] = [
        *([before, ""] if before else []),
        grid(rows, head=head, first="bold"),
        *(["", behind] if behind else []),
    ]
    return Shown(data, lines, hint)


def bold(text: str) -> Text:
    """Return a heading."""
    return Text(text, style="bold")


def file_of(name: str, folder: str) -> dict[str, Any]:
    """Return the content of a shipped file, or of one of the user's own."""
    return read_toml(Path(name)) if is_path(name) else read_shipped(name, folder)


# -- parameters and levers ---------------------------------------------------------------------------------------------


def about_parameter(about: Parameter) -> dict[str, Any]:
    """Return the declaration of a parameter, for JSON."""
    names = ("label", "default", "unit", "role", "help", "source")
    return {"name": about.key, **{name: getattr(about, name) for name in names}, "range": about.range_text}


def section_grid(sections: Sections, section: str, explained: bool = True) -> Padding:
    """Return the parameters of a section, with their meanings and sources if these are to be explained."""
    rows = [[f"[{section}]", "default", "range, unit, role" + (", meaning and source" if explained else "")]]
    for about in sections[section].values():
        facts = [f"{range_text(about)}{unit_text(about)}; {about.role}"]
        facts += [about.help, f"Source: {about.source}"] if explained else []
        rows.append([about.name, value_text(about.default), "\n".join(facts)])
    return grid(rows, first="bold")


def all_parameters(sections: Sections) -> Shown:
    """Show every parameter, section by section."""
    lines: list[Line] = [line for name in sections for line in (section_grid(sections, name, explained=False), "")]
    lines += [
        "Lever: set by a governance style. Setting: an arrangement that a scenario may choose.",
        "Uncertainty: not well known, and may be varied. Fixed: part of a definition. Switch: turns a mechanism on or off.",
    ]
    hint = "civicsim describe parameter voice   (a section with meanings and sources, or one parameter)"
    return Shown([about_parameter(about) for about in sections.parameters.values()], lines, hint)


def one_parameter(sections: Sections, name: str) -> Shown:
    """Show one parameter, or a section with meanings and sources."""
    if name in sections:
        section = list(sections[name].values())
        hint = f"civicsim describe parameter {section[0].key}"
        return Shown([about_parameter(about) for about in section], [section_grid(sections, name)], hint)
    names = [about.name for about in sections.parameters.values()]
    if "." not in name and name not in names:
        raise CivicsimError(f"describe: no parameter or section '{name}'; {nearest(name, [*names, *sections])}")
    return _parameter(sections.find(name, "describe"))


def _parameter(about: Parameter) -> Shown:
    facts = [["Unit", about.unit], ["Range", about.range_text], ["Default", value_text(about.default)]]
    facts += [["Role", about.role], ["Status", about.status], ["Source", about.source]]
    lines: list[Line] = [bold(f"{about.label} ({about.key})"), about.help, "", grid(facts, head=False, first="dim")]
    if about.section == "levers":
        rows = [[style, value_text(getattr(Scenario.preset(style).levers, about.name))] for style in styles()]
        lines += ["", grid([["style", "value"], *rows])]
    changed = about.choices[-1] if about.choices else value_text(_other_value(about))
    return Shown(about_parameter(about), lines, f"civicsim run --set {about.key}={changed}")


def _other_value(about: Parameter) -> Any:
    """Return a value that differs from the default, for an example."""
    if isinstance(about.default, bool):
        return not about.default
    value = about.high if about.default == about.low else about.low
    return int(value) if isinstance(about.default, int) else value


def all_levers() -> Shown:
    """Show what a governance style sets."""
    levers = SECTIONS["levers"].values()
    rows = [["lever", "status quo", "range", "label and meaning"]]
    rows += [[about.name, value_text(about.default), range_text(about), _meaning(about)] for about in levers]
    hint = "civicsim describe lever fear   (one lever, and its value in each style)"
    last = "Hour levers are weights: they divide one budget of hours, the same for every style."
    data = [about_parameter(about) for about in levers]
    return shown_all(data, rows, hint, "Levers: what a governance style sets.", last, head=True)


def _meaning(about: Parameter) -> str:
    return f"{about.label}: {about.help}"


def one_lever(name: str) -> Shown:
    """Show one lever, and its value in each style."""
    own = name.removeprefix("levers.")
    checks.keys([own], SECTIONS["levers"], "describe: no lever")
    return _parameter(SECTIONS["levers"][own])


# -- styles and kinds of organisation ----------------------------------------------------------------------------------


def all_styles() -> Shown:
    """Show the governance styles."""
    heading = "Governance styles: settings of the levers, defined for comparison."
    hint = "civicsim describe style civic-culture   then: civicsim compare civic-culture"
    return _titles(styles(), "styles", heading, hint)


def all_kinds() -> Shown:
    """Show the kinds of organisation."""
    return _titles(kinds(), "organisations", "Kinds of organisation.", f"civicsim describe kind {DEFAULT_KIND}")


def _titles(titles: Mapping[str, str], folder: str, heading: str, hint: str) -> Shown:
    about = {name: str(file_of(name, folder).get("description", "")) for name in titles}
    data = [{"name": name, "title": titles[name], "description": text} for name, text in about.items()]
    return shown_all(data, [[name, text or titles[name]] for name, text in about.items()], hint, heading)


def one_style(name: str) -> Shown:
    """Show a style's levers and hours beside those of the status quo."""
    scenario, usual = Scenario.preset(name), Scenario.preset(STATUS_QUO)
    description = str(file_of(name, "styles").get("description", ""))
    levers = [["lever", "this style", "status quo", "meaning"]]
    for about in SECTIONS["levers"].values():
        if not about.name.startswith("weight_"):
            values = [value_text(getattr(which.levers, about.name)) for which in (scenario, usual)]
            levers.append([about.name, *values, _meaning(about)])
    hours, usual_hours = ({**own.hours, "total": sum(own.hours.values())} for own in (scenario, usual))
    labels = {**{key: purpose.label for key, purpose in PURPOSES.items()}, "total": "total"}
    spent = [["hours per person and week", "this style", "status quo"]]
    spent += [[label, number(hours[key], 2), number(usual_hours[key], 2)] for key, label in labels.items()]
    lines: list[Line] = [
        bold(scenario.title),
        description,
        "",
        grid(levers, style=lambda row: "dim" if row[1] == row[2] else ""),
        "",
        grid(spent, right=(1, 2)),
        "",
        "A definition for comparison, not an estimate of any real organisation.",
    ]
    data: dict[str, Any] = {"name": name, "title": scenario.title, "description": description}
    data |= {"levers": {key: getattr(scenario.levers, key) for key in SECTIONS["levers"]}}
    data |= {"hours": {key: hours[key] for key in PURPOSES}}
    return Shown(data, lines, f"civicsim compare {name if name != STATUS_QUO else 'civic-culture'}")


def one_kind(name: str) -> Shown:
    """Show the sizes of a kind of organisation, and what it changes."""
    if not is_path(name):
        checks.keys([name], kinds(), "describe: no kind")
    scenario, about = Scenario.preset(kind=name), file_of(name, "organisations")
    title, description = str(about.get("title", name)), str(about.get("description", ""))
    sizes = [["size", "value", "meaning"]]
    for parameter in SECTIONS["structure"].values():
        value = value_text(getattr(scenario.structure, parameter.name))
        sizes.append([parameter.name, value, f"{parameter.help}{unit_text(parameter)}"])
    lines: list[Line] = [bold(title), description, "", grid(sizes, first="bold")]
    changes = changes_of_kind(scenario.kind)
    if changes:
        lines += ["", f"Differences from {DEFAULT_KIND}, with their sources:", ""]
    for key, usual, value, source in changes:
        line = bold(key).append(f" = {value_text(value)}", style="not bold")
        line.append(f"   instead of {value_text(usual)}", style="not bold dim")
        lines += [line, grid([[source]], head=False, indent=4)]
    data: dict[str, Any] = {"name": name, "title": title, "description": description}
    data["structure"] = scenario.to_dict()["structure"]
    data["changes"] = {key: {"usual": a, "value": b, "source": source} for key, a, b, source in changes}
    smaller = " --set n_teams=10" if scenario.roster is None else ""
    return Shown(data, lines, f"civicsim run --kind {name}{smaller}")
