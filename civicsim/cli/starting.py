"""The commands ``new`` and ``check``: scenarios and questions to start from, and what a scenario file changes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from civicsim.cli.commands import Check, New
from civicsim.cli.files import check_ending, filled, text_writer, write_new
from civicsim.cli.output import Line, Output
from civicsim.cli.scenarios import load
from civicsim.cli.tables import grid
from civicsim.errors import CivicsimError
from civicsim.experiment.wording import counted
from civicsim.report.words import range_text, size_text, unit_text, value_text
from civicsim.scenario.scenario import DEFAULT_KIND, SECTIONS, STATUS_QUO, Scenario
from civicsim.scenario.shipped import kinds, sets_levers_only, shocks, styles
from civicsim.study.questions import question, questions

_SIZES = ("n_teams", "team_size", "teams_per_division", "n_executives", "n_organisations", "improvement_share")
_LIST = "list"


def new(output: Output, request: New) -> None:
    """Write a scenario file that changes nothing yet, with every lever explained; or the study of a question."""
    path, style, kind = request.path, request.style or STATUS_QUO, request.kind or DEFAULT_KIND
    if request.question is not None:
        _of_question(output, request.question, request)
        return
    if path is None:
        raise CivicsimError("new: expected the name of a scenario file, such as my.toml, or --question NAME")
    scenario = Scenario.preset(style, kind)
    write_start(path, _template(scenario, Path(path).name), request.force)
    output.show(
        {"file": path, "style": style, "kind": kind},
        [f"Wrote {path}: {scenario.title} on {kind}, without changes so far."],
        f"change a value in {path}, then civicsim check {path}",
    )


def _of_question(output: Output, name: str, request: New) -> None:
    """Write the scenario and the study of a question into a folder, and show the commands that answer it; or list all."""
    # Loaded only here, so that help starts fast.
    from rich.text import Text

    if name == _LIST:
        rows = [["question", "asks"], *([own.name, own.question] for own in questions().values())]
        output.show([vars(own) for own in questions().values()], [grid(rows)], "civicsim new --question protected-time")
        return
    asked = question(name)
    if request.style or request.kind:
        raise CivicsimError(
            f"--question {name}: sets style and kind itself; change them in scenario.toml and study.toml"
        )
    folder = Path(request.path or name)
    files = {str(folder / file): text for file, text in asked.files().items()}
    write_new({path: text_writer(text) for path, text in files.items()}, request.force)
    study, results = folder / "study.toml", folder / "results"
    commands = [
        f"civicsim study run {study} --out {results}",
        f"civicsim study contrasts {results}",
        f"civicsim study plot {results} {asked.figure}",
        f"civicsim study report {results}",
    ]
    output.show(
        vars(asked) | {"files": list(files), "commands": [f"civicsim study check {study}", *commands]},
        [
            f"Wrote {' and '.join(files)}.",
            "",
            f"Question: {asked.question}",
            f"Expected: {asked.expectation}",
            f"Varied: {asked.varied}.",
            f"Raised by {asked.source}: {asked.raised}",
            "",
            "After the check:",
            # A command that wraps can no longer be copied.
            *(Text(f"    {line}", no_wrap=True) for line in commands),
        ],
        f"civicsim study check {study}",
    )


def write_start(path: str, text: str, force: bool) -> None:
    """Write a file to start from."""
    check_ending(path, (".toml",))
    write_new({path: text_writer(text)}, force)


def _template(scenario: Scenario, name: str) -> str:
    """Return a commented scenario file called ``name`` for a preset."""
    sections = {"structure": _SIZES, "levers": tuple(SECTIONS["levers"])}
    return filled(
        "scenario.toml",
        name=name,
        title=f"{scenario.title}, changed",
        style=scenario.style,
        kind=scenario.kind,
        sections={
            section: [_written(scenario, section, name) for name in names] for section, names in sections.items()
        },
        styles=_listed(styles()),
        kinds=_listed(kinds()),
        shocks=_listed(shocks()),
    )


def _listed(names: Iterable[str]) -> str:
    return "\n#     ".join(textwrap.wrap(", ".join(names), 100, break_on_hyphens=False))


def _written(scenario: Scenario, section: str, name: str) -> tuple[str, str]:
    """Return the meaning of a parameter, and the line that sets it."""
    about, value = SECTIONS[section][name], scenario.value_of(f"{section}.{name}")
    return about.help, f"{name} = {value}    # {range_text(about)}{unit_text(about)}"


def check(output: Output, request: Check) -> None:
    """Read a scenario or style file, and show what it changes."""
    path = request.path
    is_style = sets_levers_only(path)
    # A name without .toml is read as a file here, whatever it is called.
    scenario = load(path) if path.endswith(".toml") else Scenario.read(path)
    base = Scenario.preset() if is_style else Scenario.preset(scenario.style, scenario.kind, scenario.model)
    changes = {key: values for key, values in base.diff(scenario).items() if key in scenario.model.sections.parameters}
    shown = ("title", "style", "kind", "weeks", "burn_in_weeks", "seed")
    data = {
        "file": path,
        "valid": True,
        "what": "style" if is_style else "scenario",
        **{key: getattr(scenario, key) for key in shown},
        "scenario": scenario.digest,
        "changes": {key: {"from": before, "to": after} for key, (before, after) in changes.items()},
    }
    lines = _check_lines(path, scenario, is_style, changes)
    output.show(data, lines, f"civicsim compare {path}   (with the status quo, on matched runs)")


def _check_lines(path: str, scenario: Scenario, is_style: bool, changes: dict[str, tuple[Any, Any]]) -> Iterator[Line]:
    yield f"{path} is a valid {'style' if is_style else 'scenario'}: {scenario.title}"
    if not is_style:
        size = size_text(scenario)
        yield f"{size}; {counted(scenario.weeks, 'week')} after {scenario.burn_in_weeks} of burn-in"
    against = STATUS_QUO if is_style else f"{scenario.style} on {scenario.kind}"
    if changes:
        yield from (f"{counted(len(changes), 'value differs', 'values differ')} from {against}:", "")
        rows = [["value", "from", "to", "range"]]
        for key, (before, after) in changes.items():
            about = scenario.model.sections.parameters[key]
            rows.append([key, value_text(before), value_text(after), range_text(about) + unit_text(about)])
        yield grid(rows, indent=2)
    elif not scenario.interventions:
        yield f"It changes nothing in {against}."
    if scenario.interventions:
        yield from ("", "Interventions and shocks:")
    for event in scenario.interventions:
        never = " (after the last week: it never happens)" if event.week >= scenario.weeks else ""
        span = f", for {counted(event.weeks, 'week')}" if event.weeks else ""
        yield f"  week {event.week}: {event.name}{span}{never}"
