"""The week: which processes happen, in which order, and what events change when.

Read from top to bottom, :data:`WEEK` is the process overview. Each process meets things as the processes before it left
them. Where people look at each other, all look before anybody changes.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import mesa

from twin.draws import draw, mean
from twin.organisation import Organisation, settings_of

if TYPE_CHECKING:
    from civicsim.model.levers import Levers
    from civicsim.model.processes.events import Event
    from civicsim.scenario.scenario import Scenario
    from twin.team import Team

WEEK = (
    "events",
    "drift",
    "enactment",
    "load",
    "directives",
    "noticing",
    "observation",
    "partners",
    "voice",
    "response",
    "learning",
    "deliberation",
    "lifecycle",
    "coaching",
    "spread",
    "pairing",
    "codification",
    "quality",
    "exhaustion",
    "motivation",
    "turnover",
    "ties",
    "forum",
    "compact",
    "governing",
)
"""What happens in a week, in order; what the engine records on top changes nothing."""

LONG_AGO = -10_000


class Twin(mesa.Model):
    """Linked organisations of one run, living under a scenario.

    Parameters
    ----------
    scenario : Scenario
        Levers, parameters and events.
    week : int
        The week to simulate next.
    """

    def __init__(self, scenario: Scenario, week: int) -> None:
        super().__init__(rng=0)
        self.assumed = scenario
        self.week = week
        self.organisations: list[Organisation] = []

    @property
    def teams(self) -> list[Team]:
        """The teams of all organisations."""
        return [team for organisation in self.organisations for team in organisation.teams]

    def step(self) -> None:
        """Simulate a week."""
        self.begin_week()
        for name in WEEK:
            self.happen(name)
        self.week += 1

    def begin_week(self) -> None:
        """Everyone knows the week, and nothing has happened yet."""
        for organisation in self.organisations:
            organisation.week = self.week
            organisation.count = Counter()

    def happen(self, name: str) -> None:
        """Let one process of the week happen."""
        getattr(self, name)()

    def where(self, name: str) -> list[Organisation]:
        """Return the organisations in which a mechanism is switched on."""
        return [o for o in self.organisations if getattr(o.settings, name).enabled]

    def elsewhere(self, name: str) -> list[Organisation]:
        """Return those in which it is switched off."""
        return [o for o in self.organisations if not getattr(o.settings, name).enabled]

    # -- the world and its leaders ---------------------------------------------------------------------------------------

    def in_force(self, week: int) -> tuple[Levers, dict[str, Any]]:
        """Return the levers and parameters that hold in a week; of two events that set one value, the later listed wins."""
        levers, sections = self.assumed.levers, self.assumed.sections
        sections |= {"population": self.assumed.population, "structure": self.assumed.structure}
        if not self.assumed.events.enabled:
            return levers, sections
        for event in self.assumed.interventions:
            if event.week <= week and (event.weeks == 0 or week < event.week + event.weeks):
                for key, value in event.set.items():
                    section, name = key.split(".")
                    if section == "levers":
                        levers = dataclasses.replace(levers, **{name: value})
                    else:
                        sections[section] = dataclasses.replace(sections[section], **{name: value})
        return levers, sections

    def put_into_force(self) -> None:
        """Set the levers and parameters that hold this week."""
        levers, sections = self.in_force(self.week)
        for organisation in self.organisations:
            organisation.settings = settings_of(sections)
            organisation.govern_by(levers)

    def events(self) -> None:
        """Interventions and shocks begin and end; demand follows the seasons: 1 + w·cos(2π·week/52)."""
        events = self.assumed.interventions if self.assumed.events.enabled else ()
        if any(self.week in (event.week, event.week + event.weeks) for event in events):
            self.put_into_force()
        for place, event in enumerate(events):
            if event.action and event.week == self.week:
                self.act(event, place)
        for o in self.organisations:
            season = math.cos(2.0 * math.pi * self.week / 52.0)
            p = o.settings.events
            o.demand_factor = p.demand_factor * (1.0 + p.winter_demand * season) if p.enabled else 1.0

    def act(self, event: Event, place: int) -> None:
        """Do what an event does, to the teams that it is about; choosing them marks them."""
        chosen = {o: self.choose(o, event.teams, event.share) for o in self.organisations}
        for team in (team for teams in chosen.values() for team in teams if event.teams != "all"):
            team.marked = True
        if event.action == "pairing":
            self.pair(event.size)
        else:
            for o, teams in chosen.items():
                getattr(o, event.action)(event.size, place, teams, event.weeks)
        if event.action in ("reorganisation", "isolate"):
            self.count_neighbours()

    def choose(self, o: Organisation, how: str, share: float) -> list[Team]:
        """Choose teams; chance gives every team of a run one place in one order, for good."""
        n = min(max(1, round(share * len(o.teams))), len(o.teams))
        ways = {
            "all": lambda: o.teams,
            "marked": lambda: [team for team in o.teams if team.marked],
            "random": lambda: sorted(o.teams, key=lambda team: draw(o.seed, "event.teams", LONG_AGO, team.key, 0)[0])[
                :n
            ],
            "best": lambda: sorted(o.teams, key=lambda team: -team.quality)[:n],
            "worst": lambda: sorted(o.teams, key=lambda team: team.quality)[:n],
            "willing": lambda: self.willing(o, n),
        }
        return sorted(ways[how](), key=lambda team: team.row)

    def willing(self, o: Organisation, n: int) -> list[Team]:
        """Start with the most willing team, and go on to the most willing of those with ties to a team already in."""
        will = {team: 0.5 * (team.mean_of("motivation") + team.mean_of("agency")) for team in o.teams}
        chosen: list[Team] = []
        while len(chosen) < n:
            left = [team for team in o.teams if team not in chosen]
            near = [team for team in left if any(team is other for c in chosen for other, _ in c.neighbours)]
            chosen.append(max(near or left, key=lambda team: will[team]))
        return chosen

    def pair(self, share: float) -> None:
        """Pair the weakest teams with the strongest: by true quality, or by how active their patients are."""
        p = self.organisations[0].settings.pairing
        groups = [self.teams] if p.across else [o.teams for o in self.organisations]
        for teams in groups:
            # The pairs of before are over.
            for team in teams:
                team.partner, team.learns = None, False
            within_reach = [team for team in teams if not team.isolated]
            ranked = sorted(
                within_reach, key=lambda team: self.patients_active(team) if p.by == "patients" else team.quality
            )
            n = min(max(1, round(share * len(ranked))) if share > 0.0 else 0, len(ranked) // 2)
            for weak, strong in zip(ranked[:n], ranked[::-1][:n], strict=True):
                weak.partner, strong.partner, weak.learns = strong, weak, True
                weak.paired_until = strong.paired_until = self.week + p.pair_weeks

    def patients_active(self, team: Team) -> float:
        """Return the mean activation of a team's patients."""
        return mean(patient.activation for patient in team.organisation.patients if patient.team is team)

    def count_neighbours(self) -> None:
        """See which teams each team has most ties with, and how many; at most 24."""
        for team in self.teams:
            ties = Counter(friend.team for who in team.staff for friend in who.friends)
            team.neighbours = sorted(ties.items(), key=lambda pair: (-pair[1], pair[0].row))[:24]

    def drift(self) -> None:
        """What is right for patients drifts, team by team and now and then everywhere."""
        for o in self.where("drift"):
            o.drift()

    def enactment(self) -> None:
        """What leaders give has to be shown in hours with people; what they take away arrives by itself."""
        for o in self.organisations:
            o.enact()

    # -- work, and orders from above -------------------------------------------------------------------------------------

    def load(self) -> None:
        """Demand is shared among those present; improvement, reporting, answering and work-arounds cost hours on top."""
        for o in self.where("load"):
            o.share_work()

    def directives(self) -> None:
        """Teams decide on the directives that are out: comply, adapt, resist or game."""
        for o in self.where("directives"):
            o.issue_to_teams()

    # -- from noticing to an answer, and what people learn from it -------------------------------------------------------

    def noticing(self) -> None:
        """Staff check their work as far as headspace, load and problem-seeking let them, and notice problems."""
        for o in self.elsewhere("noticing"):
            for thing in [*o.teams, *o.staff]:
                thing.noticed = 0.0
        for o in self.where("noticing"):
            for team in o.teams:
                team.notice()

    def observation(self) -> None:
        """Managers who watch the work, and teams that huddle, bring problems to the table."""
        for o in self.organisations:
            on = o.settings.observation.enabled
            o.spent["observation"] = o.spent["huddles"] = 0.0
            for team in o.teams:
                team.observation_hours = 0.0
            for team in o.teams if on else []:
                team.observe()
                team.huddle()

    def partners(self) -> None:
        """Partners outside bring ideas to teams, and work to everyone."""
        for o in self.organisations:
            o.meet_partners()

    def voice(self) -> None:
        """Staff voice what they noticed, to peers, the manager or the guardian, or keep it back for fear or futility."""
        for team in self.teams:
            team.voiced = team.joined = 0.0
        for who in (who for o in self.elsewhere("voice") for who in o.staff):
            who.voiced = who.voice_hours = 0.0
        for who in (who for o in self.where("voice") for who in o.staff):
            who.speak()
        for o in self.where("voice"):
            for who in o.staff:
                who.remember_voice()
            noticed = sum(who.noticed_memory for who in o.staff)
            if noticed > 0.0:
                o.voice_norm = min(1.0, sum(who.voiced_memory for who in o.staff) / noticed)

    def response(self) -> None:
        """Peers, guardian and managers act on, explain or pass over what was raised; managers' hours are limited."""
        for o in self.organisations:
            for who in o.people:
                who.outcomes = who.n_outcomes = who.detriments = 0.0
            for team in o.teams:
                team.outcomes = team.n_outcomes = team.detriments = team.response_hours = team.settling_hours = 0.0
                # What is raised again while it is being worked on is being dealt with.
                team.dealt = team.joined
                if o.settings.response.enabled:
                    team.respond()
            o.spent["response"] = sum(team.response_hours for team in o.teams) / len(o.staff)
            o.compact.remember_answers()

    def learning(self) -> None:
        """Staff learn from outcomes, their own and colleagues', whether speaking up helps and is safe."""
        learners = [who for o in self.where("learning") for who in o.staff if not who.vacant]
        safer = [(who, who.safety_next()) for who in learners if who.settings.learning.safety_enabled]
        for who in learners:
            if who.settings.learning.efficacy_enabled:
                who.learn_efficacy()
        for who, safety in safer:
            who.safety = safety

    def deliberation(self) -> None:
        """Teams talk endorsed ideas over: difference sharpens judgement, undue conflict spoils it and costs safety."""
        for o in self.organisations:
            if o.settings.deliberation.enabled:
                o.spent["deliberation"] = sum(team.deliberate() for team in o.teams) / len(o.staff)
            else:
                o.spent["deliberation"] = 0.0
                for team in o.teams:
                    team.deliberation_hours = 0.0
                for team in o.teams:
                    team.conflict = 0.0

    # -- from an idea to a practice, and from team to team ---------------------------------------------------------------

    def lifecycle(self) -> None:
        """Endorsed ideas go through trial cycles and are adopted or given up; changes last a year or decay."""
        teams = [team for o in self.where("lifecycle") for team in o.teams]
        for team in teams:
            team.try_ideas()
        decaying = {practice for team in teams for practice in team.practices if practice.decays()}
        for team in teams:
            team.age_changes(decaying)
        for team in (team for o in self.elsewhere("lifecycle") for team in o.teams):
            team.improvement_hours, team.n_trials = 0.0, 0

    def coaching(self) -> None:
        """Coaching makes managers more open, slowly and until they leave, and lets teams learn more from trials."""
        for o in self.organisations:
            o.coach()

    def spread(self) -> None:
        """Teams take over recent changes of teams they have ties with, if they have room and judge them to fit."""
        taken = [change for o in self.where("spread") for team in o.teams for change in team.hear_news()]
        for practice, value in taken:
            practice.switch_to(value, "neighbours", "horizontal", week=self.week + 1)

    def pairing(self) -> None:
        """Weak teams that are paired with strong ones take over what these do; both give hours."""
        for team in self.teams:
            team.learn_from_partner()

    def codification(self) -> None:
        """Each quarter the code learns from teams that do better than it, and directives are issued from the code."""
        for o in self.organisations if self.week % 13 == 0 else []:
            o.codify()

    # -- results for patients and staff -------------------------------------------------------------------------

    def quality(self) -> None:
        """True quality follows fit, exhaustion and overload; reported quality also follows gaming."""
        for o in self.where("quality"):
            for team in o.teams:
                team.give_care()
            for patient in o.patients:
                patient.be_cared_for()

    def exhaustion(self) -> None:
        """Load, fear and what falls short of expectations exhaust people; slack and support restore them."""
        tired = []
        for o in self.where("exhaustion"):
            share = o.settings.exhaustion.noise_shared
            for who in (who for who in o.staff if not who.vacant):
                others = [other.exhaustion for other in who.team.in_post if other is not who]
                around = mean(others) if others else who.exhaustion
                event = math.sqrt(share) * o.bell("exhaustion.team", who.team.key)
                tired.append(
                    (who, who.exhaustion_next(around, who.team.contract, who.team.answered_share, event, 1.0 - share))
                )
            tired += [
                (lead, lead.exhaustion_next(lead.exhaustion, o.compact.contract, o.compact.answered_memory, 0.0, 1.0))
                for lead in o.managers
                if not lead.vacant
            ]
        for who, exhaustion in tired:
            who.exhaustion = exhaustion

    def motivation(self) -> None:
        """Influence and permission feed motivation, fear crowds it out; answers and ties feed belonging; words without deeds cost trust."""
        for o in self.where("motivation"):
            for who in o.people:
                if not who.vacant:
                    who.follow_treatment()

    def turnover(self) -> None:
        """The exhausted and mistrustful leave more often and are absent more often; newcomers bring the place's reputation."""
        for who in (who for o in self.elsewhere("turnover") for who in o.people):
            who.absent = False
        for o in self.where("turnover"):
            o.people_come_and_go()

    # -- who knows whom --------------------------------------------------------------------------------------------------

    def ties(self) -> None:
        """Hours with peers keep ties between teams alive and make new ones; every four weeks neighbours are counted anew."""
        for o in self.organisations:
            on = o.settings.ties.enabled
            for team in o.teams:
                team.peer_hours = o.hours["peer"] if on and not team.isolated else 0.0
            o.spent["peer"] = sum(team.peer_hours * len(team.staff) for team in o.teams) / len(o.staff)
            for who in o.staff if on else []:
                who.keep_in_touch()
        if self.week % 4 == 0 and self.where("ties"):
            self.count_neighbours()

    # -- patients, and those who steer -----------------------------------------------------------------------------------

    def forum(self) -> None:
        """A forum of patients raises what patients see; what it can do is its independence times its budget."""
        for o in self.organisations:
            o.spent["patients"] = 0.0
            if o.settings.forum.enabled and o.forum.stands():
                o.forum.step()

    def compact(self) -> None:
        """Each quarter what was kept is held up to what was expected."""
        for o in self.where("compact"):
            o.compact.step()
        for o in self.elsewhere("compact"):
            o.compact.bind_no_one()

    def governing(self) -> None:
        """Leaders tighten when reports fall short, set an example by how they spend time, are rated, and are succeeded."""
        for o in self.where("governing"):
            o.govern()
        for o in self.elsewhere("governing"):
            o.govern_nothing()
