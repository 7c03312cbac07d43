"""The commands ``org import``, ``org export`` and ``org example``."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path

import pandas as pd

import civicsim
from civicsim import checks
from civicsim.cli.commands import OrgExample, OrgExport, OrgImport
from civicsim.cli.files import check_free, filled, text_writer, write_new
from civicsim.cli.output import Output
from civicsim.cli.progress import progress
from civicsim.cli.scenarios import scenario_of
from civicsim.errors import CivicsimError
from civicsim.experiment.wording import counted
from civicsim.report.importing import staff_lines, tie_lines
from civicsim.report.spreadsheets import without_formulas
from civicsim.report.words import size_text
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.sizes import n_posts
from civicsim.staffing.importing import import_organisation
from civicsim.staffing.people import ALLOWED, NEEDED
from civicsim.staffing.professions import read_own
from civicsim.staffing.ties import ENDS, WEIGHT

EXAMPLE = Path(civicsim.__file__).parent / "staffing" / "example"


def read(output: Output, request: OrgImport) -> None:
    """Read a staff table and a table of ties, and write a kind of organisation."""
    out, key = request.out, request.key
    inputs = [Path(path).resolve() for path in (request.staff, request.ties, request.professions) if path]
    for option, path in (("--out", out), ("--key", key)):
        if path is not None and Path(path).resolve() in inputs:
            raise CivicsimError(f"{option} {path}: is one of the tables to read")
    if key is not None and Path(key).resolve() == Path(out).resolve():
        raise CivicsimError(f"--key {key}: is the same file as --out")
    columns = _columns(request)
    own = read_own(request.profession, request.professions)
    found = import_organisation(
        request.staff,
        request.ties,
        own=own,
        columns=columns,
        node_name=request.node_name,
        skip_unknown=request.skip_unknown,
        teams_per_division=request.teams_per_division,
    )
    staff, mapped, ties, kept = found.staff, found.mapped, found.ties, found.kept
    if kept is not None and kept.warning:
        output.warn(kept.warning)
    roster, notes = found.roster, list(found.notes)
    about = {key: getattr(roster, key) for key in ("teams", "ties")}
    about |= {key: list(getattr(roster, key)) for key in ("divisions", "superiors")}
    texts = {out: filled("kind.toml", name=Path(out).name, n_executives=mapped.n_executives, **about)}
    if key is not None:
        names = {"team": mapped.team_names, "division": mapped.division_names}
        rows = [[what, number, name] for what, written in names.items() for number, name in enumerate(written)]
        named = without_formulas(pd.DataFrame(rows, columns=["what", "number", "name"]))
        texts[key] = named.to_csv(index=False, lineterminator="\n")
    write_new({path: text_writer(text) for path, text in texts.items()}, output.force)
    size = size_text(Scenario.preset(kind=out))
    data = {"file": out, "people": len(staff.people), "posts": roster.n_staff, "teams": len(roster.teams)}
    data |= {"divisions": len(roster.divisions), "executives": mapped.n_executives, "levels": mapped.levels}
    data |= {"ties_read": len(ties.ties) if ties else 0, "ties": len(kept.pairs) if kept else None, "notes": notes}
    data |= {"columns": staff.used, "ties_from": ties and ties.used, "warnings": output.warnings}
    lines = [f"Wrote {out}: {size}.", "", *staff_lines(found), "", *tie_lines(found)]
    if notes:
        lines += ["", "Mapped or left out:", *(f"  {note}." for note in notes)]
    if key is not None:
        lines += ["", f"Wrote {key}: the number of each team and division. Keep this file private."]
    output.show(data, lines, f"civicsim compare civic-culture --kind {out}")


def _columns(request: OrgImport) -> dict[str, str]:
    """Return the columns that are called otherwise than what they stand for, by what they stand for."""
    found = {}
    roles = (*NEEDED, *ALLOWED, *ENDS, WEIGHT)
    for text in request.column:
        role, _, name = (part.strip() for part in text.partition("="))
        if not name:
            raise CivicsimError(f"--column {text}: expected COLUMN=NAME, for example person=EmpID")
        checks.choice(role, f"--column {text}: column", roles)
        if role in (*ENDS, WEIGHT) and request.ties is None:
            raise CivicsimError(f"--column {text}: there are no --ties")
        found[role] = name
    for option, given in (("--skip-unknown", request.skip_unknown), ("--node-name", request.node_name)):
        if given and request.ties is None:
            raise CivicsimError(f"{option}: there are no --ties")
    return found


def write(output: Output, request: OrgExport) -> None:
    """Write the network of a scenario's first run, as it is built or after some weeks."""
    out, week = request.out, request.week
    ending, scenario = Path(out).suffix.lower(), scenario_of(request)
    people = str(Path(out).with_name(f"{Path(out).stem}-people.csv"))
    check_free([people] if ending == ".csv" else [], output.force)
    from civicsim.experiment.graphs import to_networkx, write_gexf, write_graphml, write_people, write_ties
    from civicsim.experiment.run import burn_in, simulate, switch_to

    if week is None:
        cohort = burn_in(dataclasses.replace(scenario, burn_in_weeks=0), [scenario.seed])
        when = "as it is built"
    else:
        work = n_posts(scenario) * (scenario.burn_in_weeks + week)
        with progress(output, float(work)) as report:
            cohort = switch_to(burn_in(scenario, [scenario.seed], progress=report), scenario)
            simulate(cohort, week, progress=report)
        when = f"after {counted(scenario.burn_in_weeks, 'week')} of burn-in and {week} more"
    graph = to_networkx(cohort, team_layer=request.team_ties)
    files = {out: partial({".graphml": write_graphml, ".gexf": write_gexf, ".csv": write_ties}[ending], graph)}
    if ending == ".csv":
        files[people] = partial(write_people, graph)
    write_new(files, output.force)
    nodes, ties = graph.number_of_nodes(), graph.number_of_edges()
    data = {"files": list(files), "scenario": scenario.digest, "nodes": nodes, "ties": ties}
    output.show(
        {**data, "week": week, "seed": scenario.seed},
        [f"Wrote {' and '.join(files)}: {nodes:,} people and patients and {ties:,} ties, {when}."],
        "open it in Gephi, Cytoscape or networkx; the states of people are attributes of the nodes",
    )


def example(output: Output, request: OrgExample) -> None:
    """Write a made-up staff table and a table of ties."""
    texts = {
        str(Path(request.folder) / name): (EXAMPLE / name).read_text("utf-8") for name in ("ties.csv", "staff.csv")
    }
    write_new({path: text_writer(text) for path, text in texts.items()}, request.force)
    ties, staff = texts
    lines = [f"Wrote {ties} and {staff}: a made-up organisation."]
    output.show({"files": list(texts)}, lines, f"civicsim org import {staff} --ties {ties}")
