"""How organisations are built: people, teams, practices, ties and patients at the start.

Each run is built from its own seed, so that it does not depend on the others in a cohort.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from civicsim.engine.parameters import as_row, column_dtype
from civicsim.engine.table import Table
from civicsim.errors import ScenarioError
from civicsim.model.cohort import Cohort, Tables, blank, set_levers, stack
from civicsim.model.levers import Levers
from civicsim.model.linked import teams_of_linked, tie_across
from civicsim.model.networks import add_ties, count_neighbours, draw_ties, drop_ties_of
from civicsim.model.organisation import (
    CHIEF,
    DIVISIONAL_MANAGER,
    ENACTED,
    EXECUTIVE,
    LONG_AGO,
    N_NEIGHBOURS,
    N_PATIENT_GROUPS,
    N_PROBLEMS,
    N_TIES,
    PROFESSIONS,
    STAFF,
    TEAM_MANAGER,
)
from civicsim.model.roster import Roster
from civicsim.model.structure import GROUPS, Population, Structure

AT_FIRST = (0.02, 0.98)
"""What people bring along lies between these. Assumption: no one is at the very end of a scale."""
DEMAND = (0.5, 1.5)
"""Bounds of a team's demand, as a multiple of the mean. Assumption: beyond them a team would not be set up like that."""
LEAST_WEEKS_TO_FILL = 4.0
"""Least mean time to fill a vacancy of an organisation. Assumption: no organisation hires faster than within a month."""


def layout_of_professions(structure: Structure) -> np.ndarray:
    """Return the profession of each post of a team, sorted, by largest remainders of the shares."""
    weights = np.array([getattr(structure, f"share_{name}") for name in PROFESSIONS])
    exact = weights / weights.sum() * structure.team_size
    counts = np.floor(exact).astype(int)
    for index in np.argsort(counts - exact, kind="stable")[: structure.team_size - counts.sum()]:
        counts[index] += 1
    return np.repeat(np.arange(len(PROFESSIONS)), counts)


def _normal(rng: np.random.Generator, mean: float, sd: float, n: int) -> np.ndarray:
    return np.clip(mean + sd * rng.standard_normal(n), *AT_FIRST)


def _fill_people(person: np.ndarray, rng: np.random.Generator, population: Population, sections: Any) -> None:
    """Give every post an occupant with the attitudes and the skill of the population, as far as turnover has left them."""
    n = len(person)
    for state in ("exhaustion", "safety", "efficacy"):
        mean, sd = getattr(population, f"{state}_mean"), getattr(population, f"{state}_sd")
        person[state] = person[f"{state}_anchor"] = _normal(rng, mean, sd, n)
    for state in ("motivation", "belonging", "trust", "agency"):
        mean = getattr(population, f"{state}_mean")
        mean += population.agency_bias if state == "agency" else 0.0
        person[state] = person[f"{state}_anchor"] = _normal(rng, mean, population.attitude_sd, n)
    person["skill"] = _normal(rng, population.skill_mean, population.skill_sd, n)
    person["alignment"] = _normal(rng, population.alignment_mean, population.alignment_sd, n)
    _have_served(person, rng, population, sections)
    person["vacant"] = rng.random(n) < population.vacant_share
    person["headspace"] = population.headspace_start
    learned = 1.0 - np.exp(-person["tenure"] / population.remembered_weeks)
    person["answered_memory"], person["acted_memory"] = (
        population.answered_start * learned,
        population.acted_start * learned,
    )
    person["load"] = 1.0


def _reasons_to_leave(sections: Any) -> dict[str, float]:
    """Return how much a unit more of what a person brought along changes the log of the weekly chance of leaving.

    What counts is what becomes of it once the person has settled in. Exhaustion lies κ₀/(κ₀+κ_C) of the way from that of
    colleagues to a person's own. Belonging keeps a share w of what was brought along, and each unit of it takes κ_S/(κ₀+κ_C)
    off exhaustion.
    """
    turnover, tiring, motivation = sections["turnover"], sections["exhaustion"], sections["motivation"]
    if not turnover.enabled:
        return dict.fromkeys(("exhaustion", "trust", "belonging"), 0.0)
    pull = tiring.return_rate + tiring.contagion
    kept, relieved = (tiring.return_rate / pull, tiring.support_weight / pull) if tiring.enabled else (1.0, 0.0)
    own = motivation.belonging_own if motivation.enabled else 1.0
    return {
        "exhaustion": turnover.exit_exhaustion * kept,
        "trust": -turnover.exit_trust,
        "belonging": -own * (turnover.exit_belonging + turnover.exit_exhaustion * relieved),
    }


def _have_served(person: np.ndarray, rng: np.random.Generator, population: Population, sections: Any) -> None:
    """Make the first staff those whom turnover has left, not newcomers: else the status quo drifts until all are replaced.

    Where people come with a normal trait of spread σ and leave at a rate h·exp(e·x), those who are there have the mean μ − σ²e
    and the same spread: each is as frequent as they come, times how long they stay. And a person of rate r has been in post
    for an exponential time with mean 1/r.
    """
    leaving = np.zeros(len(person))
    for state, slope in _reasons_to_leave(sections).items():
        spread = population.exhaustion_sd if state == "exhaustion" else population.attitude_sd
        person[state] = person[f"{state}_anchor"] = np.clip(person[state] - spread**2 * slope, *AT_FIRST)
        leaving += slope * person[state]
    rate = np.exp(leaving)
    person["tenure"] = rng.geometric(np.minimum(1.0, population.tenure_rate * rate / rate.mean()))
    person["skill"] += (1.0 - np.exp(-population.skill_growth * person["tenure"])) * (1.0 - person["skill"])


def _build_landscape(
    rng: np.random.Generator, population: Population, n_teams: int, m: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the dimensions, the practices with their local realities, and the patients' needs."""
    dimension, practice, need = (
        blank("dimension", 1, m),
        blank("practice", n_teams, m),
        blank("need", 1, N_PATIENT_GROUPS, m),
    )
    d = dimension[0]
    d["truth"] = np.where(rng.random(m) < 0.5, 1, -1)
    d["safety_critical"] = rng.random(m) < population.safety_critical_share
    kappa = population.kappa_low + (population.kappa_high - population.kappa_low) * rng.random(m)
    d["kappa"] = np.where(d["safety_critical"] == 1, 1.0, kappa)
    d["measured_rank"] = rng.random(m)
    d["staff_visible"] = rng.random(m) < population.staff_visible_share
    d["patient_visible"] = rng.random(m) < population.patient_visible_share
    d["cross_boundary"] = rng.random(m) < population.cross_boundary_share
    u = rng.random(m)
    right, silent = population.code_right_share, population.code_silent_share
    d["code"] = np.where(u < right, d["truth"], np.where(u < right + silent, 0, -d["truth"]))
    agrees = rng.random((n_teams, m)) < (1 + d["kappa"]) / 2
    practice["reality"] = np.where(agrees, d["truth"], -d["truth"])
    follows = rng.random((n_teams, m)) < population.practice_follows_code
    fits = rng.random((n_teams, m)) < population.practice_fits
    elsewise = np.where(fits, practice["reality"], rng.integers(-1, 2, (n_teams, m)))
    practice["value"] = np.where(follows, d["code"], elsewise)
    practice["previous"] = practice["value"]
    practice["adopted_week"] = LONG_AGO
    practice["idea_raiser"] = -1
    weights = rng.exponential(1.0, (N_PATIENT_GROUPS, m))
    need["weight"][0] = weights / weights.sum(axis=1, keepdims=True)
    return dimension, practice, need


@dataclass(frozen=True)
class _Shape:
    """Who stands where: division and posts of each team, profession of each post, executive above each division."""

    division: np.ndarray
    posts: np.ndarray
    profession: np.ndarray
    executive: np.ndarray
    n_executives: int

    @property
    def n_teams(self) -> int:
        """Teams, and as many team managers."""
        return len(self.division)

    @property
    def n_divisions(self) -> int:
        """Divisions, and as many divisional managers."""
        return len(self.executive)

    @property
    def n_staff(self) -> int:
        """Posts of staff."""
        return int(self.posts.sum())

    @property
    def n_managers(self) -> int:
        """Managers of teams and divisions, and executives."""
        return self.n_teams + self.n_divisions + self.n_executives

    @property
    def team_of(self) -> np.ndarray:
        """Team of each post of staff."""
        return np.repeat(np.arange(self.n_teams), self.posts)


def _shape(structure: Structure, roster: Roster | None) -> _Shape:
    """Return the shape of an organisation; executives count from 0, and the last one is the chief."""
    s = structure
    if roster is None:
        n_divisions = -(-s.n_teams // s.teams_per_division)
        division = np.arange(s.n_teams) * n_divisions // s.n_teams
        posts = np.full(s.n_teams, s.team_size)
        profession = np.tile(layout_of_professions(s), s.n_teams)
    else:
        n_divisions, division = len(roster.divisions), roster.division_of_team
        posts, profession = roster.sizes, roster.profession
    executive = np.arange(n_divisions) % max(s.n_executives - 1, 1)
    if roster is not None and roster.superiors:
        executive = (np.array(roster.superiors) - 1) % s.n_executives
    return _Shape(division, posts, profession, executive, s.n_executives)


def _draw_ties(s: Structure, shape: _Shape, rng: np.random.Generator, roster: Roster | None) -> np.ndarray:
    """Return the ties of staff given by a roster, or else draw them."""
    team_of = shape.team_of
    if roster is None or roster.ties is None:
        outside = s.tie_outside if s.n_organisations > 1 else 0.0
        mean = s.ties_per_person * (1.0 - outside)
        return draw_ties(rng, team_of, shape.division, shape.profession, mean, s.tie_proximity, s.tie_homophily)
    ties = np.full((len(team_of), N_TIES), -1, dtype=np.int32)
    _add_pairs(ties, roster.ties)
    return ties


def _add_pairs(ties: np.ndarray, pairs: tuple[tuple[int, int], ...], first: int = 0) -> None:
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2) + first
    add_ties(ties, ends[:, 0].copy(), ends[:, 1].copy())


def renew_ties(cohort: Cohort, roster: Roster) -> None:
    """Put the ties of a roster in place of those that have come about, in every run; posts that are empty have none.

    Raises
    ------
    ScenarioError
        If the cohort was built otherwise.
    """
    if roster.ties is None:
        return
    posts = cohort.team["n_posts"].reshape(cohort.n_organisations, -1)
    if posts.shape[1] != len(roster.teams) or (posts != roster.sizes).any():
        raise ScenarioError("the cohort to start from was built with another [roster]")
    cohort.ties[:] = -1
    for first in cohort.organisation["first_person"]:
        _add_pairs(cohort.ties, roster.ties, int(first))
    drop_ties_of(cohort.ties, np.flatnonzero(cohort.person["vacant"]))
    count_neighbours(
        0, cohort.n_organisations, cohort.organisation, cohort.team, cohort.person, cohort.ties, cohort.neighbour
    )


def _build_people(
    rng: np.random.Generator, population: Population, sections: Any, shape: _Shape, filled: bool
) -> Table:
    """Return people by post: staff by team, then managers of teams, of divisions, executives, and the chief."""
    n_staff, n_teams, n_managers = shape.n_staff, shape.n_teams, shape.n_managers
    person = blank("person", n_staff + n_managers)
    _fill_people(person, rng, population, sections)
    if filled:
        person["vacant"] = 0
    person["vacant"][-1] = 0
    person["role"][:n_staff] = STAFF
    person["role"][n_staff:] = EXECUTIVE
    person["role"][n_staff:][: n_teams + shape.n_divisions] = DIVISIONAL_MANAGER
    person["role"][n_staff:][:n_teams] = TEAM_MANAGER
    person["role"][-1] = CHIEF
    person["profession"][:n_staff] = shape.profession
    person["profession"][n_staff:] = rng.integers(0, len(PROFESSIONS), n_managers)
    standing = np.array([getattr(population, f"status_{name}") for name in PROFESSIONS])
    person["status"] = population.status_spread * standing[person["profession"]]
    person["status"][n_staff:] = population.status_spread
    np.clip(person["status"], -1, 1, out=person["status"])
    person["team"] = -1
    person["team"][:n_staff] = shape.team_of
    person["team"][n_staff : n_staff + n_teams] = np.arange(n_teams)
    return person


def _build_managers(rng: np.random.Generator, population: Population, shape: _Shape) -> np.ndarray:
    """Return managers with the line above them."""
    n_teams, n_managers = shape.n_teams, shape.n_managers
    first_executive, chief = n_teams + shape.n_divisions, n_managers - 1
    manager = blank("manager", n_managers)
    manager["person"] = shape.n_staff + np.arange(n_managers)
    manager["superior"] = chief
    manager["superior"][:n_teams] = n_teams + shape.division
    manager["superior"][n_teams:first_executive] = first_executive + shape.executive
    manager["superior"][chief] = -1
    manager["openness_anchor"] = _normal(rng, population.openness_mean, population.openness_sd, n_managers)
    manager["openness"] = manager["openness_anchor"]
    return manager


def _build_teams(rng: np.random.Generator, population: Population, shape: _Shape) -> np.ndarray:
    """Return teams with the care that is asked of them."""
    team = blank("team", shape.n_teams)
    team["division"] = shape.division
    team["first_person"] = np.cumsum(shape.posts) - shape.posts
    team["n_posts"] = shape.posts
    team["manager"] = np.arange(shape.n_teams)
    level = 1 + population.demand_organisation_sd * rng.standard_normal()
    spread = 1 + population.demand_team_sd * rng.standard_normal(shape.n_teams)
    team["demand"] = population.demand_per_post * shape.posts * np.clip(level * spread, *DEMAND)
    team["seek"] = population.seek_start
    team["hostility"] = population.hostility_start
    team["headspace"] = population.headspace_start
    team["partner"] = -1
    team["answered_share"] = population.answered_start
    return team


def _build_patients(
    rng: np.random.Generator, population: Population, structure: Structure, shape: _Shape, by_post: bool
) -> tuple[Table, np.ndarray]:
    """Return patients, spread over teams or by post over large and small teams alike, and the forum's seats by group."""
    weights = np.array([getattr(population, f"group_{name}") for name in GROUPS])
    shares, n = weights / weights.sum(), round(structure.patients_per_post * shape.n_staff)
    patient, panel = blank("patient", n), blank("panel", 1, N_PATIENT_GROUPS)
    patient["team"] = shape.team_of[rng.integers(0, shape.n_staff, n)] if by_post else rng.integers(0, shape.n_teams, n)
    patient["group"] = rng.choice(N_PATIENT_GROUPS, n, p=shares)
    patient["activation"] = _normal(rng, population.activation_mean, population.activation_sd, n)
    patient["satisfaction"] = population.satisfaction_start
    panel["share"] = panel["seats"] = shares
    panel["heard"] = population.heard_start
    return patient, panel


def _found(o: Any, rng: np.random.Generator, population: Population, structure: Structure, tables: Tables) -> None:
    """Set an organisation's sizes, and how it stands before the first week."""
    o["n_teams"], o["n_persons"] = len(tables["team"]), len(tables["person"])
    o["n_managers"], o["n_patients"] = len(tables["manager"]), len(tables["patient"])
    o["n_staff"] = o["n_persons"] - o["n_managers"]
    fill_spread = 1 + population.weeks_to_fill_sd * rng.standard_normal()
    o["weeks_to_fill"] = max(LEAST_WEEKS_TO_FILL, population.weeks_to_fill * fill_spread)
    o["place_strain"] = population.place_sd * rng.standard_normal()
    o["leader_openness"] = tables["manager"]["openness"][-1]
    o["voice_norm"] = population.voice_norm_start
    o["mean_safety"], o["mean_efficacy"] = population.safety_mean, population.efficacy_mean
    o["demand_factor"] = 1.0
    o["forum_standing"] = 1
    o["answered_memory"] = population.answered_start
    o["satisfaction_memory"] = population.satisfaction_start
    o["hours_budget"] = structure.improvement_share * structure.contracted_hours


def build_organisation(
    structure: Structure,
    population: Population,
    levers: Levers,
    sections: Any,
    rng: np.random.Generator,
    roster: Roster | None = None,
) -> tuple[Tables, np.ndarray]:
    """Build one organisation at its starting point.

    Parameters
    ----------
    structure, population, levers
        Sizes, starting distributions and governance.
    sections : dict of str to dataclass
        Parameters of the processes: turnover, exhaustion and motivation have selected those who are there, and the compact is
        believed as far as it is kept.
    rng : numpy.random.Generator
        Source of all its randomness.
    roster : Roster, optional
        Its teams, professions, line and ties, where they are known. Then every post is filled at the start.

    Returns
    -------
    tables : dict of str to numpy.ndarray
        Its tables, with rows counted from 0.
    ties : (n_persons, N_TIES) int32 array
        Its cross-team ties.
    """
    shape = _shape(structure, roster)
    person = _build_people(rng, population, sections, shape, filled=roster is not None)
    manager = _build_managers(rng, population, shape)
    team = _build_teams(rng, population, shape)
    dimension, practice, need = _build_landscape(rng, population, shape.n_teams, structure.n_dimensions)
    ties = np.full((len(person), N_TIES), -1, dtype=np.int32)
    ties[: shape.n_staff] = _draw_ties(structure, shape, rng, roster)
    drop_ties_of(ties, np.flatnonzero(person["vacant"]))
    patient, panel = _build_patients(rng, population, structure, shape, by_post=roster is not None)
    # Drawn after everything that was there before it, so that the rest of an organisation stays as it was.
    person["professionalism"] = _normal(
        rng, population.professionalism_mean, population.professionalism_sd, len(person)
    )
    organisation = blank("organisation", 1)
    tables = {
        "organisation": organisation,
        "dimension": dimension,
        "tally": blank("tally", 1),
        "snapshot": blank("snapshot", 1),
        "team": team,
        "neighbour": blank("neighbour", shape.n_teams, N_NEIGHBOURS),
        "practice": practice,
        "person": person,
        "problem": blank("problem", len(person), N_PROBLEMS),
        "manager": manager,
        "need": need,
        "panel": panel,
        "patient": patient,
    }
    _found(organisation[0], rng, population, structure, tables)
    organisation["belief"] = team["belief"] = sections["compact"].belief_start
    organisation["independence"] = levers.forum_independence
    set_levers(tables, levers)
    for name in ENACTED:
        organisation[f"{name}_enacted"] = organisation[f"{name}_habit"] = organisation[name]
    count_neighbours(0, 1, organisation, team, person, ties, tables["neighbour"])
    return tables, ties


def build(
    structure: Structure,
    population: Population,
    levers: Levers,
    sections: dict[str, Any],
    seeds: list[int],
    week: int = 0,
    roster: Roster | None = None,
) -> Cohort:
    """Build a cohort with one run per seed.

    Parameters
    ----------
    structure, population, levers
        What each organisation is like at the start.
    sections : dict of str to dataclass
        Parameters of the processes, by section.
    seeds : list of int
        One per run, from 0 to 2⁶⁴−1.
    week : int
        The first week to simulate; negative for burn-in.
    roster : Roster, optional
        Who stands where and who knows whom, where a roster gives it.

    Returns
    -------
    Cohort
        Runs in the order of the seeds. A run does not depend on the others.
    """
    runs = []
    for seed in seeds:
        rng = np.random.Generator(np.random.Philox(key=seed))
        sized = [dataclasses.replace(structure, n_teams=int(n)) for n in teams_of_linked(structure, seed)]
        tables, ties = stack([build_organisation(each, population, levers, sections, rng, roster) for each in sized])
        if structure.n_organisations > 1 and structure.tie_outside > 0.0:
            tie_across(structure, seed, tables["person"], ties)
            about = (tables[name] for name in ("organisation", "team", "person"))
            count_neighbours(0, len(sized), *about, ties, tables["neighbour"])
        tables["organisation"]["seed"] = seed
        for name in ("organisation", "team", "person", "patient"):
            tables[name]["key"] = np.arange(len(tables[name]))
        runs.append((tables, ties))
    tables, ties = stack(runs)
    n = len(tables["organisation"])
    usual = sections["reference"]
    tables["organisation"]["harm_memory"] = usual.usual_harm
    tables["organisation"]["directive_memory"] = usual.usual_directives
    tables["organisation"]["run"] = np.repeat(np.arange(len(seeds)), structure.n_organisations)
    values = {**sections, "population": population, "structure": structure}
    parameters = {
        name: Table.of(np.array([as_row(value)] * n, dtype=column_dtype(type(value))), fixed=True)
        for name, value in values.items()
    }
    return Cohort(tables, ties, parameters, week)
