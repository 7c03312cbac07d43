"""The network of one run as a networkx graph: posts, patients and their ties.

Layers of ties: ``line`` (a post and the one it answers to), ``peer`` (people of different teams who know each
other), ``patient`` (a patient and each post of the team that gives most of the care), and, where asked for,
``team`` (all posts of a team with one another; dense).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from civicsim.model.cohort import Cohort
from civicsim.model.organisation import DIVISIONAL_MANAGER, PATIENT_GROUPS, PROFESSIONS, ROLES

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
        for one, other in itertools.chain.from_iterable(ties(cohort, o) for o in organisations.tolist()):
            known = graph.get_edge_data(one, other, {"layer": ""})["layer"].split("+")
            if layer not in known:
                graph.add_edge(one, other, layer="+".join(filter(None, [*known, layer])))
    return graph


def write_graphml(graph: nx.Graph, path: str | Path) -> None:
    """Write a graph of :func:`to_networkx` as GraphML, which Gephi, Cytoscape, yEd and igraph read."""
    nx.write_graphml_xml(graph, path)


def write_gexf(graph: nx.Graph, path: str | Path) -> None:
    """Write a graph of :func:`to_networkx` as GEXF, which Gephi reads."""
    text = "\n".join(nx.generate_gexf(graph))
    # The day of writing would make two files of the same graph differ.
    text = re.sub(r' lastmodifieddate="[^"]*"', "", text, count=1)
    Path(path).write_text(text + "\n", encoding="utf-8", newline="\n")


def write_ties(graph: nx.Graph, path: str | Path) -> None:
    """Write the ties of a graph of :func:`to_networkx` with their layer, as CSV."""
    edges = pd.DataFrame(graph.edges(data="layer"), columns=["source", "target", "layer"])
    edges.to_csv(path, index=False, lineterminator="\n")


def write_people(graph: nx.Graph, path: str | Path) -> None:
    """Write the people and patients of a graph of :func:`to_networkx` with all their attributes, as CSV."""
    # As objects, so that numbers stay what they are beside those who have none.
    nodes = pd.DataFrame([{"node": node, **about} for node, about in graph.nodes(data=True)], dtype=object)
    nodes.to_csv(path, index=False, lineterminator="\n")


def _rows(cohort: Cohort, o: int, table: str) -> range:
    """Return the rows of an organisation in another table."""
    first = int(cohort.organisation[f"first_{table}"][o])
    return range(first, first + int(cohort.organisation[f"n_{table}s"][o]))


def _name(cohort: Cohort, row: int) -> str:
    return f"person-{cohort.person['key'][row]}"


def _place(cohort: Cohort, o: int, team: int) -> dict[str, int]:
    """Return a team and its division, counted within the organisation."""
    return {"team": team - int(cohort.organisation["first_team"][o]), "division": int(cohort.team["division"][team])}


def _people(cohort: Cohort, o: int) -> Iterator[_Node]:
    about = cohort.organisation[o]
    first_divisional = int(about["first_person"] + about["n_staff"] + about["n_teams"])
    for row in _rows(cohort, o, "person"):
        post = cohort.person[row]
        values: dict[str, Any] = {
            "role": ROLES[post["role"]],
            "profession": PROFESSIONS[post["profession"]],
            "organisation": int(about["key"]),
            "vacant": bool(post["vacant"]),
        }
        if post["team"] >= 0:
            values |= _place(cohort, o, int(post["team"]))
        elif post["role"] == DIVISIONAL_MANAGER:
            values["division"] = row - first_divisional
        yield _name(cohort, row), values | {state: float(post[state]) for state in _STATES}


def _patients(cohort: Cohort, o: int) -> Iterator[_Node]:
    for patient in cohort.patient[_rows(cohort, o, "patient")]:
        values: dict[str, Any] = {"role": "patient", "group": PATIENT_GROUPS[patient["group"]]}
        values |= {"organisation": int(cohort.organisation["key"][o]), **_place(cohort, o, int(patient["team"]))}
        values |= {state: float(patient[state]) for state in ("activation", "satisfaction")}
        yield f"patient-{patient['key']}", values


def _posts(cohort: Cohort, team: int) -> list[str]:
    first = int(cohort.team["first_person"][team])
    return [_name(cohort, row) for row in range(first, first + int(cohort.team["n_posts"][team]))]


def _line_ties(cohort: Cohort, o: int) -> Iterator[_Edge]:
    manager = cohort.manager
    for team in _rows(cohort, o, "team"):
        superior = _name(cohort, manager["person"][cohort.team["manager"][team]])
        yield from ((post, superior) for post in _posts(cohort, team))
    for one in manager[_rows(cohort, o, "manager")]:
        if one["superior"] >= 0:
            yield _name(cohort, one["person"]), _name(cohort, manager["person"][one["superior"]])


def _team_ties(cohort: Cohort, o: int) -> Iterator[_Edge]:
    for team in _rows(cohort, o, "team"):
        yield from itertools.combinations(_posts(cohort, team), 2)


def _peer_ties(cohort: Cohort, o: int) -> Iterator[_Edge]:
    for row in _rows(cohort, o, "person"):
        # Each tie stands at both its ends.
        yield from ((_name(cohort, row), _name(cohort, other)) for other in cohort.ties[row] if other > row)


def _patient_ties(cohort: Cohort, o: int) -> Iterator[_Edge]:
    for patient in cohort.patient[_rows(cohort, o, "patient")]:
        yield from ((f"patient-{patient['key']}", post) for post in _posts(cohort, int(patient["team"])))
