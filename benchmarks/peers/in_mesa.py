"""The workload in Mesa: agents on the cells of a network, activated stage by stage, with a data collector."""

import sys

import mesa
import networkx as nx
import numpy as np
from mesa.discrete_space import CellAgent, Network
from objects import SHOWN, STAGES, Behaviour, Together, read, serve


class Person(CellAgent, Behaviour):
    """A member of staff."""

    def friends(self):
        """Return those on neighbouring cells."""
        return self.cell.neighborhood.agents


class Team(mesa.Agent, Together):
    """A team."""

    def step(self):
        """Begin a week."""
        self.gather(self.model.rng)


class Organisation(mesa.Model):
    """All staff and teams."""

    def __init__(self, arrays, numbers, rng=None):
        super().__init__(rng=rng)
        graph = nx.DiGraph()
        graph.add_nodes_from(range(len(arrays["team"])))
        graph.add_edges_from(arrays["ties"].tolist())
        self.network = Network(graph, capacity=1, random=self.random)
        teams = {number: Team(self) for number in np.unique(arrays["team"])}
        own = [name for name in arrays if name not in ("team", "ties")]
        for k, number in enumerate(arrays["team"]):
            person = Person(self)
            person.begin({name: arrays[name][k] for name in own}, numbers, self.rng)
            person.team, person.cell = teams[number], self.network[k]
        by_team = self.agents_by_type[Person].groupby("team")
        for team, members in by_team:
            team.members = members
        reporters = {
            name: (lambda model, name=name: model.agents_by_type[Person].agg(name, np.mean))
            for name in (*SHOWN, "voiced")
        }
        self.collected = mesa.DataCollector(model_reporters=reporters)

    def step(self):
        """Simulate a week."""
        self.agents_by_type[Team].do("step")
        for stage in STAGES:
            self.agents_by_type[Person].do(stage)
        self.collected.collect(self)


def simulate(model, weeks):
    """Simulate some weeks and return their means."""
    for _ in range(weeks):
        model.step()
    return model.collected.get_model_vars_dataframe().mean().to_dict()


arrays, numbers = read(sys.argv[1])
serve(lambda: Organisation(arrays, numbers), simulate)
