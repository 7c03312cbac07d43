"""The network of one run as a networkx graph: posts, patients and their ties.

Layers of ties: ``line`` (a post and the one it answers to), ``peer`` (people of different teams who know each
other), ``patient`` (a patient and each post of the team that gives most of the care), and, where asked for,
``team`` (all posts of a team with one another; dense).
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from civicsim.model.cohort import Cohort
from civicsim.model.organisation import PATIENT_GROUPS, PROFESSIONS, ROLES

_STATES = ("exhaustion", "safety", "efficacy", "motivation", "belonging", "trust")
_Node = tuple[str, dict[str, Any]]
_Edge = tuple[str, str]


def to_networkx(cohort: Cohort, run: int = 0, *, team_layer: bool = False) -> nx.Graph:
    """Return people, patients and ties of one run, as they are now.

    Parameters
    ----------
    cohort : Cohort
        Runs in one set of tables.
    run : int
        Which of them, from 0.
    team_layer : bool
        Whether to tie all posts of a team with one another too.

    Returns
    -------
    networkx.Graph
        Nodes ``person-0``, ``person-1``, … and ``patient-0``, … in the order of the tables. A post has a role, a
        profession, an organisation, whether it is vacant, the states of its holder (0-1), and, where it has them, a
        team and a division, counted within the organisation. A patient has a role, a group, an organisation, a team,
        a division, activation and satisfaction (0-1). An edge has a ``layer``; a pair tied in two layers has both
        names, joined by ``+``.

    Raises
    ------
    ValueError
        If the cohort has no such run.
    """
    organisations = np.flatnonzero(cohort.organisation["run"] == run)
    if len(organisations) == 0:
        raise ValueError(f"run = {run}: expected a run of the cohort, from 0 to {cohort.organisation['run'].max()}")
    graph = nx.Graph(seed=int(cohort.organisation["seed"][organisations[0]]), week=int(cohort.week))
    for o in organisations.tolist():
        graph.add_nodes_from(_people(cohort, o))
        graph.add_nodes_from(_patients(cohort, o))
    layers = {"line": _line_ties, "team": _team_ties, "peer": _peer_ties, "patient": _patient_ties}
    for layer, ties in layers.items():
        if layer == "team" and not team_layer:
            continue
        for o in organisations.tolist():
            for one, other in ties(cohort, o):
                both = graph.get_edge_data(one, other)
                known = both["layer"].split("+") if both else []
                if layer not in known:
                    graph.add_edge(one, other, layer="+".join([*known, layer]))
    return graph


def write_graphml(graph: nx.Graph, path: str | Path) -> None:
    """Write a graph as GraphML, which Gephi, Cytoscape, yEd and igraph read.

    Parameters
    ----------
    graph : networkx.Graph
        From :func:`to_networkx`.
    path : str or Path
        Where to write it.
    """
    nx.write_graphml_xml(graph, path)


def write_gexf(graph: nx.Graph, path: str | Path) -> None:
    """Write a graph as GEXF, which Gephi reads.

    Parameters
    ----------
    graph : networkx.Graph
        From :func:`to_networkx`.
    path : str or Path
        Where to write it.
    """
    text = "\n".join(nx.generate_gexf(graph))
    # The day of writing would make two files of the same graph differ.
    text = re.sub(r' lastmodifieddate="[^"]*"', "", text, count=1)
    Path(path).write_text(text + "\n", encoding="utf-8", newline="\n")


def write_csv(graph: nx.Graph, ties: str | Path, people: str | Path) -> None:
    """Write a graph as two tables: ties with their layer, and people with all their attributes.

    Parameters
    ----------
    graph : networkx.Graph
        From :func:`to_networkx`.
    ties, people : str or Path
        Where to write them.
    """
    rows: list[dict[str, Any]] = [{"source": a, "target": b, **about} for a, b, about in graph.edges(data=True)]
    _write_rows(ties, ["source", "target", "layer"], rows)
    rows = [{"node": node, **about} for node, about in graph.nodes(data=True)]
    _write_rows(people, list(dict.fromkeys(name for row in rows for name in row)), rows)


def _write_rows(path: str | Path, columns: list[str], rows: list[dict[str, Any]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _name(cohort: Cohort, row: int) -> str:
    return f"person-{cohort.person['key'][row]}"


def _division_of_team(cohort: Cohort, o: int, team: int) -> dict[str, int]:
    return {"team": team - int(cohort.organisation["first_team"][o]), "division": int(cohort.team["division"][team])}


def _people(cohort: Cohort, o: int) -> Iterator[_Node]:
    about, person = cohort.organisation[o], cohort.person
    first_divisional = int(about["first_person"] + about["n_staff"] + about["n_teams"])
    for row in range(int(about["first_person"]), int(about["first_person"] + about["n_persons"])):
        post = person[row]
        values: dict[str, Any] = {
            "role": ROLES[post["role"]],
            "profession": PROFESSIONS[post["profession"]],
            "organisation": int(about["key"]),
            "vacant": bool(post["vacant"]),
        }
        if post["team"] >= 0:
            values |= _division_of_team(cohort, o, int(post["team"]))
        elif ROLES[post["role"]] == "divisional manager":
            values["division"] = row - first_divisional
        values |= {state: float(post[state]) for state in _STATES}
        yield _name(cohort, row), values


def _patients(cohort: Cohort, o: int) -> Iterator[_Node]:
    about = cohort.organisation[o]
    first = int(about["first_patient"])
    for patient in cohort.patient[first : first + int(about["n_patients"])]:
        yield (
            f"patient-{patient['key']}",
            {
                "role": "patient",
                "group": PATIENT_GROUPS[patient["group"]],
                "organisation": int(about["key"]),
                **_division_of_team(cohort, o, int(patient["team"])),
                "activation": float(patient["activation"]),
                "satisfaction": float(patient["satisfaction"]),
            },
        )


def _posts(cohort: Cohort, team: int) -> list[str]:
    first = int(cohort.team["first_person"][team])
    return [_name(cohort, row) for row in range(first, first + int(cohort.team["n_posts"][team]))]


def _teams(cohort: Cohort, o: int) -> range:
    first = int(cohort.organisation["first_team"][o])
    return range(first, first + int(cohort.organisation["n_teams"][o]))


def _line_ties(cohort: Cohort, o: int) -> Iterator[_Edge]:
    manager, about = cohort.manager, cohort.organisation[o]
    for team in _teams(cohort, o):
        superior = _name(cohort, manager["person"][cohort.team["manager"][team]])
        yield from ((post, superior) for post in _posts(cohort, team))
    first = int(about["first_manager"])
    for one in manager[first : first + int(about["n_managers"])]:
        if one["superior"] >= 0:
            yield _name(cohort, one["person"]), _name(cohort, manager["person"][one["superior"]])


def _team_ties(cohort: Cohort, o: int) -> Iterator[_Edge]:
    for team in _teams(cohort, o):
        yield from itertools.combinations(_posts(cohort, team), 2)


def _peer_ties(cohort: Cohort, o: int) -> Iterator[_Edge]:
    about = cohort.organisation[o]
    first = int(about["first_person"])
    rows, slots = np.nonzero(cohort.ties[first : first + int(about["n_persons"])] >= 0)
    for row, slot in zip((rows + first).tolist(), slots.tolist(), strict=True):
        other = int(cohort.ties[row, slot])
        # Each tie stands at both its ends.
        if row < other:
            yield _name(cohort, row), _name(cohort, other)


def _patient_ties(cohort: Cohort, o: int) -> Iterator[_Edge]:
    about = cohort.organisation[o]
    first = int(about["first_patient"])
    for patient in cohort.patient[first : first + int(about["n_patients"])]:
        for post in _posts(cohort, int(patient["team"])):
            yield f"patient-{patient['key']}", post
