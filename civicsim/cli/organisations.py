"""What ``org import``, ``org export`` and ``org example`` do."""

from __future__ import annotations

import csv
import dataclasses
import io
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import civicsim
from civicsim.cli.output import Output
from civicsim.cli.progress import progress
from civicsim.cli.scenarios import Changes, load, n_posts, size_text
from civicsim.errors import CivicsimError
from civicsim.model.roster import Pair, Roster
from civicsim.scenario.scenario import Scenario
from civicsim.staffing.line import Mapped, map_line
from civicsim.staffing.people import Staff, read_staff
from civicsim.staffing.professions import read_own
from civicsim.staffing.ties import keep_ties, read_ties

FORMATS = (".graphml", ".gexf", ".csv")
EXAMPLE = Path(civicsim.__file__).parent / "staffing" / "example"
_MOST_WEEKS = 5200
_HEAD = """\
# A kind of organisation, made by `civicsim org import`. Numbers only: no names, no ids.
# It is still about real people: a small team or a pattern of ties can be recognised. Treat it as staff data.
#
#     civicsim run --kind {name}
#     civicsim compare civic-culture --kind {name}

title = "Own organisation"

[structure]
# Executives, the chief among them. Sizes of teams and divisions and shares of professions are in the roster.
n_executives = {n_executives}

[roster]
# Teams in each division.
divisions = {divisions}
# Whom each division answers to: 0 the chief executive, 1, 2, ... the other executives.
superiors = {superiors}
# Posts of each team: doctors, nurses, allied professions, support staff, administrative staff.
teams = {teams}
"""
_TIES = """\
# Pairs of posts of different teams who know each other. Posts count from 0 through the teams, doctors first in each.
ties = {ties}
"""


# -- in ----------------------------------------------------------------------------------------------------------------


def read(
    output: Output, staff_path: str, ties_path: str | None, out: str, professions: Sequence[str],
    teams_per_division: int, key: str | None, force: bool,
) -> None:  # fmt: skip
    """Read a staff table and a table of ties, and write a kind of organisation.

    Raises
    ------
    CivicsimError
        If a table is wrong, or a file cannot be written.
    """
    if Path(out).suffix != ".toml":
        raise CivicsimError(f"--out {out}: a kind of organisation is called something.toml")
    if teams_per_division < 1:
        raise CivicsimError(f"--teams-per-division {teams_per_division}: expected a whole number from 1")
    inputs = [Path(path).resolve() for path in (staff_path, ties_path) if path is not None]
    for option, path in (("--out", out), ("--key", key)):
        if path is not None and Path(path).resolve() in inputs:
            raise CivicsimError(f"{option} {path}: is a table that is read")
    if key is not None and Path(key).resolve() == Path(out).resolve():
        raise CivicsimError(f"--key {key}: is the same file as --out")
    staff = read_staff(staff_path, read_own(professions))
    mapped = map_line(staff, teams_per_division)
    pairs: tuple[Pair, ...] | None = None
    tie_notes: tuple[str, ...] = ()
    n_ties = 0
    if ties_path is not None:
        ties = read_ties(ties_path, {person.name for person in staff.people})
        pairs, tie_notes = keep_ties(ties, mapped.roster(), mapped.post_of)
        n_ties = len(ties.pairs)
    roster = mapped.roster(pairs)
    written = {out: lambda path: _write_text(path, kind_text(roster, mapped.n_executives, Path(out).name))}
    if key is not None:
        written[key] = lambda path: _write_text(path, key_text(mapped))
    write_files(written, force)
    scenario = Scenario.preset(kind=out)
    if output.json:
        output.data({
            "file": out, "people": len(staff.people), "posts": roster.n_staff, "teams": len(roster.teams),
            "divisions": len(roster.divisions), "executives": mapped.n_executives, "levels": mapped.levels,
            "ties_read": n_ties, "ties": None if pairs is None else len(pairs), "notes": [*mapped.notes, *tie_notes],
        })  # fmt: skip
        return
    output.say(f"Wrote {out}: {size_text(scenario.structure, roster)}.", "")
    output.say(*_about_staff(staff, mapped, roster), "")
    output.say(*_about_ties(pairs, n_ties))
    notes = (*mapped.notes, *tie_notes)
    if notes:
        output.say("", "Mapped or left out:", *(f"  {note}." for note in notes))
    if key is not None:
        output.say("", f"Wrote {key}: which team and division got which number. Keep it to yourself.")
    output.hint(f"Next: civicsim compare civic-culture --kind {out}")


def _about_staff(staff: Staff, mapped: Mapped, roster: Roster) -> list[str]:
    """Return what was read from the staff table, and how the line was mapped, in sentences."""
    n_divisions = len(roster.divisions)
    named = sum(bool(name) for name in mapped.division_names)
    whence = {0: "from the line", n_divisions: "as named"}.get(named, f"{named} as named, others from the line")
    lines = [
        f"Read {len(staff.people):,} people in a line of {mapped.levels} levels. The model has five:",
        f"  {roster.n_staff:>6,}  posts of staff, in teams",
        f"  {len(roster.teams):>6,}  team managers, one for each team",
        f"  {n_divisions:>6,}  divisional managers, one for each division ({whence})",
        f"  {mapped.n_executives - 1:>6,}  executives: right below the top, above divisions or nobody",
        f"  {1:>6,}  chief executive: the person at the top",
    ]
    if staff.other_columns:
        n = staff.other_columns
        lines.append(f"{n} other column{'s' if n > 1 else ''} of the staff table: left aside.")
    if staff.understood:
        lines.append("Professions that were taken for one of the model's:")
        lines += [f"  {text} → {name}" for text, name in staff.understood.items()]
    return lines


def _about_ties(pairs: Sequence[object] | None, n_read: int) -> list[str]:
    if pairs is None:
        return ["No table of ties: ties between teams are drawn, as in any other organisation."]
    kept = f"Kept {len(pairs):,} of {n_read:,} ties"
    return [f"{kept}. They stand at week 0, after the burn-in; then people meet and lose touch."]


def kind_text(roster: Roster, n_executives: int, name: str) -> str:
    """Return a kind of organisation as the text of a TOML file.

    Parameters
    ----------
    roster : Roster
        Its teams, line and ties.
    n_executives : int
        Executives, the chief among them.
    name : str
        Name that the file will have.
    """
    text = _HEAD.format(
        name=name, n_executives=n_executives, divisions=list(roster.divisions), superiors=list(roster.superiors),
        teams=_rows([list(posts) for posts in roster.teams], 1),
    )  # fmt: skip
    return text if roster.ties is None else text + _TIES.format(ties=_rows([list(pair) for pair in roster.ties], 8))


def _rows(items: Sequence[list[int]], per_line: int) -> str:
    lines = [", ".join(map(str, items[at : at + per_line])) for at in range(0, len(items), per_line)]
    return "[\n" + "".join(f"    {line},\n" for line in lines) + "]"


def key_text(mapped: Mapped) -> str:
    """Return which team and division has which number in results, as CSV. People are not in it."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["what", "number", "name"])
    writer.writerows(["team", number, name] for number, name in enumerate(mapped.team_names))
    writer.writerows(["division", number, name] for number, name in enumerate(mapped.division_names))
    return file.getvalue()


# -- out ---------------------------------------------------------------------------------------------------------------


def write(
    output: Output, name: str | None, kind: str | None, changes: Changes, out: str, week: int | None,
    team_ties: bool, force: bool,
) -> None:  # fmt: skip
    """Write the network of a scenario's first run, as it is built or after some weeks.

    Raises
    ------
    CivicsimError
        If the scenario is wrong, or a file cannot be written.
    """
    ending = Path(out).suffix.lower()
    if ending not in FORMATS:
        raise CivicsimError(f"--out {out}: expected a name that ends in {', '.join(FORMATS)}")
    if week is not None and not 0 <= week <= _MOST_WEEKS:
        raise CivicsimError(f"--week {week}: expected a whole number from 0 to {_MOST_WEEKS}")
    scenario = changes.apply(load(name, None, kind))
    people = str(Path(out).with_name(f"{Path(out).stem}-people.csv"))
    check_free([out, *([people] if ending == ".csv" else [])], force)
    from civicsim.experiment.graphs import to_networkx, write_csv, write_gexf, write_graphml
    from civicsim.experiment.run import begin, burn_in, simulate

    if week is None:
        cohort = burn_in(dataclasses.replace(scenario, burn_in_weeks=0), [scenario.seed])
        when = "as it is built"
    else:
        work = n_posts(scenario.structure, scenario.roster) * (scenario.burn_in_weeks + week)
        with progress(output, float(work)) as report:
            cohort = begin(burn_in(scenario, [scenario.seed], progress=report), scenario)
            simulate(cohort, week, progress=report)
        when = f"after {scenario.burn_in_weeks} weeks of burn-in and {week} more"
    graph = to_networkx(cohort, team_layer=team_ties)
    written: dict[str, Callable[[Path], None]] = {
        ".graphml": {out: lambda path: write_graphml(graph, path)},
        ".gexf": {out: lambda path: write_gexf(graph, path)},
        ".csv": {
            out: lambda path: write_csv(graph, path, os.devnull),
            people: lambda path: write_csv(graph, os.devnull, path),
        },
    }[ending]
    write_files(written, force)
    if output.json:
        about = {"nodes": graph.number_of_nodes(), "ties": graph.number_of_edges(), "week": week, "seed": scenario.seed}
        output.data({"files": list(written), "scenario": scenario.digest, **about})
        return
    n_nodes, n_ties = graph.number_of_nodes(), graph.number_of_edges()
    output.say(f"Wrote {' and '.join(written)}: {n_nodes:,} people and patients and {n_ties:,} ties, {when}.")
    output.hint("Next: open it in Gephi, Cytoscape or networkx; the states of people are attributes of the nodes")


# -- to try ------------------------------------------------------------------------------------------------------------


def example(output: Output, folder: str, force: bool) -> None:
    """Write a made-up staff table and a table of ties.

    Raises
    ------
    CivicsimError
        If they cannot be written.
    """
    tables = sorted(EXAMPLE.glob("*.csv"), reverse=True)
    targets = {str(Path(folder) / table.name): table.read_bytes() for table in tables}
    write_files({path: partial(_write_bytes, held) for path, held in targets.items()}, force)
    if output.json:
        output.data({"files": list(targets)})
        return
    output.say(f"Wrote {' and '.join(targets)}: a made-up organisation.")
    ties, staff = sorted(targets, key=lambda path: Path(path).name, reverse=True)
    output.hint(f"Next: civicsim org import {staff} --ties {ties}")


def check_free(paths: Sequence[str], force: bool) -> None:
    """Raise an error if a file is there that must not be written over, or is a folder."""
    for path in paths:
        if Path(path).is_dir():
            raise CivicsimError(f"{path}: is a folder")
        if Path(path).exists() and not force:
            raise CivicsimError(f"{path}: is there already; add --force to write over it")


def write_files(written: dict[str, Callable[[Path], None]], force: bool) -> None:
    """Write files, each by way of another name so that it is there whole or not at all."""
    check_free(list(written), force)
    for path, put in written.items():
        target = Path(path)
        temporary = target.parent / f".{target.stem}-{os.getpid()}{target.suffix}"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            put(temporary)
            os.replace(temporary, target)
        except OSError as error:
            raise CivicsimError(f"{path}: cannot be written ({error.strerror or error})") from None
        finally:
            temporary.unlink(missing_ok=True)


def _write_bytes(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
