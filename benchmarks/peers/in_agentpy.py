"""The workload in AgentPy: lists of agents on a network, which record themselves."""

import sys

import agentpy as ap
import networkx as nx
import numpy as np
from objects import SHOWN, STAGES, Behaviour, Together, read, serve


class Person(Behaviour, ap.Agent):
    """A member of staff."""

    def friends(self):
        """Return neighbours in the network."""
        return self.model.network.neighbors(self)


class Team(Together, ap.Agent):
    """A team."""


class Organisation(ap.Model):
    """All staff and teams."""

    def setup(self):
        """Make teams, staff and network."""
        arrays, numbers = self.p.arrays, self.p.numbers
        names, index = np.unique(arrays["team"], return_inverse=True)
        self.teams, self.staff = ap.AgentList(self, len(names), Team), ap.AgentList(self, len(index), Person)
        own = [name for name in arrays if name not in ("team", "ties")]
        for k, person in enumerate(self.staff):
            person.begin({name: arrays[name][k] for name in own}, numbers, self.nprandom)
            person.team = self.teams[int(index[k])]
        for k, team in enumerate(self.teams):
            team.members = self.staff.select(index == k)
        graph = nx.DiGraph()
        graph.add_nodes_from(range(len(index)))
        graph.add_edges_from(arrays["ties"].tolist())
        self.network = ap.Network(self, graph)
        self.network.add_agents(self.staff, self.network.nodes)

    def step(self):
        """Simulate a week."""
        self.teams.gather(self.nprandom)
        for stage in STAGES:
            getattr(self.staff, stage)()

    def update(self):
        """Record means."""
        if self.t:
            for name in (*SHOWN, "voiced"):
                self.record(name, np.mean(list(getattr(self.staff, name))))


def simulate(model, weeks):
    """Simulate some weeks and return their means."""
    for _ in range(weeks):
        model.sim_step()
    return {name: float(np.mean(model.log[name])) for name in (*SHOWN, "voiced")}


def begin():
    """Return a model that is set up."""
    model = Organisation({"arrays": arrays, "numbers": numbers})
    model.sim_setup(steps=10**6)
    return model


arrays, numbers = read(sys.argv[1])
serve(begin, simulate)
