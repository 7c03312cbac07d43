"""Organisations: dimensions and their code, leaders, compact, regulator, and what happens to them."""

from __future__ import annotations

import math
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from twin.draws import bell, draw, how_many, mean, unit

if TYPE_CHECKING:
    from civicsim.model.levers import Levers
    from twin.patients import Forum, Patient
    from twin.people import Manager, Post, StaffMember
    from twin.team import Practice, Team

QUARTER = 13
FOR_EVER = 1_000_000


class Dimension:
    """A dimension of practice: what is right at large, what the protocol asks for, and who can see it."""

    number: int
    truth: int
    code: int
    kappa: float
    measured: bool
    measured_rank: float
    staff_visible: bool
    patient_visible: bool
    safety_critical: bool
    cross_boundary: bool
    directive: bool
    contested: float

    @property
    def weight(self) -> float:
        """Safety-critical dimensions count double."""
        return 2.0 if self.safety_critical else 1.0

    def local_reality(self, u: float) -> int:
        """What is right for a team: the common truth with probability (1+κ)/2, else its opposite."""
        return self.truth if u < 0.5 * (1.0 + self.kappa) else -self.truth


class Compact:
    """Promises between organisation and staff, settled each quarter."""

    organisation: Organisation
    fulfilment: float
    breach: float
    belief: float
    contract: float
    ledger_protection: float
    answered_memory: float
    deliberation_memory: float

    def promised(self) -> float:
        """Everything is promised as soon as a compact is announced, in words (½) or with a ledger (1)."""
        return min(1.0, 2.0 * self.organisation.levers.compact)

    def ledger(self) -> float:
        """Return how far promises are kept in a ledger that all can see."""
        return max(0.0, 2.0 * self.organisation.levers.compact - 1.0)

    def bind_no_one(self) -> None:
        """Without a compact nothing is kept or broken."""
        self.fulfilment = self.breach = self.contract = self.ledger_protection = 0.0
        self.belief = self.organisation.settings.compact.belief_start
        for team in self.organisation.teams:
            team.fulfilment = team.breach = team.contract = 0.0
            team.belief = self.belief

    def remember_answers(self) -> None:
        """Keep in mind for a quarter how much of what was settled was answered."""
        count = self.organisation.count
        answered = count["acted"] + count["explained"]
        settled = answered + count["silent"]
        if settled > 0:
            self.answered_memory += (answered / settled - self.answered_memory) / QUARTER

    def step(self) -> None:
        """Remember what was deliberated; settle at the end of the quarter."""
        o = self.organisation
        self.deliberation_memory += (o.spent["deliberation"] - self.deliberation_memory) / QUARTER
        if o.week % QUARTER == 0:
            self.settle()

    def settle(self) -> None:
        """Settle for the organisation as a whole, or team by team."""
        o, p = self.organisation, self.organisation.settings.compact
        self.hold_up(self, self.answered_memory, mean(team.overload for team in o.teams))
        for team in o.teams:
            if p.level == "team":
                self.hold_up(team, team.answered_share, team.overload)
            else:
                team.fulfilment, team.breach = self.fulfilment, self.breach
                team.belief, team.contract = self.belief, self.contract
        self.ledger_protection = p.ledger_protection * self.ledger()

    def hold_up(self, place: Any, answered: float, overload: float) -> None:
        """Hold up what was kept to what was expected: what is usual, and what was promised as far as it was believed.

        Kept: answers, bearable work, and the hours set aside, if there are any; grip may have moved them. Belief follows what
        is kept, upwards as far as a ledger shows it and downwards faster; without a ledger it fades.
        """
        o, p = self.organisation, self.organisation.settings.compact
        promise, shown, usual = self.promised(), self.ledger(), o.settings.reference.usual_kept
        allotted = o.allotted["protected"]
        things = [answered, math.exp(-p.bearable * overload)]
        if allotted > 0.0:
            things.append(min(1.0, o.hours["protected"] / allotted))
        kept = mean(things)
        if p.kept_share >= 0.0:
            kept += promise * (p.kept_share - kept)
        negotiated = p.process_quality
        if negotiated < 0.0:
            negotiated = min(1.0, self.deliberation_memory / p.hours_for_process)
        place.contract = kept - (usual + promise * place.belief * (1.0 - usual))
        if promise == 0.0:
            place.belief = p.belief_start
        else:
            seen = kept * negotiated
            rate = p.belief_rate * shown if seen > place.belief else min(1.0, p.belief_rate * p.breach_ratio)
            moved = place.belief + rate * (seen - place.belief)
            place.belief = unit(moved - p.belief_fade * (1.0 - shown) * moved)
        place.fulfilment, place.breach = unit(promise * kept * place.belief), unit(promise * (1.0 - kept))


class Regulator:
    """The regulator, as one organisation meets it: it announces inspections and rates what is reported."""

    organisation: Organisation
    deadline: int
    notice: int
    urgency: float
    inadequate: bool

    def patience(self) -> float:
        """Return its patience: more where it has joined a compact that is kept as a ledger."""
        o = self.organisation
        own = o.settings.governing.patience
        return own + (1.0 - own) * o.settings.compact.regulator * o.compact.ledger()

    def announce(self) -> None:
        """Announce an inspection; what is ordered for it reaches teams this very week."""
        self.deadline = self.notice = self.organisation.settings.governing.inspection_deadline
        self.press()

    def press(self) -> None:
        """urgency = (1 − patience)·max(0, 1 − notice/weeks of a trial): how far time is too short to try anything out."""
        trial = self.organisation.settings.lifecycle
        weeks = trial.n_cycles * trial.cycle_weeks
        announced = self.notice > 0 and weeks > 0
        self.urgency = (1.0 - self.patience()) * max(0.0, 1.0 - self.notice / weeks) if announced else 0.0

    def comes_nearer(self) -> bool:
        """Count down to an announced inspection; return whether it is this week."""
        today = self.deadline == 1
        self.deadline = max(0, self.deadline - 1)
        if self.deadline == 0:
            self.notice = 0
        self.press()
        return today

    def has_turn(self) -> bool:
        """Whether the organisation's turn to be rated comes this quarter; the order of turns is drawn once."""
        o = self.organisation
        quarters = max(1, o.settings.governing.rating_weeks // QUARTER)
        first = int(draw(o.seed, "governing.turn", 0, o.key, 0)[0] * quarters)
        return (o.week // QUARTER + first) % quarters == 0

    def rate(self, reported: float, u: float) -> None:
        """Rate by an impression around what is reported; inadequate adds grip, unless there is patience."""
        o, p = self.organisation, self.organisation.settings.governing
        self.inadequate = reported + p.rating_noise * 12.0**0.5 * (u - 0.5) < p.inadequate_below
        o.count["rated"] += 1
        if self.inadequate:
            o.count["rated_inadequate"] += 1
            o.grip = unit(o.grip + p.rating_grip * (1.0 - self.patience()))


class Organisation:
    """An organisation: its teams and managers, the levers as intended, and what staff meet of them."""

    row: int
    key: int
    seed: int
    week: int
    settings: SimpleNamespace
    levers: Levers
    count: Counter[str]
    linked: list[Organisation]
    teams: list[Team]
    staff: list[StaffMember]
    managers: list[Manager]
    patients: list[Patient]
    dimensions: list[Dimension]
    forum: Forum
    compact: Compact
    regulator: Regulator
    hours_budget: float
    allotted: dict[str, float]
    hours: dict[str, float]
    spent: dict[str, float]
    with_people: list[str]
    fear_enacted: float
    permission_enacted: float
    authority_enacted: float
    fear_habit: float
    permission_habit: float
    authority_habit: float
    demand_factor: float
    directive_memory: float
    harm_memory: float
    satisfaction_memory: float
    say_do_gap: float
    leader_openness: float
    grip: float
    partner_hours: float
    chief_leaving: bool
    started_over: bool
    attention_wellbeing: float
    deferred: float
    culture_reported: float
    weeks_to_fill: float
    place_strain: float
    voice_norm: float
    mean_safety: float
    mean_efficacy: float

    @property
    def people(self) -> list[Post]:
        """Staff and managers."""
        return [*self.staff, *self.managers]

    @property
    def chief(self) -> Manager:
        """The chief executive."""
        return self.managers[-1]

    def draws(self, decision: str, key: int, item: int = 0) -> tuple[float, float, float, float]:
        """Return four random numbers for a decision of this week, addressed by row and item."""
        return draw(self.seed, decision, self.week, key, item)

    def bell(self, decision: str, key: int) -> float:
        """Return a bell-shaped number with mean 0 and variance 1."""
        return bell(self.seed, decision, self.week, key)

    def accuracy(self, skill: float) -> float:
        """Return the chance of judging rightly what fits: ½ + .4K."""
        return 0.5 + self.settings.practice.judgement_gain * skill

    def hours_with_people(self) -> float:
        """Return the share of the hour budget that leaders and managers really gave to people last week."""
        return unit(sum(self.spent[purpose] for purpose in self.with_people) / self.hours_budget)

    # -- levers in force -------------------------------------------------------------------------------------------------

    def govern_by(self, levers: Levers) -> None:
        """Intend something else; what staff meet follows in the weeks after."""
        self.levers = levers
        self.allotted = {purpose: share * self.hours_budget for purpose, share in levers.hours(1.0).items()}
        self.hours = dict(self.allotted)
        for dimension in self.dimensions:
            dimension.measured = dimension.measured_rank < levers.measured_share

    # -- actions of events -----------------------------------------------------------------------------------------------

    def vacancy_wave(self, size: float, place: int, chosen: list[Team], weeks: int) -> None:
        """Empty a share of the posts of staff at once."""
        for team in chosen:
            for who in team.in_post:
                if self.draws(f"event.vacancy.{place}", who.key)[0] < size:
                    who.leave()

    def reality_shift(self, size: float, place: int, chosen: list[Team], weeks: int) -> None:
        """Flip what is right on a share of the dimensions, and redraw the local realities there."""
        decision = f"event.shift.{place}"
        for dimension in self.dimensions:
            if self.draws(decision, self.key, dimension.number)[0] < size:
                dimension.truth = -dimension.truth
                for team in self.teams:
                    u, _, _, _ = team.draws(decision, len(self.dimensions) + dimension.number)
                    team.practices[dimension.number].reality = dimension.local_reality(u)

    def reorganisation(self, size: float, place: int, chosen: list[Team], weeks: int) -> None:
        """Move a share of the teams, whose people lose their ties; the forum may be swept away."""
        decision, p = f"event.reorganisation.{place}", self.settings.forum
        for team in chosen:
            if team.draws(decision, 0)[0] < size:
                for who in team.staff:
                    who.lose_all_ties()
        if size > 0.0 and self.draws(decision, self.key, 1)[0] < p.loss_in_reorganisation * (1.0 - p.anchored_outside):
            self.forum.swept_away()

    def many_directives(self, size: float, place: int, chosen: list[Team], weeks: int) -> None:
        """Order a share of the code, all at once."""
        self.order(f"event.directives.{place}", size, self.dimensions)

    def inspection(self, size: float, place: int, chosen: list[Team], weeks: int) -> None:
        """Announce an inspection, and order a share of what is measured."""
        if self.settings.governing.enabled:
            self.regulator.announce()
        self.order(f"event.inspection.{place}", size, [x for x in self.dimensions if x.measured])

    def order(self, decision: str, size: float, dimensions: list[Dimension]) -> None:
        """Send out directives on a share of some dimensions, as far as the code asks for anything."""
        for dimension in dimensions:
            if dimension.code != 0 and self.draws(decision, self.key, dimension.number)[0] < size:
                dimension.directive = True

    def leader_exit(self, size: float, place: int, chosen: list[Team], weeks: int) -> None:
        """Let the chief executive go this week, with some probability."""
        self.chief_leaving = self.draws(f"event.leader.{place}", self.key)[0] < size

    def solidarity(self, size: float, place: int, chosen: list[Team], weeks: int) -> None:
        """Raise everyone's belonging; it wears off by itself. Those above the teams belong to the whole."""
        everywhere = len(chosen) == len(self.teams)
        for who in self.people:
            if who.team in chosen if who.team else everywhere:
                who.belonging = min(1.0, who.belonging + size)

    def mark(self, size: float, place: int, chosen: list[Team], weeks: int) -> None:
        """Do nothing to the teams that were chosen."""

    def isolate(self, size: float, place: int, chosen: list[Team], weeks: int) -> None:
        """Cut the chosen teams off from all others, for good."""
        for team in chosen:
            team.isolated = True
            for who in team.staff:
                who.lose_all_ties()

    def project(self, size: float, place: int, chosen: list[Team], weeks: int) -> None:
        """Lift safety in the chosen teams, and what it settles at for as long as the event lasts."""
        for team in chosen:
            team.climate = size
            team.climate_until = self.week + weeks if weeks > 0 else FOR_EVER
            for who in team.staff:
                who.safety = min(1.0, who.safety + size)

    def teach(self, size: float, place: int, chosen: list[Team], weeks: int) -> None:
        """Take the people of the chosen teams a share of the way to full skill."""
        for who in (who for team in chosen for who in team.staff):
            who.skill += size * (1.0 - who.skill)

    def relieve(self, size: float, place: int, chosen: list[Team], weeks: int) -> None:
        """Take a share of the care asked for off the chosen teams, for good."""
        for team in chosen:
            team.demand *= 1.0 - size

    def install(self, size: float, place: int, chosen: list[Team], weeks: int) -> None:
        """Put the run's improvement programme into practice at once."""
        for practice, value, _ in self.programme(size, chosen):
            practice.switch_to(value, "programme", "vertical")

    def launch(self, size: float, place: int, chosen: list[Team], weeks: int) -> None:
        """Bring the same changes as ideas to be tried."""
        for practice, value, severity in self.programme(size, chosen):
            if not practice.idea:
                practice.propose(value, severity, "programme", "manager", state="endorsed")

    def programme(self, size: float, chosen: list[Team]) -> list[tuple[Practice, int, float]]:
        """Return what the programme changes in some teams; it is drawn once, whenever and however it is rolled out."""
        changes = []
        for dimension in self.dimensions:
            u_part, u_right, _, severity = draw(self.seed, "event.programme", 0, self.key, dimension.number)
            if u_part < size:
                right = u_right < self.settings.events.programme_accuracy
                value = dimension.truth if right else -dimension.truth
                there = [team.practices[dimension.number] for team in chosen]
                changes += [(practice, value, severity) for practice in there if practice.value != value]
        return changes

    # -- drift -----------------------------------------------------------------------------------------------------------

    def drift(self) -> None:
        """Flip a common reality now and then, which redraws all local ones there, and redraw a few local ones."""
        p, m = self.settings.drift, len(self.dimensions)
        u, u_where, _, _ = self.draws("drift", self.key)
        if how_many(m * p.rate * p.common_share, u, 1):
            dimension = self.dimensions[int(u_where * m)]
            dimension.truth = -dimension.truth
            for team in self.teams:
                team.practices[dimension.number].reality = dimension.local_reality(team.draws("drift", 1)[0])
        for team in self.teams:
            for k in range(how_many(m * 2.0 * p.rate, team.draws("drift", 2)[0], 8)):
                u_where, u, _, _ = team.draws("drift", 3 + k)
                practice = team.practices[int(u_where * m)]
                practice.reality = practice.dimension.local_reality(u)

    # -- enactment -------------------------------------------------------------------------------------------------------

    def enact(self) -> None:
        """Let what staff meet follow what leaders intend; hours move to reporting as far as leaders have tightened."""
        p = self.settings.enactment
        pressure = mean(team.overload for team in self.teams)
        self.allocate()
        intended = {
            "fear": unit(self.levers.fear + p.grip_fear * self.grip),
            "permission": self.levers.permission,
            "authority": self.levers.authority,
        }
        for name, value in intended.items():
            met = self.met_next(name, value, pressure) if p.enabled else value
            setattr(self, f"{name}_enacted", met)
        # Only bad surprises count: to be treated better than announced disappoints no one.
        self.say_do_gap = mean(
            (
                max(0.0, self.fear_enacted - self.levers.fear),
                max(0.0, self.levers.permission - self.permission_enacted),
                max(0.0, self.levers.authority - self.authority_enacted),
            )
        )
        for lead in self.managers:
            lead.show_openness(lead.team.overload if lead.team else pressure)

    def met_next(self, name: str, intended: float, pressure: float) -> float:
        """x ← x + r·h·(x* − x) − f·p·(x − x₀) where leaders give; x ← x + c·(x* − x) where they take away.

        Only what goes beyond the habit slips under pressure.
        """
        p, x, habit = self.settings.enactment, getattr(self, f"{name}_enacted"), getattr(self, f"{name}_habit")
        freer = -1.0 if name == "fear" else 1.0
        takes_away = p.control_enabled and freer * (intended - x) < 0.0
        speed = p.control_rate if takes_away else p.rate * self.hours_with_people()
        slips = freer * (x - habit) > 0.0 or not p.control_enabled
        return unit(x + speed * (intended - x) - (p.fallback * pressure * (x - habit) if slips else 0.0))

    def allocate(self) -> None:
        """Move hours of other purposes to reporting; the sum stays the same."""
        moved = self.settings.enactment.grip_hours * self.grip * (1.0 - self.compact.ledger_protection)
        self.hours = {purpose: (1.0 - moved) * hours for purpose, hours in self.allotted.items()}
        others = sum(hours for purpose, hours in self.allotted.items() if purpose != "reporting")
        self.hours["reporting"] = self.allotted["reporting"] + moved * others

    # -- load ------------------------------------------------------------------------------------------------------------

    def share_work(self) -> None:
        """Share work in every team; managers share the load of those they lead."""
        self.spent["protected"], self.spent["reporting"] = self.hours["protected"], self.hours["reporting"]
        for team in self.teams:
            team.share_work()
        overall, rest = mean(team.load for team in self.teams), mean(team.rest for team in self.teams)
        for lead in self.managers:
            lead.load = lead.team.load if lead.team else overall
            lead.rest_hours = lead.team.rest if lead.team else rest
            lead.find_headspace()

    # -- directives and the code -----------------------------------------------------------------------------------------

    def issue_to_teams(self) -> None:
        """Bring what is ordered to the teams, once."""
        ordered = [dimension for dimension in self.dimensions if dimension.directive]
        a_year = 52.0 * len(ordered) / len(self.dimensions)
        self.directive_memory += (a_year - self.directive_memory) / 26.0
        if ordered:
            for team in self.teams:
                team.meet_directives(ordered)
        for dimension in ordered:
            dimension.directive = False

    def superior(self, team: Team) -> bool:
        """Whether a team does better than the code would there: more hits on the measured dimensions."""
        measured = [practice for practice in team.practices if practice.dimension.measured]
        code_hits = sum(practice.dimension.code == practice.reality for practice in measured)
        return sum(practice.fits for practice in measured) > code_hits

    def codify(self) -> None:
        """Let the code learn from superior teams with 1 − (1−p₂)^k, k their net majority; then send out directives."""
        p = self.settings.codification
        best = [team for team in self.teams if self.superior(team)] if p.enabled else []
        for dimension in self.dimensions:
            u_learn, u_order, _, _ = self.draws("codification", self.key, dimension.number)
            net = sum(team.practices[dimension.number].value for team in best)
            majority = 1 if net > 0 else -1
            learns = net != 0 and u_learn < 1.0 - (1.0 - self.levers.codification) ** abs(net)
            if learns and dimension.code != majority:
                dimension.code = majority
                self.count["codified"] += 1
            self.hear_contest(dimension)
            often = self.levers.directive_rate * p.quarterly_share
            dimension.directive = p.directives_enabled and dimension.code != 0 and u_order < often

    def hear_contest(self, dimension: Dimension) -> None:
        """Withdraw what k teams contest, and its target, with O(1−F)·[1 − (1−w)^k]."""
        p = self.settings.codification
        if dimension.contested > 0.0 and p.enabled and dimension.code != 0:
            together = 1.0 - (1.0 - p.contest_weight) ** dimension.contested
            u, _, _, _ = self.draws("codification.contest", self.key, dimension.number)
            if u < self.leader_openness * (1.0 - self.fear_enacted) * together:
                dimension.code, dimension.measured, dimension.measured_rank = 0, False, 1.0
                self.count["withdrawn"] += 1
        if p.enabled:
            dimension.contested = 0.0

    # -- partners --------------------------------------------------------------------------------------------------------

    def meet_partners(self) -> None:
        """Partners outside bring work to everyone, and now and then an idea to a team."""
        p = self.settings.partners
        self.partner_hours = p.n * p.hours if p.enabled else 0.0
        if not p.enabled or p.n == 0:
            return
        u, _, _, _ = self.draws("partners", self.key)
        for k in range(how_many(p.n * p.idea_rate, u, 8)):
            u_team, u_where, u_right, severity = self.draws("partners.idea", self.key, k)
            team = self.teams[int(u_team * len(self.teams))]
            practice = team.practices[int(u_where * len(self.dimensions))]
            truth = practice.dimension.truth
            value = truth if u_right < p.idea_accuracy else -truth
            if not practice.idea and practice.value != value:
                practice.propose(value, severity, "partners", "manager")
                team.noticed += 1.0
                self.count["brought"] += 1

    # -- coaching --------------------------------------------------------------------------------------------------------

    def coach(self) -> None:
        """Make managers more open, slowly, and let teams learn more from trials."""
        p = self.settings.coaching
        hours = self.hours["coaching"] if p.enabled else 0.0
        strength = min(1.0, hours / p.full_hours)
        for lead in self.managers if strength > 0.0 else []:
            lead.be_coached(strength)
        for team in self.teams:
            # Hours for which there is no one to coach and nothing on trial go back to care.
            used = team.n_trials > 0 or not team.manager.vacant
            team.coaching_hours = hours * len(team.staff) if used else 0.0
            if strength > 0.0:
                team.be_coached(strength)
        self.spent["coaching"] = sum(team.coaching_hours for team in self.teams) / len(self.staff)

    # -- turnover --------------------------------------------------------------------------------------------------------

    def people_come_and_go(self) -> None:
        """Newcomers hear of the place as it was before; then everyone stays, leaves or falls ill."""
        there = [who for who in self.staff if not who.vacant]
        if there:
            self.mean_safety = mean(who.safety for who in there)
            self.mean_efficacy = mean(who.efficacy for who in there)
        for team in self.teams:
            team.leaver_memory *= 1.0 - 1.0 / 13.0
        for who in self.people:
            who.come_or_go()

    # -- governing -------------------------------------------------------------------------------------------------------

    def govern_nothing(self) -> None:
        """No one tightens, rates or is succeeded."""
        self.grip = self.regulator.urgency = self.attention_wellbeing = self.culture_reported = 0.0
        self.deferred = 0.0
        self.regulator.deadline, self.regulator.notice, self.chief_leaving, self.started_over = 0, 0, False, False
        self.leader_openness = self.chief.openness_anchor

    def govern(self) -> None:
        """The chief goes or stays and sets an example; each quarter leaders react to reports, in turn they are rated."""
        p = self.settings.governing
        u_exit, u_rate, _, _ = self.draws("governing", self.key)
        goes = u_exit < min(1.0, p.chief_exit_rate * (p.inadequate_factor if self.regulator.inadequate else 1.0))
        self.started_over = False
        if self.chief_leaving or goes:
            self.succeed()
        self.chief_leaving = False
        engaged = self.hours_with_people() - self.settings.reference.usual_engaged
        self.leader_openness = unit(self.chief.openness_anchor + p.example_gain * engaged)
        self.hear_signals()
        if self.week >= 0:
            self.expectation += p.expectation_drift / 52.0
        inspected, quarter = self.regulator.comes_nearer(), self.week % QUARTER == 0
        if quarter or inspected:
            reported = self.as_heard(mean(team.quality_reported for team in self.teams))
            self.report_culture()
            if quarter:
                self.react(reported)
            if inspected or self.regulator.has_turn():
                self.regulator.rate(reported, u_rate)

    def hear_signals(self) -> None:
        """Harm, per post and year, and patients' reports become known over half a year."""
        harm = 52.0 * sum(team.harm for team in self.teams) / len(self.staff)
        self.harm_memory += (harm - self.harm_memory) / 26.0
        if self.patients:
            content = mean(patient.satisfaction for patient in self.patients)
            self.satisfaction_memory += (content - self.satisfaction_memory) / 26.0

    def as_heard(self, reported: float) -> float:
        """reported − w_h(harm/usual − 1) + w_p(satisfaction − usual)."""
        p, usual = self.settings.governing, self.settings.reference
        harm = self.harm_memory / usual.usual_harm - 1.0
        content = self.satisfaction_memory - usual.usual_satisfaction
        return unit(reported - p.harm_weight * harm + p.patients_weight * content)

    def succeed(self) -> None:
        """A new chief executive takes the post, and may start over."""
        p = self.settings.governing
        self.chief.hire()
        self.count["chiefs_left"] += 1
        if self.draws("governing", self.key, 1)[0] < p.reset_probability * (1.0 - p.continuity):
            self.count["resets"] += 1
            # What was given has to be earned again; what was taken away stays.
            self.fear_enacted = max(self.fear_enacted, self.fear_habit)
            self.permission_enacted = min(self.permission_enacted, self.permission_habit)
            self.authority_enacted = min(self.authority_enacted, self.authority_habit)
            self.started_over = True

    def report_culture(self) -> None:
        """S̄ + w·F·salience·(1 − audit)·(1 − S̄): glossed as far as leaders are judged by it."""
        safety = mean(who.safety for who in self.staff if not who.vacant)
        gloss = self.settings.governing.culture_target * self.fear_enacted * self.levers.target_salience
        self.culture_reported = unit(safety + gloss * (1.0 - self.levers.audit) * (1.0 - safety))

    def react(self, reported: float) -> None:
        """grip ← (1−r)·grip + (k·max(0, shortfall) + r·pressure)(1 − attention elsewhere).

        Attention goes to wellbeing, w·(1 + g·max(0, Ē − E_ref)), only where leaders can see the price.
        """
        p = self.settings.governing
        aspiration = unit(p.aspiration + self.expectation)
        judged = (1.0 - p.culture_target) * reported + p.culture_target * self.culture_reported
        tired = mean(who.exhaustion for who in self.staff if not who.vacant)
        above = max(0.0, tired - self.settings.reference.usual_exhaustion)
        seen = unit(p.wellbeing_weight * (1.0 + p.wellbeing_gain * above))
        self.attention_wellbeing = seen if p.tradeoff_visible else 0.0
        self.deferred = p.relief * self.attention_wellbeing
        push = p.reaction * max(0.0, aspiration - judged) + p.relaxation * p.pressure
        self.grip = unit((1.0 - p.relaxation) * self.grip + push * (1.0 - self.attention_wellbeing))


def settings_of(sections: dict[str, Any]) -> SimpleNamespace:
    """Return parameters by section, each as its plain dataclass."""
    return SimpleNamespace(**sections)
