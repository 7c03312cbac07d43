"""The same core rules in NumPy, vectorised as one would do it well: the rival that compiled loops have to beat.

It covers load, noticing, voice (with the memories of problems and voice along ties), response (peers, guardian, the
manager's queue, lapsing), learning, spread, quality and exhaustion, with the formulas of the processes of these names.
Ties stay as they are; what the other processes would change stays as it is. State is float32, ties and teams' neighbours
are sparse matrices (CSR), team sums are running sums, and random numbers come from NumPy's Philox, a counter-based
generator as in the engine, keyed by seed and week. Decisions are therefore distributed as the engine's and not the same.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from civicsim.model.calendar import QUARTER
from civicsim.model.cohort import Cohort
from civicsim.model.levers import PATIENTS, PROTECTED, REPORTING, RESPONSE
from civicsim.model.organisation import (
    ENDORSED,
    FROM_DIRECTIVE,
    FROM_NEIGHBOURS,
    FROM_PROGRAMME,
    FROM_STAFF,
    FROM_TEAM,
    N_PATIENT_GROUPS,
    N_PROBLEMS,
    NO_IDEA,
    STAFF,
    TEAM_MANAGER,
    TO_FORUM,
    TO_GUARDIAN,
    TO_MANAGER,
    TO_PEERS,
    WAITING,
)
from civicsim.model.processes import exhaustion, load, quality, response, spread, voice

_REAL = np.float32
_PEOPLE = (
    "exhaustion",
    "exhaustion_anchor",
    "safety",
    "safety_anchor",
    "efficacy",
    "efficacy_anchor",
    "agency",
    "agency_anchor",
    "belonging",
    "motivation",
    "status",
    "skill",
    "alignment",
    "noticed_memory",
    "voiced_memory",
    "voice_hours",
    "propensity_memory",
)
_TEAMS = (
    "demand",
    "improvement_hours",
    "response_hours",
    "settling_hours",
    "overload",
    "seek",
    "noticed_memory",
    "dealt_memory",
    "response_credit",
    "answered_share",
    "belief",
    "contract",
    "peer_hours",
    "deliberation_hours",
    "observation_hours",
    "coaching_hours",
)
_SLOTS = (
    "value",
    "reality",
    "convenient",
    "followed",
    "gamed",
    "origin",
    "adopted_week",
    "idea_state",
    "idea_value",
    "idea_convenient",
    "idea_origin",
    "idea_channel",
    "idea_severity",
    "idea_week",
    "raised_week",
)


def _unit(x: np.ndarray) -> np.ndarray:
    return np.clip(x, 0.0, 1.0)


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


def _ledger(compact: np.ndarray) -> np.ndarray:
    return _unit(2.0 * compact - 1.0)


def _either(p, q):
    return 1.0 - (1.0 - p) * (1.0 - q)


class Rival:
    """Runs of one scenario as arrays.

    Parameters
    ----------
    cohort : Cohort
        The start, of any number of runs with the same levers; it is left as it is.
    """

    def __init__(self, cohort: Cohort) -> None:
        c = cohort
        self.week, self.seed = c.week, int(c.organisation["seed"][0])
        self.p = {name: rows[0] for name, rows in c.parameters.items()}
        self.org = {name: c.organisation[name].astype(_REAL) for name in c.organisation.dtype.names}
        staff = np.flatnonzero(c.person["role"] == STAFF)
        place = np.full(c.n_persons, -1)
        place[staff] = np.arange(len(staff))
        self.n_persons, self.n_staff, self.n_teams, self.m = c.n_persons, len(staff), len(c.team), c.practice.shape[1]
        self.person = {name: c.person[name][staff].astype(_REAL) for name in _PEOPLE}
        self.here = (c.person["vacant"][staff] == 0) & (c.person["absent"][staff] == 0)
        self.filled = (c.person["vacant"][staff] == 0).astype(_REAL)
        self.team_of = c.person["team"][staff]
        self.org_of_team = c.team["organisation"]
        self.org_of = self.org_of_team[self.team_of]
        self.first_team = c.organisation["first_team"]
        self.starts = place[c.team["first_person"]]
        self.n_posts = c.team["n_posts"].astype(_REAL)
        self.n_filled = self.per_team(self.filled)
        self.team = {name: c.team[name].astype(_REAL) for name in _TEAMS}
        # Managers: those of teams have their team's load, the others the mean of the organisation.
        who = c.manager["person"]
        self.lead = {
            name: c.person[name][who].astype(_REAL)
            for name in ("exhaustion", "exhaustion_anchor", "belonging", "agency")
        }
        self.lead_team = np.where(c.person["role"][who] == TEAM_MANAGER, c.person["team"][who], -1)
        self.lead_org = c.person["organisation"][who]
        self.lead_filled = c.person["vacant"][who] == 0
        self.manager_of_team = c.team["manager"]
        self.openness = c.manager["openness"][self.manager_of_team].astype(_REAL)
        self.manager_away = ((c.person["vacant"] == 1) | (c.person["absent"] == 1))[who][self.manager_of_team]
        # Practices and ideas: one flat array per column, a slot per team and dimension.
        self.slot = {name: c.practice[name].ravel().copy() for name in _SLOTS}
        self.raiser = np.where(c.practice["idea_raiser"] >= 0, place[c.practice["idea_raiser"]], -1).ravel()
        self.clear(np.flatnonzero(self.slot["idea_channel"] == TO_FORUM))
        self.dimension = {name: c.dimension[name] for name in ("code", "safety_critical", "measured")}
        seen = c.dimension["staff_visible"] == 1
        self.n_visible = seen.sum(axis=1)
        self.visible = np.argsort(~seen, axis=1, kind="stable")
        weight = np.where(c.dimension["safety_critical"] == 1, quality.SAFETY_CRITICAL_WEIGHT, 1.0).astype(_REAL)
        self.weight = weight[self.org_of_team]
        self.measured = (weight * c.dimension["measured"]).astype(_REAL)[self.org_of_team]
        self.critical = c.dimension["safety_critical"].astype(_REAL)[self.org_of_team]
        self.patient_team = c.patient["team"]
        self.patient_needs = (
            c.need["weight"]
            .reshape(-1, self.m)
            .astype(_REAL)[c.patient["organisation"] * N_PATIENT_GROUPS + c.patient["group"]]
        )
        self.satisfaction = c.patient["satisfaction"].astype(_REAL)
        self.ties = self._csr(place[c.ties[staff]], c.ties[staff] >= 0, None, self.n_staff)
        near = c.neighbour["team"]
        self.near = self._csr(near, near >= 0, c.neighbour["ties"], self.n_teams)
        self.degree = np.asarray(self.near.sum(axis=1)).ravel()
        self.draws = np.random.Generator(np.random.Philox(key=self.seed))

    @staticmethod
    def _csr(to: np.ndarray, there: np.ndarray, weight: np.ndarray | None, n: int) -> sparse.csr_matrix:
        values = (np.ones(to.shape) if weight is None else weight)[there].astype(_REAL)
        ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
        return sparse.csr_matrix((values, to[there], ends), shape=(n, n))

    def per_team(self, values: np.ndarray) -> np.ndarray:
        """Return the sum over each team's posts."""
        return np.add.reduceat(values, self.starts)

    def per_org(self, values: np.ndarray) -> np.ndarray:
        """Return the mean over each organisation's teams."""
        counts = np.diff(np.append(self.first_team, self.n_teams))
        return np.add.reduceat(values, self.first_team) / counts

    def clear(self, slots: np.ndarray) -> None:
        """Empty slots of ideas."""
        self.slot["idea_state"][slots] = NO_IDEA
        self.raiser[slots] = -1

    def simulate(self, weeks: int) -> np.ndarray:
        """Simulate some weeks; return the record, shape (weeks, organisations, 6)."""
        kept = np.empty((weeks, len(self.first_team), 6), dtype=_REAL)
        for k in range(weeks):
            self.draws = np.random.Generator(
                np.random.Philox(key=np.array([self.seed, self.week % 2**32], dtype=np.uint64))
            )
            self.share_work()
            self.notice()
            self.speak()
            self.respond()
            self.learn()
            self.spread()
            self.judge_quality()
            self.wear()
            kept[k] = self.seen()
            self.week += 1
        return kept

    def seen(self) -> np.ndarray:
        """Return what is recorded each week, per organisation."""
        means = [
            self.per_team(self.person[name] * self.filled) / np.maximum(self.n_filled, 1)
            for name in ("safety", "efficacy", "exhaustion")
        ]
        columns = [*means, self.load, self.quality, self.voiced]
        return np.stack([self.per_org(column) for column in columns], axis=1)

    def share_work(self) -> None:
        """Load and headspace: see :mod:`civicsim.model.processes.load`."""
        p, t, o = self.p["load"], self.team, self.org
        contracted = self.p["structure"]["contracted_hours"]
        fits = self.slot["value"] == self.slot["reality"]
        misfit = 1.0 - fits.reshape(-1, self.m).mean(axis=1, dtype=_REAL)
        convenient = self.slot["convenient"].reshape(-1, self.m).sum(axis=1)
        present = self.per_team(self.here.astype(_REAL))
        at_work = np.maximum(present, 1.0)
        home = self.org_of_team
        in_return = self.p["compact"]["return_hours"] * self.p["compact"]["enabled"] * _ledger(o["compact"])
        each = (o["hours"][:, PROTECTED] + o["hours"][:, REPORTING] + o["partner_hours"])[home]
        each = each + in_return[home] * t["belief"]
        part = t["peer_hours"] + (t["deliberation_hours"] + o["spent"][:, PATIENTS][home] * self.n_posts) / at_work
        self.rest_hours = p["participation_from_recovery"] * part
        together = t["improvement_hours"] + t["response_hours"] + t["settling_hours"]
        together = (together + t["observation_hours"] + t["coaching_hours"]) / at_work
        demand = ((1.0 - o["deferred"]) * o["demand_factor"])[home] * t["demand"]
        care = np.maximum(0.0, demand / at_work - p["convenience_gain"] * convenient)
        shared = care + each + part - self.rest_hours + together + p["failure_demand"] * misfit
        self.loads = (shared[self.team_of] + self.person["voice_hours"]) / _REAL(contracted)
        slack = contracted * np.maximum(0.0, 1.0 + p["overtime"] - self.loads)
        protected = (o["permission_enacted"] * o["hours"][:, PROTECTED])[self.org_of]
        self.headspace = _unit(load.HEADSPACE_PER_HOUR * slack + protected).astype(_REAL)
        filled = np.maximum(self.n_filled, 1.0)
        self.load = self.per_team(self.loads * self.filled) / filled
        self.team_headspace = _unit(self.per_team(self.headspace * self.filled) / filled)
        t["overload"] = _unit(t["overload"] + (np.maximum(0.0, self.load - 1.0) - t["overload"]) / load.OVERLOAD_WEEKS)

    def notice(self) -> None:
        """Let people check their work, and find problems: see :mod:`civicsim.model.processes.noticing`."""
        p, o, t, person = self.p["noticing"], self.org, self.team, self.person
        fear, home = o["fear_enacted"], self.org_of_team
        target = _unit(
            0.5 * (1.0 + self.openness * (1.0 - fear[home]) - (o["measured_share"] * o["target_salience"] * fear)[home])
        )
        t["seek"] = _unit(t["seek"] + p["seek_rate"] * (_unit(target + p["seek_shift"]) - t["seek"])).astype(_REAL)
        rate = p["check_rate"] * (p["base_headspace"] + self.headspace) * t["seek"][self.team_of]
        rate = rate * np.exp(-p["overload_cost"] * np.maximum(0.0, self.loads - 1.0)) * self.here
        drive = p["motivation_weight"] * (person["motivation"] - self.p["reference"]["usual_motivation"])
        rate = (rate * np.maximum(0.0, 1.0 + drive)).astype(_REAL)
        u = self.draws.random(self.n_staff, dtype=_REAL)
        term = np.exp(-rate)
        cumulated = term.copy()
        checks = np.zeros(self.n_staff, dtype=np.int8)
        for k in range(1, N_PROBLEMS + 1):
            checks += u > cumulated
            term = term * rate / k
            cumulated += term
        who = np.repeat(np.arange(self.n_staff), checks)
        u = self.draws.random((4, len(who)), dtype=_REAL)
        home, n_seen = self.org_of[who], self.n_visible[self.org_of[who]]
        at = self.visible[home, np.minimum((u[0] * n_seen).astype(np.int64), n_seen - 1)]
        slot = self.team_of[who] * self.m + at
        reality = self.slot["reality"][slot]
        right = u[1] < 0.5 + self.p["practice"]["judgement_gain"] * person["skill"][who]
        signal = np.where(right, reality, -reality)
        kept = np.flatnonzero(signal != self.slot["value"][slot])
        who, slot, signal, severity, own = who[kept], slot[kept], signal[kept], u[2][kept], u[3][kept]
        align = person["alignment"][who]
        convenient = own >= align
        x = np.clip((own - align) / (1.0 - align), 0.0, 1.0 - 1e-6)
        n_seen = self.n_visible[self.org_of[who]]
        other = self.visible[self.org_of[who], np.where(convenient, (x * n_seen).astype(np.int64), 0)]
        slot = np.where(convenient, self.team_of[who] * self.m + other, slot)
        value = self.slot["value"][slot]
        opposite = np.where(value != 0, -value, np.where(severity < 0.5, 1, -1))
        self.problem = who, slot, np.where(convenient, opposite, signal), severity, convenient
        self.noticed = np.bincount(who, minlength=self.n_staff).astype(_REAL)

    def speak(self) -> None:
        """Who voices what to whom: see :mod:`civicsim.model.processes.voice`."""
        p, usual, o, person = self.p["voice"], self.p["reference"], self.org, self.person
        memories = np.stack([person["noticed_memory"], person["voiced_memory"]], axis=1)
        around = self.ties @ memories + np.add.reduceat(memories, self.starts, axis=0)[self.team_of] - memories
        prior = voice.PRIOR_EVENTS
        norm = (around[:, 1] + prior * usual["usual_voice_share"]) / (around[:, 0] + prior)
        self.norm = np.minimum(1.0, norm).astype(_REAL)
        fear, invitation = o["fear_enacted"], o["invitation"]
        neutral = (
            p["intercept"]
            + p["safety_weight"] * (person["safety"] - 0.5)
            + p["efficacy_weight"] * (person["efficacy"] - 0.5)
            + p["belonging_weight"] * (person["belonging"] - 0.5)
            + p["status_weight"] * person["status"]
            - p["exhaustion_weight"] * (person["exhaustion"] - 0.5)
            + p["agency_weight"] * (person["agency"] - 0.5)
            + invitation[self.org_of] * person["efficacy"]
            - (p["fear_weight"] * (fear - usual["usual_fear"]))[self.org_of]
            + p["norm_weight"] * (self.norm - usual["usual_voice_share"])
        ).astype(_REAL)
        propensity = _logistic(neutral + p["severity_weight"] * voice.MIDDLING)
        person["propensity_memory"] += (propensity - person["propensity_memory"]) / voice.PROPENSITY_WEEKS
        who, slot, value, severity, convenient = self.problem
        u = self.draws.random((3, len(who)), dtype=_REAL)
        speaks = np.flatnonzero(u[0] < _logistic(neutral[who] + p["severity_weight"] * severity))
        who, slot, value, severity, convenient, u = (
            who[speaks],
            slot[speaks],
            value[speaks],
            severity[speaks],
            convenient[speaks],
            u[2][speaks],
        )
        safety = person["safety"][who]
        peers = np.exp(
            p["peer_authority"] * o["authority_enacted"][self.org_of[who]] + p["peer_agency"] * person["agency"][who]
        )
        lead = np.exp(p["manager_appeal"] + safety - 0.5)
        guardian = np.exp(
            p["guardian_appeal"] + p["guardian_severity"] * severity - p["guardian_unsafety"] * (safety - 0.5)
        )
        x = u * (peers + lead + guardian)
        to = np.where(x < peers, TO_PEERS, np.where(x < peers + lead, TO_MANAGER, TO_GUARDIAN))
        state = self.slot["idea_state"][slot]
        busy = (state != NO_IDEA) & (state != WAITING)
        self.joined = np.bincount(slot[busy] // self.m, minlength=self.n_teams).astype(_REAL)
        # Of several who raise it in one week, the one who finds it most severe is written last, and so leads.
        free = np.flatnonzero(state == NO_IDEA)
        free = free[np.argsort(severity[free])]
        at = slot[free]
        for name, what in (
            ("idea_state", WAITING),
            ("idea_value", value[free]),
            ("idea_convenient", convenient[free]),
            ("idea_origin", FROM_STAFF),
            ("idea_channel", to[free]),
            ("idea_severity", severity[free]),
            ("idea_week", self.week),
            ("raised_week", self.week),
        ):
            self.slot[name][at] = what
        self.raiser[at] = who[free]
        voiced = np.bincount(who, minlength=self.n_staff).astype(_REAL)
        person["voice_hours"] = voiced * _REAL(p["hours_per_item"])
        self.voiced = self.per_team(voiced)
        keep = _REAL(1.0 - 1.0 / voice.NORM_WEEKS)
        person["noticed_memory"] = keep * person["noticed_memory"] + self.noticed
        person["voiced_memory"] = keep * person["voiced_memory"] + voiced

    def respond(self) -> None:
        """Answer what was raised: see :mod:`civicsim.model.processes.response`."""
        p, o, t, s, m = self.p["response"], self.org, self.team, self.slot, self.m
        self.outcomes = np.zeros((2, self.n_staff))
        self.team_outcomes = np.zeros((2, self.n_teams))
        self.settled, self.explained_or_acted = np.zeros(self.n_teams), np.zeros(self.n_teams)
        self.detriments, self.dealt = np.zeros(self.n_staff), self.joined.astype(float)
        home = self.org_of_team
        authority, invitation, fear = o["authority_enacted"][home], o["invitation"][home], o["fear_enacted"][home]
        harmed = p["detriment"] * fear * (1.0 - self.openness)
        explains = _unit(p["explain_base"] + p["explain_openness"] * self.openness)
        safety = self.per_team(self.person["safety"] * self.filled) / np.maximum(self.n_filled, 1.0)
        explains_peers = _unit(p["explain_base"] + p["explain_openness"] * safety)
        slots = np.flatnonzero(s["idea_state"] != NO_IDEA)
        self.u = np.empty((4, len(s["idea_state"])), dtype=_REAL)
        self.u[:, slots] = self.draws.random((4, len(slots)), dtype=_REAL)
        waiting, to = s["idea_state"][slots] == WAITING, s["idea_channel"][slots]
        late = slots[~waiting & (self.week - s["idea_week"][slots] >= p["patience"])]
        told = late[(s["idea_origin"][late] != FROM_PROGRAMME) & (s["idea_channel"][late] != TO_FORUM)]
        np.subtract.at(self.dealt, told // m, 1.0)
        self.tell(told, np.where(self.u[2][told] < invitation[told // m], p["pretence_outcome"], 0.0))
        self.clear(late)
        peers = slots[waiting & (to == TO_PEERS)]
        s["idea_origin"][peers] = FROM_TEAM
        settling = p["peer_hours"] * np.bincount(peers // m, minlength=self.n_teams)
        self.answer(peers, authority, explains_peers, np.zeros(self.n_teams))
        guardian = slots[waiting & (to == TO_GUARDIAN)]
        self.harm(guardian, harmed)
        settling += p["hours_per_item"] * np.bincount(guardian // m, minlength=self.n_teams)
        self.answer(guardian, _either(authority, p["guardian_success"]), explains, invitation)
        queue = slots[waiting & (to == TO_MANAGER)]
        over = self.week - s["raised_week"][queue] >= p["timeout"]
        silent = queue[over]
        self.tell(silent, np.where(self.u[2][silent] < invitation[silent // m], p["pretence_outcome"], 0.0))
        np.add.at(self.settled, silent // m, 1.0)
        self.clear(silent)
        queue = queue[~over]
        reporting = (o["hours"][:, REPORTING] / o["hours_budget"])[home]
        worn = np.where(self.lead_filled, self.lead["exhaustion"], 0.0)[self.manager_of_team]
        hours = o["hours"][:, RESPONSE][home] * self.n_posts * (1.0 - p["reporting_cost"] * reporting)
        hours = hours * (1.0 - p["exhaustion_cost"] * worn) * np.exp(-p["overload_cost"] * t["overload"])
        t["response_credit"] += np.where(self.manager_away, 0.5, 1.0) * hours
        answering, acts = np.zeros(self.n_teams), _either(authority, p["escalation"])
        # Every manager's first item, then every manager's next, as far as hours go.
        rank = np.where(self.raiser[queue] >= 0, self.person["status"][self.raiser[queue]], 0.0)
        place = s["idea_severity"][queue] + (self.week - s["raised_week"][queue]) / p["timeout"]
        place = place + p["status_bias"] * (1.0 - o["status_blindness"])[home][queue // m] * rank
        queue = queue[np.lexsort((-place, queue // m))]
        of_team = queue // m
        turn = np.arange(len(queue)) - np.searchsorted(of_team, of_team)
        n_waiting = np.bincount(of_team, minlength=self.n_teams)
        served = np.minimum(n_waiting, np.floor(t["response_credit"] / p["hours_per_item"])).astype(np.int64)
        now = queue[turn < served[of_team]]
        self.harm(now, harmed)
        self.answer(now, acts, explains, invitation)
        answering = served * p["hours_per_item"]
        t["response_credit"] -= answering
        idle = n_waiting == served
        t["response_credit"][idle] = np.minimum(t["response_credit"][idle], p["hours_per_item"])
        t["response_hours"], t["settling_hours"] = answering.astype(_REAL), settling.astype(_REAL)
        keep = 1.0 - 1.0 / response.DEALT_WEEKS
        t["noticed_memory"] = keep * t["noticed_memory"] + self.per_team(self.noticed)
        t["dealt_memory"] = np.maximum(0.0, keep * t["dealt_memory"] + self.dealt)
        settled, answered = self.per_org(self.settled), self.per_org(self.explained_or_acted)
        moved = np.where(settled > 0, answered / np.maximum(settled, 1e-9), o["answered_memory"]) - o["answered_memory"]
        o["answered_memory"] += (moved / QUARTER).astype(_REAL)

    def answer(self, slots: np.ndarray, acts: np.ndarray, explains: np.ndarray, invitation: np.ndarray) -> None:
        """Act on items, explain, or pass them over; chances are per team."""
        home = slots // self.m
        acted = self.u[0][slots] < acts[home]
        explained = ~acted & (self.u[1][slots] < explains[home])
        pretence = self.p["response"]["pretence_outcome"]
        silence = np.where(self.u[2][slots] < invitation[home], pretence, response.OUTCOME_SILENT)
        outcome = np.where(acted, response.OUTCOME_ACTED, np.where(explained, response.OUTCOME_EXPLAINED, silence))
        self.tell(slots, outcome)
        np.add.at(self.dealt, home[acted], 1.0)
        np.add.at(self.settled, home, 1.0)
        np.add.at(self.explained_or_acted, home[acted | explained], 1.0)
        self.slot["idea_state"][slots[acted]] = ENDORSED
        self.slot["idea_week"][slots[acted]] = self.week
        self.clear(slots[~acted])

    def tell(self, slots: np.ndarray, outcome: np.ndarray) -> None:
        """Tell those who raised items, and their teams, the outcome; no one learns from items that were not voiced."""
        voiced = np.isin(self.slot["idea_origin"][slots], (FROM_STAFF, FROM_TEAM))
        slots, outcome = slots[voiced], outcome[voiced]
        home, who = slots // self.m, self.raiser[slots]
        n = np.bincount(home, minlength=self.n_teams)
        self.team_outcomes[0] += np.bincount(home, outcome, self.n_teams)
        self.team_outcomes[1] += n
        good = np.bincount(home, outcome > 0.0, self.n_teams) / np.maximum(n, 1)
        fading = 1.0 - (1.0 - 1.0 / response.ITEMS_REMEMBERED) ** n
        self.team["answered_share"] += fading * (good - self.team["answered_share"])
        known = who >= 0
        self.outcomes[0] += np.bincount(who[known], outcome[known], self.n_staff)
        self.outcomes[1] += np.bincount(who[known], minlength=self.n_staff)

    def harm(self, slots: np.ndarray, chance: np.ndarray) -> None:
        """Let some suffer for having spoken up."""
        hit = slots[(self.raiser[slots] >= 0) & (self.u[3][slots] < chance[slots // self.m])]
        np.add.at(self.detriments, self.raiser[hit], 1.0)

    def learn(self) -> None:
        """Efficacy, agency and safety: see :mod:`civicsim.model.processes.learning`."""
        p, usual, person, t = self.p["learning"], self.p["reference"], self.person, self.team
        filled = self.filled > 0
        own = np.flatnonzero((self.outcomes[1] > 0) & filled)
        others = self.team_outcomes[:, self.team_of] - self.outcomes
        seen = np.flatnonzero((others[1] > 0) & filled)
        for rows, (total, n), rate in (
            (own, self.outcomes[:, own], p["outcome_rate"]),
            (seen, others[:, seen], p["outcome_rate"] * p["witness_share"]),
        ):
            outcome = total / n
            for name, loss in (("efficacy", p["loss_ratio"]), ("agency", 1.0)):
                belief = person[name][rows]
                speed = np.minimum(1.0, np.where(outcome < belief, rate * loss, rate))
                person[name][rows] = _unit(belief + speed * (outcome - belief))
        share = np.where(
            t["noticed_memory"] > 0,
            t["dealt_memory"] / np.maximum(t["noticed_memory"], 1e-9),
            usual["usual_dealt_share"],
        )
        dealt = p["dealt_weight"] * (np.minimum(1.0, share) - usual["usual_dealt_share"])
        open_ = self.openness - usual["usual_openness"]
        expected = _unit(person["efficacy_anchor"] + (dealt + p["openness_efficacy"] * open_)[self.team_of])
        person["efficacy"] += (p["experience_rate"] * (expected - person["efficacy"]) * self.filled).astype(_REAL)
        person["agency"] += (p["agency_rate"] * (person["agency_anchor"] - person["agency"]) * self.filled).astype(
            _REAL
        )
        fear = p["fear_safety"] * (self.org["fear_enacted"] - usual["usual_fear"])
        around = (p["openness_safety"] * open_ - fear[self.org_of_team])[self.team_of]
        grounds = _unit(person["safety_anchor"] + around + p["norm_safety"] * (self.norm - usual["usual_voice_share"]))
        held = np.stack([person["safety"] * self.filled, self.filled], axis=1)
        near = self.ties @ held + np.add.reduceat(held, self.starts, axis=0)[self.team_of] - held
        mean = np.where(near[:, 1] > 0, near[:, 0] / np.maximum(near[:, 1], 1.0), grounds)
        mixed = p["susceptibility"] * mean + (1.0 - p["susceptibility"]) * grounds
        moved = person["safety"] + p["safety_rate"] * (mixed - person["safety"])
        witnessed = self.per_team(self.detriments)[self.team_of] - self.detriments
        moved = _unit(moved - p["detriment_cost"] * self.detriments - p["witness_cost"] * witnessed)
        person["safety"] = np.where(filled, moved, person["safety"]).astype(_REAL)

    def spread(self) -> None:
        """Let changes go from team to team: see :mod:`civicsim.model.processes.spread`; the complex form."""
        p, s, m = self.p["spread"], self.slot, self.m
        age = self.week - s["adopted_week"]
        news = (s["followed"] == 1) & (s["origin"] != FROM_DIRECTIVE) & (age > 0) & (age <= spread.NEWS_WEEKS)
        value = np.where(news, s["value"], 0).reshape(-1, m)
        for_it, against = self.near @ (value > 0).astype(_REAL), self.near @ (value < 0).astype(_REAL)
        heard = np.where(for_it >= against, 1, -1)
        active = np.maximum(for_it, against)
        team, at = np.nonzero((active > 0) & (s["value"].reshape(-1, m) != heard))
        heard, active = heard[team, at], active[team, at]
        reaches = active >= p["threshold"] * self.degree[team] - 1e-9
        hazard = np.where(reaches, p["complex_rate"], min(p["noise"], p["complex_rate"]))
        ordered = self.dimension["code"][self.org_of_team[team], at] == heard
        order = p["order_rate"] * self.org["directive_rate"][self.org_of_team[team]]
        hazard = np.where(ordered, _either(hazard, order), hazard)
        u = self.draws.random((2, len(team)), dtype=_REAL)
        hears = np.flatnonzero(u[0] < hazard * np.minimum(1.0, p["headspace_gain"] * self.team_headspace[team]))
        team, heard, slot = team[hears], heard[hears], team[hears] * m + at[hears]
        skill = self.per_team(self.person["skill"] * self.filled) / np.maximum(self.n_filled, 1.0)
        right = u[1][hears] < 0.5 + self.p["practice"]["judgement_gain"] * skill[team]
        accepted = (s["reality"][slot] == heard) == right
        slot, heard = slot[accepted], heard[accepted]
        for name, what in (
            ("gamed", 0),
            ("value", heard),
            ("adopted_week", self.week + 1),
            ("origin", FROM_NEIGHBOURS),
            ("convenient", 0),
            ("followed", 1),
        ):
            s[name][slot] = what

    def judge_quality(self) -> None:
        """Quality, harm and satisfaction: see :mod:`civicsim.model.processes.quality`; nothing is gamed anew."""
        p, m = self.p["quality"], self.m
        filled = np.maximum(self.n_filled, 1.0)
        worn = self.per_team(self.person["exhaustion"] * self.filled) / filled
        safety = self.per_team(self.person["safety"] * self.filled) / filled
        working = (1.0 - p["exhaustion_cost"] * worn) * np.maximum(
            0.0, 1.0 - p["overload_cost"] * self.team["overload"]
        )
        working = working * (1.0 - self.org["deferred"])[self.org_of_team]
        fits = (self.slot["value"] == self.slot["reality"]).reshape(-1, m).astype(_REAL)
        gamed = self.slot["gamed"].reshape(-1, m)
        hit, measured_hit = (fits * self.weight).sum(axis=1), (fits * self.measured).sum(axis=1)
        total, measured = self.weight.sum(axis=1), self.measured.sum(axis=1)
        self.quality = working * hit / total
        self.quality_measured = np.where(measured > 0, working * measured_hit / np.maximum(measured, 1), self.quality)
        rest = total - measured
        self.quality_unmeasured = np.where(rest > 0, working * (hit - measured_hit) / np.maximum(rest, 1), self.quality)
        shown = (np.maximum(fits * working[:, None], gamed) * self.measured).sum(axis=1)
        self.quality_reported = np.where(measured > 0, shown / np.maximum(measured, 1), self.quality)
        critical = self.critical.sum(axis=1)
        safe = np.where(
            critical > 0, working * (fits * self.critical).sum(axis=1) / np.maximum(critical, 1), self.quality
        )
        voiced, noticed = (self.per_team(self.person[f"{name}_memory"] * self.filled) for name in ("voiced", "noticed"))
        usual = self.p["reference"]["usual_voice_share"]
        share = np.where(noticed > 0, voiced / np.maximum(noticed, 1e-9), usual)
        caught = np.minimum(1.0, p["interception"] * (share - usual))
        self.harm_done = p["harm_rate"] / 52.0 * self.n_posts * (1.0 - safe) * (1.0 - caught)
        self.incidents = self.harm_done * _unit(safety * self.team["seek"])
        met = np.einsum("pd,pd->p", fits[self.patient_team], self.patient_needs)
        good = _unit(met * working[self.patient_team])
        self.satisfaction += (p["satisfaction_rate"] * (good - self.satisfaction)).astype(_REAL)

    def wear(self) -> None:
        """Exhaustion of staff and managers: see :mod:`civicsim.model.processes.exhaustion`."""
        person, team = self.person, self.team
        # Hours taken from rest count more than hours of work.
        lost = self.p["exhaustion"]["rest_weight"] / self.p["structure"]["contracted_hours"] * self.rest_hours
        lost = lost.astype(_REAL)
        worn = person["exhaustion"] * self.filled
        total, n = self.per_team(worn)[self.team_of] - worn, (self.n_filled - 1.0)[self.team_of]
        around = np.where(n > 0, total / np.maximum(n, 1.0), person["exhaustion"])
        treated = self.treated(team["contract"], team["answered_share"], self.org_of_team)
        moved = self.worn(person, self.loads + lost[self.team_of], self.org_of, treated[self.team_of], around)
        felt = self.load + lost
        of_all = self.per_org(felt)[self.lead_org]
        lead_felt = np.where(self.lead_team >= 0, felt[np.maximum(self.lead_team, 0)], of_all)
        lead = self.lead
        treated = self.treated(self.org["contract"], self.org["answered_memory"], slice(None))
        lead_moved = self.worn(lead, lead_felt, self.lead_org, treated[self.lead_org], lead["exhaustion"])
        person["exhaustion"] = np.where(self.filled > 0, moved, person["exhaustion"]).astype(_REAL)
        lead["exhaustion"] = np.where(self.lead_filled, lead_moved, lead["exhaustion"]).astype(_REAL)

    def treated(self, contract, answered, home) -> np.ndarray:
        """Return the push to exhaustion from how teams are treated, or those above them."""
        p, usual, o = self.p["exhaustion"], self.p["reference"], self.org
        strained = -contract * (1.0 - (1.0 - p["relief"]) * _logistic(contract / exhaustion.CONTRACT_WIDTH))
        left_alone = (1.0 - answered) * (0.5 + 0.5 * o["invitation"][home])
        usually = (1.0 - usual["usual_answered"]) * (0.5 + 0.5 * usual["usual_invitation"])
        fear = p["fear_weight"] * (o["fear_enacted"] - usual["usual_fear"])
        return fear[home] + p["contract_weight"] * strained + p["neglect_weight"] * (left_alone - usually)

    def worn(self, who, felt, home, treated, around) -> np.ndarray:
        """Return exhaustion a week later; the linear form."""
        p, usual, now = self.p["exhaustion"], self.p["reference"], who["exhaustion"]
        noise = (self.draws.random((4, len(now)), dtype=_REAL).sum(axis=0) - 2.0) * _REAL(3.0**0.5)
        support = who["belonging"] - usual["usual_belonging"]
        influence = 0.5 * who["agency"] + 0.5 * self.org["authority_enacted"][home] - usual["usual_influence"]
        strain = np.maximum(0.0, felt - exhaustion.LOAD_AT_EASE) * np.maximum(0.0, 1.0 - p["buffering"] * support)
        rest = np.maximum(0.0, 1.0 - felt) * (0.5 + 0.5 * who["belonging"])
        return _unit(
            now
            + p["load_weight"] * strain
            + treated
            + p["contagion"] * (around - now)
            - p["support_weight"] * support
            - p["influence_weight"] * influence
            - p["recovery_weight"] * rest
            - p["return_rate"] * (now - who["exhaustion_anchor"])
            + p["noise_sd"] * noise
        )
