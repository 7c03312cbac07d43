"""Teams: their practices, the ideas on their table, and what they make of orders, news and each other."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin.draws import either, mean, unit

if TYPE_CHECKING:
    from twin.organisation import Dimension, Organisation
    from twin.patients import PatientGroup
    from twin.people import Manager, StaffMember

YEAR = 52


@dataclass
class Idea:
    """What someone proposes to do instead: waiting for an answer, endorsed, or in trial."""

    value: int
    severity: float
    origin: str
    channel: str
    raised_week: int
    week: int
    state: str = "waiting"
    raiser: StaffMember | None = None
    group: PatientGroup | None = None
    convenient: bool = False
    deliberated: bool = False
    cycles: int = 0
    successes: int = 0


class Practice:
    """What a team does on one dimension, and at most one idea about it.

    The last change is followed for a year: it may decay, which brings back what was done before.
    """

    team: Team
    dimension: Dimension
    value: int
    reality: int
    previous: int
    origin: str
    followed: bool
    gamed: bool
    convenient: bool
    previous_convenient: bool
    adopted_week: int
    idea: Idea | None

    @property
    def fits(self) -> bool:
        """Whether the team does what is right for it."""
        return self.value == self.reality

    @property
    def week(self) -> int:
        """This week."""
        return self.team.organisation.week

    def judged(self, rightly: bool) -> int:
        """Return what seems right to someone who judges rightly, or wrongly."""
        return self.reality if rightly else -self.reality

    def change_to(self, value: int, origin: str, convenient: bool = False, week: int | None = None) -> bool:
        """Do something else from now on; return whether that was a change."""
        self.gamed = False
        if self.value == value:
            return False
        if self.followed:
            self.count_fate("replaced")
        self.previous, self.previous_convenient = self.value, self.convenient
        self.value, self.convenient, self.origin = value, convenient, origin
        self.adopted_week = self.week if week is None else week
        self.followed = True
        count = self.team.organisation.count
        count["adopted_right"] += self.fits
        count[f"changes.adopted.{origin}"] += 1
        count[f"changes.right.{origin}"] += self.fits
        return True

    def count_fate(self, fate: str) -> None:
        """Count what became of the last change, and by what had caused it."""
        self.team.organisation.count[fate] += 1
        self.team.organisation.count[f"changes.{fate}.{self.origin}"] += 1

    def switch_to(self, value: int, origin: str, how: str, convenient: bool = False, week: int | None = None) -> bool:
        """Change, which costs the team hours and is counted."""
        changed = self.change_to(value, origin, convenient, week)
        if changed:
            self.team.switching_hours += self.team.settings.practice.switching_hours
            self.team.organisation.count[f"adopted_{how}"] += 1
        return changed

    def fall_back(self) -> None:
        """Return to what was done before the last change."""
        self.value, self.convenient = self.previous, self.previous_convenient
        self.followed = False

    def propose(self, value: int, severity: float, origin: str, channel: str, **about: Any) -> Idea:
        """Put an idea on the table, in place of what lay there."""
        self.idea = Idea(value, severity, origin, channel, self.week, self.week, **about)
        return self.idea

    def is_news(self) -> bool:
        """Whether neighbours talk about it: a standing change of the last half year, and not one that was ordered."""
        age = self.week - self.adopted_week
        return self.followed and self.origin != "directive" and 0 < age <= 26 and self.value != 0

    def share_alike(self) -> float:
        """Return the share of ties that lead to teams that do the same."""
        ties = alike = 0.0
        for other, n in self.team.neighbours:
            ties += n
            if other.practices[self.dimension.number].value == self.value:
                alike += n
        return alike / ties if ties else 0.0

    def decays(self) -> bool:
        """max(0, δ₀ + δ_L·ov + δ_T·leavers + δ_C·started over − δ_N·share alike)."""
        if not self.followed or self.adopted_week >= self.week:
            return False
        p, team = self.team.settings.lifecycle, self.team
        hazard = p.decay_base + p.decay_overload * team.overload + p.decay_turnover * team.leaver_memory
        hazard += p.decay_leader * team.organisation.started_over - p.decay_neighbours * self.share_alike()
        u, _, _, _ = team.draws("lifecycle.decay", self.dimension.number)
        return u < max(0.0, hazard)


class Team:
    """A team: posts, a manager, and a practice on each dimension."""

    row: int
    key: int
    organisation: Organisation
    division: int
    manager: Manager
    staff: list[StaffMember]
    practices: list[Practice]
    neighbours: list[tuple[Team, int]]
    demand: float
    n_present: int
    mismatch: float
    load: float
    overload: float
    headspace: float
    seek: float
    improvement_hours: float
    switching_hours: float
    response_credit: float
    response_hours: float
    settling_hours: float
    peer_hours: float
    deliberation_hours: float
    observation_hours: float
    coaching_hours: float
    deliberation_credit: float
    observation_credit: float
    huddle_credit: float
    marked: bool
    isolated: bool
    climate: float
    climate_until: int
    partner: Team | None
    learns: bool
    paired_until: int
    answered_share: float
    fulfilment: float
    breach: float
    belief: float
    contract: float
    conflict: float
    hostility: float
    n_trials: int
    noticed: float
    voiced: float
    joined: float
    dealt: float
    noticed_memory: float
    dealt_memory: float
    outcomes: float
    n_outcomes: float
    detriments: float
    originated_memory: float
    leaver_memory: float
    working: float
    quality: float
    quality_measured: float
    quality_unmeasured: float
    quality_reported: float
    harm: float
    incidents: float

    @property
    def settings(self) -> Any:
        """The parameters in force."""
        return self.organisation.settings

    @property
    def count(self) -> Counter[str]:
        """What happened in the organisation this week."""
        return self.organisation.count

    @property
    def in_post(self) -> list[StaffMember]:
        """Those whose post is filled, ill or not."""
        return [who for who in self.staff if not who.vacant]

    def draws(self, decision: str, item: int) -> tuple[float, float, float, float]:
        """Return the team's four random numbers for a decision of this week."""
        return self.organisation.draws(decision, self.key, item)

    def mean_of(self, trait: str) -> float:
        """Return the mean of a trait of those in post, 0 if there are none."""
        return mean(getattr(who, trait) for who in self.in_post)

    def from_anywhere(self, u: float) -> list[Practice]:
        """Return the practices in turn, from a random one on: which comes first must not depend on its number."""
        start = int(u * len(self.practices))
        return self.practices[start:] + self.practices[:start]

    # -- load ------------------------------------------------------------------------------------------------------------

    def share_work(self) -> None:
        """ℓ = (care + hours spent on purposes + voice + what does not fit) / contracted; overload is kept in mind for ten weeks."""
        o, p, structure = self.organisation, self.settings.load, self.settings.structure
        self.mismatch = sum(not practice.fits for practice in self.practices) / len(self.practices)
        self.n_present = sum(who.at_work for who in self.staff)
        # Managers beside the team's manager are not there for care.
        hands = max(self.n_present - (structure.managers_per_team - 1), 1)
        saved = p.convenience_gain * sum(practice.convenient for practice in self.practices)
        care = max(0.0, (1.0 - o.deferred) * o.demand_factor * self.demand / hands - saved)
        forum = o.spent["patients"] * len(self.staff)
        part = self.peer_hours + (self.deliberation_hours + forum) / hands
        self.rest = p.participation_from_recovery * part
        together = self.improvement_hours + self.response_hours + self.settling_hours
        together += self.observation_hours + self.coaching_hours
        each = o.spent["protected"] + o.spent["reporting"] + o.partner_hours
        if self.settings.compact.enabled:
            # What staff take on in return.
            each += self.settings.compact.return_hours * o.compact.ledger() * self.belief
        failure = p.failure_demand * self.mismatch
        shared = care + each + part - self.rest + together / hands + failure
        self.count["hours_failure_demand"] += failure * self.n_present
        for who in self.staff:
            who.load = (shared + who.voice_hours) / structure.contracted_hours
            who.rest_hours = self.rest
            who.find_headspace()
        self.load, self.headspace = self.mean_of("load"), self.mean_of("headspace")
        self.overload = unit(self.overload + (max(0.0, self.load - 1.0) - self.overload) / 10.0)

    # -- directives ------------------------------------------------------------------------------------------------------

    def meet_directives(self, ordered: list[Dimension]) -> None:
        """Take in as many directives as there is attention for, and decide on each."""
        if not self.in_post:
            return
        attended = min(1.0, self.settings.directives.attention / len(ordered))
        for dimension in ordered:
            self.count["directives"] += 1
            u_attend, u_signal, u_choice, u_guess = self.draws("directives", dimension.number)
            practice = self.practices[dimension.number]
            if u_attend >= attended:
                self.count["overlooked"] += 1
            elif practice.value == dimension.code:
                # Nothing to do, and nothing to pretend.
                self.count["in_line"] += 1
                practice.gamed = False
            else:
                self.answer_directive(practice, u_signal, u_choice, u_guess)

    def answer_directive(self, practice: Practice, u_signal: float, u_choice: float, u_guess: float) -> None:
        """Comply, adapt, resist or game."""
        code, accuracy = practice.dimension.code, self.organisation.accuracy(self.mean_of("skill"))
        together = self.majority_accuracy(accuracy, max(self.n_present, 1), self.settings.practice.signal_correlation)
        choice = self.choose_answer(misfit=practice.judged(u_signal < together) != code, u=u_choice)
        self.count[choice] += 1
        practice.dimension.contested += choice in ("adapted", "resisted")
        if choice == "complied":
            practice.switch_to(code, "directive", "vertical")
        elif choice == "adapted":
            practice.switch_to(practice.judged(u_guess < accuracy), "directive", "vertical")
        elif choice == "gamed":
            practice.gamed = True

    def majority_accuracy(self, q: float, n: int, correlation: float) -> float:
        """Φ((q−½)·√n_eff / √(q(1−q))), n_eff = n / (1 + (n−1)ρ): the chance that a majority of correlated judgements is right."""
        effective = n / (1.0 + (n - 1.0) * correlation)
        z = (q - 0.5) * math.sqrt(effective) / math.sqrt(max(q * (1.0 - q), 1e-12))
        return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))

    def choose_answer(self, misfit: bool, u: float) -> str:
        """Choose among four answers by what speaks for each, with temperature τ (softmax).

        comply a₁(F + carrot) + a₂T; adapt a₃·permission·K·H·(1 + duty)(1 − hurry); resist a₄·misfit·X − a₅F;
        game a₆F·salience − a₇M − a₈·audit, where F rises in a hurry by half of what is missing to 1.
        """
        p, o, levers = self.settings.directives, self.organisation, self.organisation.levers
        hurry = p.urgency_weight * o.regulator.urgency
        fear = o.fear_enacted + 0.5 * hurry * (1.0 - o.fear_enacted)
        duty = p.professionalism_weight * (self.mean_of("professionalism") - 0.5)
        scope = o.permission_enacted * self.mean_of("skill") * self.headspace
        # Staff who believe in a compact that is kept as a ledger report openly in return.
        compact = self.settings.compact
        candour = compact.candour * o.compact.ledger() * self.belief if compact.enabled else 0.0
        openly = either(levers.audit, candour)
        utility = {
            "complied": p.comply_pressure * (fear + levers.carrot) + p.comply_trust * self.mean_of("trust"),
            "adapted": p.adapt_scope * scope * (1.0 + duty) * (1.0 - hurry),
            "resisted": p.resist_misfit * misfit * self.mean_of("belonging") - p.resist_fear * fear,
            "gamed": p.game_pressure * fear * levers.target_salience
            - p.game_motivation * self.mean_of("motivation")
            - p.game_audit * openly,
        }
        best = max(utility.values())
        weights = {answer: math.exp((value - best) / p.temperature) for answer, value in utility.items()}
        x = u * sum(weights.values())
        for answer, weight in weights.items():
            x -= weight
            if x < 0.0:
                return answer
        return "gamed"

    # -- noticing, observation, voice --------------------------------------------------------------------------------------

    def notice(self) -> None:
        """seek moves towards ½[1 + O(1−F) − φ·salience·F]; then everyone looks."""
        p, o, levers = self.settings.noticing, self.organisation, self.organisation.levers
        openness, fear = self.manager.openness, o.fear_enacted
        settles = unit(0.5 * (1.0 + openness * (1.0 - fear) - levers.measured_share * levers.target_salience * fear))
        self.seek = unit(self.seek + p.seek_rate * (unit(settles + p.seek_shift) - self.seek))
        visible = [practice for practice in self.practices if practice.dimension.staff_visible]
        for who in self.staff:
            who.notice(visible)
        self.noticed = sum(who.noticed for who in self.staff)
        self.count["noticed"] += self.noticed

    def observe(self) -> None:
        """The manager watches the work, which takes no one's courage, and turns the team towards looking for problems."""
        p = self.settings.observation
        visible = [practice for practice in self.practices if practice.dimension.staff_visible]
        if not self.manager.at_work or not visible:
            return
        hours = self.organisation.hours["observation"] * len(self.staff)
        self.seek = unit(self.seek + p.seek_gain * hours * (1.0 - self.seek))
        self.observation_credit += hours
        self.observation_hours += hours
        self.organisation.spent["observation"] += hours / len(self.organisation.staff)
        for check in range(int(self.observation_credit / p.hours_per_check + 1e-9)):
            self.observation_credit = max(0.0, self.observation_credit - p.hours_per_check)
            seen = self.look(visible, "observation.watch", check, self.manager.skill, candour=1.0, origin="managers")
            self.count["observed"] += seen

    def huddle(self) -> None:
        """The team looks at what bears on safety; what is seen is raised as far as people there dare to."""
        p = self.settings.observation
        critical = [
            practice
            for practice in self.practices
            if practice.dimension.staff_visible and practice.dimension.safety_critical
        ]
        if not critical:
            return
        skill, candour = self.mean_of("skill"), self.mean_of("propensity")
        hours = self.organisation.hours["huddles"] * len(self.staff)
        self.huddle_credit += hours
        self.observation_hours += hours
        self.organisation.spent["huddles"] += hours / len(self.organisation.staff)
        for check in range(int(self.huddle_credit / p.hours_per_huddle + 1e-9)):
            self.huddle_credit = max(0.0, self.huddle_credit - p.hours_per_huddle)
            self.count["huddled"] += self.look(critical, "observation.huddle", check, skill, candour, origin="team")

    def look(
        self, practices: list[Practice], decision: str, check: int, skill: float, candour: float, origin: str
    ) -> bool:
        """Look at one practice; return whether something wrong came on the table."""
        u_where, u_right, severity, u_raised = self.draws(decision, check)
        practice = practices[int(u_where * len(practices))]
        seen = practice.judged(u_right < self.organisation.accuracy(skill))
        if seen == practice.value or practice.idea or u_raised >= candour:
            return False
        practice.propose(seen, severity, origin, "manager")
        self.noticed += 1.0
        return True

    # -- response --------------------------------------------------------------------------------------------------------

    def dealt_share(self) -> float:
        """Return the share of noticed problems, voiced or not, that were dealt with in the last half year."""
        if self.noticed_memory > 0.0:
            return min(1.0, self.dealt_memory / self.noticed_memory)
        return self.settings.reference.usual_dealt_share

    def explains_probability(self, openness: float) -> float:
        """.35 + .4·O."""
        return unit(self.settings.response.explain_base + self.settings.response.explain_openness * openness)

    def respond(self) -> None:
        """Answer what is on the table: colleagues, guardian and forum at once, the manager as far as the hours go."""
        for practice in self.practices:
            if practice.idea and (practice.idea.state != "waiting" or practice.idea.channel != "manager"):
                self.settle(practice, practice.idea)
            elif practice.idea and self.waited(practice.idea) >= self.settings.response.timeout:
                self.time_out(practice, practice.idea)
        self.manager_answers()
        self.noticed_memory = (1.0 - 1.0 / 26.0) * self.noticed_memory + self.noticed
        self.dealt_memory = max(0.0, (1.0 - 1.0 / 26.0) * self.dealt_memory + self.dealt)
        self.count["hours_settling"] += self.settling_hours

    def settle(self, practice: Practice, idea: Idea) -> None:
        """Settle what waits for no one's time, and give up on what was acted on long ago and came to nothing."""
        p, o = self.settings.response, self.organisation
        u_act, _, u_silence, u_harm = self.draws("response", practice.dimension.number)
        if idea.state != "waiting":
            if o.week - idea.week >= p.patience:
                # What a programme brought was promised to no one.
                if idea.origin != "programme":
                    self.count["lapsed"] += 1
                    if idea.channel != "forum":
                        self.dealt -= 1.0
                        self.tell(idea, self.silence(o.levers.invitation, u_silence))
                practice.idea = None
        elif idea.channel == "peers":
            # With authority they fix it, else they can only listen; silence among colleagues is no pretence.
            idea.origin = "team"
            self.settling_hours += p.peer_hours
            listens = self.explains_probability(self.mean_of("safety"))
            self.decide(practice, idea, o.authority_enacted, listens, invitation=0.0)
        elif idea.channel == "guardian":
            self.expose(idea, u_harm)
            self.settling_hours += p.hours_per_item
            acts = either(o.authority_enacted, p.guardian_success)
            explains = self.explains_probability(self.manager.openness)
            self.decide(practice, idea, acts, explains, o.levers.invitation)
        else:
            o.forum.press(practice, idea, u_act)

    def time_out(self, practice: Practice, idea: Idea) -> None:
        """What waited too long counts as silence."""
        o = self.organisation
        _, _, u_silence, _ = self.draws("response", practice.dimension.number)
        self.count["silent"] += 1
        self.count["timed_out"] += 1
        self.count["response_weeks"] += self.waited(idea)
        self.tell(idea, self.silence(o.levers.invitation, u_silence))
        practice.idea = None

    def manager_hours(self) -> float:
        """h_resp · n · (1 − ½·reporting/B)(1 − ½E_m)·exp(−4·ov), half of it from a stand-in.

        Linear and hyperbolic decline meet the exponential one at the usual overload.
        """
        p, o, lead = self.settings.response, self.organisation, self.manager
        usual = self.settings.reference.usual_overload
        left, usually_left = math.exp(-p.overload_cost * self.overload), math.exp(-p.overload_cost * usual)
        if p.form == "linear":
            left = max(0.0, 1.0 - (1.0 - usually_left) * self.overload / usual)
        elif p.form == "hyperbolic":
            left = 1.0 / (1.0 + (1.0 / usually_left - 1.0) * self.overload / usual)
        reporting = o.hours["reporting"] / o.hours_budget
        hours = o.hours["response"] * len(self.staff) * (1.0 - p.reporting_cost * reporting)
        hours *= 1.0 - p.exhaustion_cost * (0.0 if lead.vacant else lead.exhaustion)
        hours *= left * self.settings.structure.managers_per_team
        return hours if lead.at_work else 0.5 * hours

    def manager_answers(self) -> None:
        """Serve the queue; time that no one needs goes back to care, beyond one item."""
        p, o = self.settings.response, self.organisation
        queue = [x for x in self.practices if x.idea and x.idea.state == "waiting" and x.idea.channel == "manager"]
        self.response_credit += self.manager_hours()
        while queue and self.response_credit >= p.hours_per_item:
            practice = max(queue, key=lambda x: self.priority(x.idea))
            queue.remove(practice)
            idea = practice.idea
            _, _, _, u_harm = self.draws("response", practice.dimension.number)
            self.expose(idea, u_harm)
            self.count["answered"] += 1
            self.count["response_weeks"] += self.waited(idea)
            explains = self.explains_probability(self.manager.openness)
            self.decide(practice, idea, either(o.authority_enacted, p.escalation), explains, o.levers.invitation)
            self.response_credit -= p.hours_per_item
            self.response_hours += p.hours_per_item
        if not queue:
            self.response_credit = min(self.response_credit, p.hours_per_item)

    def waited(self, idea: Idea) -> int:
        """Return for how many weeks an idea has been on the table."""
        return self.organisation.week - idea.raised_week

    def priority(self, idea: Idea) -> float:
        """severity + waited/timeout + standing, as far as rank counts."""
        p, o = self.settings.response, self.organisation
        standing = idea.raiser.status if idea.raiser else 0.0
        rank = p.status_bias * (1.0 - o.levers.status_blindness)
        return idea.severity + self.waited(idea) / p.timeout + rank * standing

    def expose(self, idea: Idea, u: float) -> None:
        """The person who raised it may suffer: d₀·F·(1−O)."""
        harmed = self.settings.response.detriment * self.organisation.fear_enacted * (1.0 - self.manager.openness)
        self.count["exposed"] += idea.raiser is not None
        if idea.raiser and u < harmed:
            idea.raiser.detriments += 1.0
            self.detriments += 1.0
            self.count["detriments"] += 1

    def decide(self, practice: Practice, idea: Idea, acts: float, explains: float, invitation: float) -> None:
        """Act on an idea, explain why not, or pass it over in silence."""
        u_act, u_explain, u_silence, _ = self.draws("response", practice.dimension.number)
        if u_act < acts:
            idea.state, idea.week = "endorsed", self.organisation.week
            self.count["acted"] += 1
            self.dealt += 1.0
            self.tell(idea, 1.0, acted=True)
            return
        if u_explain < explains:
            self.count["explained"] += 1
            self.tell(idea, 0.6)
        else:
            self.count["silent"] += 1
            self.tell(idea, self.silence(invitation, u_silence))
        practice.idea = None

    def silence(self, invitation: float, u: float) -> float:
        """Silence is felt as nothing, or as pretence where one was invited to speak."""
        return self.settings.response.pretence_outcome if u < invitation else 0.0

    def tell(self, idea: Idea, outcome: float, acted: bool = False) -> None:
        """Let the team and the person who raised it know the outcome; no one learns from what no one voiced."""
        if idea.origin not in ("staff", "team"):
            return
        self.outcomes += outcome
        self.n_outcomes += 1.0
        self.answered_share += ((outcome > 0.0) - self.answered_share) / 20.0
        if idea.raiser:
            idea.raiser.hear(outcome, acted)

    # -- deliberation ----------------------------------------------------------------------------------------------------

    def deliberate(self) -> float:
        """Deliberate endorsed ideas while there are hours; return the hours that it took."""
        p = self.settings.deliberation
        price, used = p.n_discussants * p.hours_each, 0.0
        self.conflict = 0.0
        self.deliberation_credit += self.organisation.hours["deliberation"] * len(self.staff)
        if self.deliberation_credit >= price:
            u, _, _, _ = self.draws("deliberation", len(self.practices))
            for practice in self.from_anywhere(u):
                if self.deliberation_credit < price:
                    break
                if practice.idea and practice.idea.state == "endorsed" and not practice.idea.deliberated:
                    hours = p.hours_each * self.talk_over(practice, practice.idea)
                    self.deliberation_credit -= hours
                    used += hours
            strain = p.conflict_cost * max(0.0, self.conflict - p.conflict_tolerance)
            if strain > 0.0:
                for who in self.staff:
                    who.safety = unit(who.safety - strain)
        self.deliberation_credit = min(self.deliberation_credit, price)
        # Contact lowers hostility, overload raises it, and it returns to the usual.
        contact = p.contact_rate * used / len(self.staff) * self.hostility
        back = p.hostility_return * (p.usual_hostility - self.hostility)
        self.hostility = unit(self.hostility + back - contact + p.load_hostility * self.overload)
        self.deliberation_hours = used
        return used

    def diversity(self) -> float:
        """Return the chance that two people are of different professions, or what a study sets."""
        if self.settings.deliberation.heterogeneity >= 0.0:
            return self.settings.deliberation.heterogeneity
        n = len(self.in_post)
        per_profession = Counter(who.profession for who in self.in_post)
        return 1.0 - sum(k * k for k in per_profession.values()) / (n * n) if n else 0.0

    def talk_over(self, practice: Practice, idea: Idea) -> int:
        """Let a few people judge an idea; the majority decides, chance where conflict spoils it. Return how many they were.

        conflict = ½(diversity + split)·(1−f)(1 + w·hostility), split = 2·min/all; it fails with conflict − c*.
        """
        p, diversity = self.settings.deliberation, self.diversity()
        u_common, u_fails, u_chance, u_start = self.draws("deliberation", practice.dimension.number)
        pro, con = self.votes(practice, idea, u_common, u_start, p.conformity * (1.0 - diversity))
        if pro + con < 2:
            return 0
        difference = unit(0.5 * diversity + 0.5 * (2.0 * min(pro, con) / (pro + con)))
        conflict = unit(difference * (1.0 - p.facilitation) * (1.0 + p.hostility_weight * self.hostility))
        self.conflict = max(self.conflict, conflict)
        fails = u_fails < max(0.0, conflict - p.conflict_tolerance)
        forward = u_chance < 0.5 if fails else pro > con
        idea.deliberated = True
        self.count["deliberated"] += 1
        self.count["deliberations_split"] += min(pro, con) > 0
        if not forward:
            self.count["ideas_rejected"] += 1
            self.count["dissent_won"] += min(pro, con) > 0
            practice.idea = None
        return pro + con

    def votes(
        self, practice: Practice, idea: Idea, u_common: float, u_start: float, correlation: float
    ) -> tuple[int, int]:
        """Let the first few of those at work judge: each by own skill, or by the view held in common with √ρ."""
        fits, start = idea.value == practice.reality, int(u_start * len(self.staff))
        there = [who for who in self.staff[start:] + self.staff[:start] if who.at_work]
        votes = []
        for who in there[: self.settings.deliberation.n_discussants]:
            u_follow, u_own, _, _ = self.organisation.draws("deliberation.votes", who.key, practice.dimension.number)
            u = u_common if u_follow < math.sqrt(correlation) else u_own
            votes.append(fits == (u < self.organisation.accuracy(who.skill)))
        return sum(votes), len(votes) - sum(votes)

    # -- lifecycle -------------------------------------------------------------------------------------------------------

    def try_ideas(self) -> None:
        """Begin trials where there is a place, run their cycles, and decide those that are finished.

        A new chief executive who starts over drops what a programme brought.
        """
        p = self.settings.lifecycle
        for practice in self.practices:
            if practice.idea and practice.idea.origin == "programme" and self.organisation.started_over:
                practice.idea = None
        alignment = self.mean_of("alignment")
        self.n_trials = sum(x.idea is not None and x.idea.state == "in trial" for x in self.practices)
        u, _, _, _ = self.draws("lifecycle.trials", 2 * len(self.practices))
        for practice in self.from_anywhere(u):
            idea = practice.idea
            if idea and idea.state == "endorsed" and self.n_trials < p.max_concurrent and self.may_begin():
                idea.state, idea.week = "in trial", self.organisation.week
                self.n_trials += 1
                self.count["trials_begun"] += 1
            if idea and idea.state == "in trial":
                self.run_cycle(practice, idea)
                if idea.cycles >= p.n_cycles:
                    self.n_trials -= 1
                    self.end_trial(practice, idea, alignment)

    def may_begin(self) -> bool:
        """Not if an inspection comes before the trial could end."""
        p, notice = self.settings.lifecycle, self.organisation.regulator.notice
        return notice == 0 or notice >= p.n_cycles * p.cycle_weeks

    def run_cycle(self, practice: Practice, idea: Idea) -> None:
        """When one is due, a cycle runs with min(1, 4H)·max(0, 1 − report/work)·drive, and shows rightly with .7 whether it fits.

        Drive is how much more than usual a motivated team does.
        """
        p, age = self.settings.lifecycle, self.organisation.week - idea.week
        if p.n_cycles == 0 or age == 0 or age % p.cycle_weeks != 0:
            return
        work = p.trial_hours * p.cycle_weeks
        left = max(0.0, 1.0 - p.report_hours / work) if work > 0.0 else 1.0
        u_runs, u_shows, _, _ = self.draws("lifecycle.trials", practice.dimension.number)
        self.count["cycles_due"] += 1
        usual = self.settings.reference.usual_motivation
        drive = max(0.0, 1.0 + p.motivation_weight * (self.mean_of("motivation") - usual))
        if u_runs < min(1.0, min(1.0, p.headspace_gain * self.headspace) * left * drive):
            self.count["cycles_done"] += 1
            idea.cycles += 1
            idea.successes += (idea.value == practice.reality) == (u_shows < p.cycle_accuracy)

    def end_trial(self, practice: Practice, idea: Idea, alignment: float) -> None:
        """Adopt if a·(2e−1) + (1−a)·convenient > 0, and a second team consents where it takes two."""
        p = self.settings.lifecycle
        for who in self.staff:
            who.skill += p.skill_per_trial * (1.0 - who.skill)
        practice.idea = None
        evidence = 2.0 * idea.successes / p.n_cycles - 1.0 if p.n_cycles else 1.0
        adopts = alignment * evidence + (1.0 - alignment) * idea.convenient > 0.0
        second = None
        if adopts and practice.dimension.cross_boundary:
            u_which, u_consent, _, _ = self.draws("lifecycle.trials", len(self.practices) + practice.dimension.number)
            second = self.neighbour_at(u_which)
            adopts = second is not None and u_consent < second.consents_probability()
        if not adopts:
            self.count["trials_lost"] += 1
            return
        self.count["trials_won"] += 1
        self.count["weeks_to_adopt"] += self.waited(idea)
        if practice.switch_to(idea.value, idea.origin, "local", idea.convenient):
            self.count["adopted_patients"] += idea.origin == "patients"
            self.count["solved"] += practice.fits
            self.originated_memory += 1.0
        if second:
            theirs = second.practices[practice.dimension.number]
            theirs.switch_to(idea.value, idea.origin, "local", idea.convenient)

    def neighbour_at(self, u: float) -> Team | None:
        """Return a neighbouring team, chosen by ties."""
        x = u * sum(n for _, n in self.neighbours)
        for team, n in self.neighbours:
            x -= n
            if x < 0.0:
                return team
        return None

    def consents_probability(self) -> float:
        """.3 + .5T + .3(professionalism − ½)."""
        p = self.settings.lifecycle
        beyond = self.mean_of("professionalism") - 0.5 if self.in_post else 0.0
        return unit(p.consent_base + p.consent_trust * self.mean_of("trust") + p.consent_professionalism * beyond)

    def age_changes(self, decaying: set[Practice]) -> None:
        """Let changes fall back that decay, and those last that have stood for a year; hours of changing wear off."""
        p, week = self.settings.lifecycle, self.organisation.week
        for practice in self.practices:
            if practice in decaying:
                practice.fall_back()
                practice.count_fate("decayed")
            elif practice.followed and week - practice.adopted_week >= YEAR:
                practice.followed = False
                practice.count_fate("sustained")
        # A quarter of what is left of the hours of a change falls in each week.
        changing = self.switching_hours / 4.0
        self.switching_hours -= changing
        self.originated_memory *= 1.0 - 1.0 / YEAR
        self.improvement_hours = changing + p.trial_hours * self.n_trials
        self.count["hours_improvement"] += self.improvement_hours

    # -- coaching --------------------------------------------------------------------------------------------------------

    def be_coached(self, strength: float) -> None:
        """Learn more from running trials."""
        for who in self.in_post:
            gain = self.settings.coaching.skill_rate * self.n_trials * strength * (1.0 - who.skill)
            who.skill = unit(who.skill + gain)

    # -- spread ----------------------------------------------------------------------------------------------------------

    def hear_news(self) -> list[tuple[Practice, int]]:
        """Return what the team will take over of its neighbours' recent changes, or copy of what they do."""
        if self.settings.spread.form == "neutral":
            return [(x, value) for x in self.practices if (value := self.copied(x)) is not None and value != x.value]
        return [(x, value) for x in self.practices if (value := self.heard(x)) and self.takes_up(x, value)]

    def copied(self, practice: Practice) -> int | None:
        """Now and then a tie picked at random leads to the team that is copied, whatever that is worth; else None."""
        u_copy, u_whom, _, _ = self.draws("spread", practice.dimension.number)
        if not self.neighbours or u_copy >= self.settings.spread.copying_rate:
            return None
        team = [team for team, n in self.neighbours for _ in range(n)][int(u_whom * sum(n for _, n in self.neighbours))]
        return team.practices[practice.dimension.number].value

    def news_ties(self, practice: Practice) -> dict[int, int]:
        """Return how many ties lead to teams with a recent change, by what they changed to."""
        ties = {1: 0, -1: 0}
        for team, n in self.neighbours:
            theirs = team.practices[practice.dimension.number]
            if theirs.is_news():
                ties[theirs.value] += n
        return ties

    def heard(self, practice: Practice) -> int:
        """Of two opposite changes in the news, the one with more ties is heard; 0 if there are none."""
        ties = self.news_ties(practice)
        if ties[1] + ties[-1] == 0:
            return 0
        return 1 if ties[1] >= ties[-1] else -1

    def takes_up(self, practice: Practice, value: int) -> bool:
        """Take a change over if one hears of it, has room for it, and judges that it fits."""
        if practice.value == value:
            return False
        p, o = self.settings.spread, self.organisation
        hazard = self.adoption_hazard(self.news_ties(practice)[value])
        if practice.dimension.code == value:
            hazard = either(hazard, p.order_rate * o.levers.directive_rate)
        u_hear, u_judge, _, _ = self.draws("spread", practice.dimension.number)
        room = min(1.0, p.headspace_gain * self.headspace)
        accuracy = o.accuracy(self.mean_of("skill"))
        return u_hear < hazard * room and (practice.reality == value) == (u_judge < accuracy)

    def adoption_hazard(self, active: int) -> float:
        """Complex: c where active/ties ≥ θ, else ε; simple: 1 − (1−β)^active, at least ε; proportional: q·active/ties."""
        p, ties = self.settings.spread, sum(n for _, n in self.neighbours)
        if p.form == "complex":
            return p.complex_rate if active >= p.threshold * ties - 1e-9 else min(p.noise, p.complex_rate)
        if p.form == "simple":
            return max(p.noise, 1.0 - (1.0 - p.contagion) ** active)
        return p.internal * active / ties

    # -- pairing ---------------------------------------------------------------------------------------------------------

    def learn_from_partner(self) -> None:
        """Give hours; the weaker team takes over what the stronger does, because it must or because it seems to fit."""
        p = self.settings.pairing
        if self.partner is None:
            return
        if self.organisation.week >= self.paired_until:
            self.partner, self.learns = None, False
            return
        if not p.enabled:
            return
        self.switching_hours += p.hours
        if not self.learns:
            return
        accuracy = self.organisation.accuracy(self.mean_of("skill"))
        for mine, theirs in zip(self.practices, self.partner.practices, strict=True):
            if theirs.value in (0, mine.value) or (p.by == "patients" and not mine.dimension.patient_visible):
                continue
            u_meet, u_insist, u_judge, _ = self.draws("pairing", mine.dimension.number)
            fits = mine.reality == theirs.value
            if u_meet < p.exchange_rate and (u_insist < p.insistence or fits == (u_judge < accuracy)):
                mine.switch_to(theirs.value, "neighbours", "horizontal")
                self.count["handed_on"] += 1

    # -- quality ---------------------------------------------------------------------------------------------------------

    def give_care(self) -> None:
        """Work out true quality, what is reported of it, harm, and incidents."""
        p, o = self.settings.quality, self.organisation
        tired = 1.0 - p.exhaustion_cost * self.mean_of("exhaustion")
        self.working = (1.0 - o.deferred) * tired * max(0.0, 1.0 - p.overload_cost * self.overload)
        measured = [practice for practice in self.practices if practice.dimension.measured]
        others = [practice for practice in self.practices if not practice.dimension.measured]
        self.quality = self.quality_on(self.practices)
        self.quality_measured = self.quality_on(measured) if measured else self.quality
        self.quality_unmeasured = self.quality_on(others) if others else self.quality
        self.quality_reported = self.reported_on(measured) if measured else self.quality
        critical = [practice for practice in self.practices if practice.dimension.safety_critical]
        unsafe = 1.0 - (self.quality_on(critical) if critical else self.quality)
        noticed = sum(who.noticed_memory for who in self.in_post)
        usual = self.settings.reference.usual_voice_share
        share = sum(who.voiced_memory for who in self.in_post) / noticed if noticed > 0.0 else usual
        # Some harm is caught by someone who speaks up in the moment.
        caught = p.interception * (share - usual)
        self.harm = p.harm_rate / 52.0 * len(self.staff) * unsafe * max(0.0, 1.0 - caught)
        # Safe, problem-seeking teams report more.
        self.incidents = self.harm * unit(self.mean_of("safety") * self.seek)
        # Gaming comes to light by audit and reporting together, or among colleagues of other teams.
        audited = min(1.0, p.audit_detection * o.levers.audit * o.hours["reporting"] / o.hours_budget)
        ties_per_post = sum(n for _, n in self.neighbours) / len(self.staff)
        seen = p.peer_scrutiny * min(1.0, ties_per_post / 3.0)
        detected = 1.0 - (1.0 - audited) * (1.0 - seen)
        for practice in self.practices:
            if practice.gamed and self.draws("quality", practice.dimension.number)[0] < detected:
                practice.gamed = False

    def quality_on(self, practices: list[Practice]) -> float:
        """Share of practices that fit, safety-critical double, as far as they reach patients: (1−χ_E·Ē)(1−χ_ℓ·ov)."""
        weight = sum(practice.dimension.weight for practice in practices)
        return self.working * sum(practice.dimension.weight * practice.fits for practice in practices) / weight

    def reported_on(self, practices: list[Practice]) -> float:
        """The same, but what is gamed is reported as done."""
        weight = sum(practice.dimension.weight for practice in practices)
        return sum(x.dimension.weight * max(x.fits * self.working, 1.0 * x.gamed) for x in practices) / weight
