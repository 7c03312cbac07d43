"""Staff and managers: what they notice, voice, learn, feel, and when they go."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mesa

from twin.draws import how_many, logistic, mean, unit

if TYPE_CHECKING:
    from twin.organisation import Organisation
    from twin.team import Practice, Team

MOST_FRIENDS = 8
MOST_PROBLEMS = 3
MIDDLING = 0.5


@dataclass
class Problem:
    """Something that a person noticed this week, and what that person would do instead."""

    practice: Practice
    value: int
    severity: float
    convenient: bool
    check: int


class Post(mesa.Agent):
    """A post and the person in it: of staff, or of a manager."""

    row: int
    key: int
    organisation: Organisation
    team: Team | None
    profession: int
    status: float
    vacant: bool
    absent: bool
    tenure: int
    generation: int
    load: float
    headspace: float
    exhaustion: float
    safety: float
    efficacy: float
    motivation: float
    belonging: float
    trust: float
    agency: float
    skill: float
    alignment: float
    professionalism: float
    # What each of these settles at, if nothing else happens: brought along when the post was taken.
    exhaustion_anchor: float
    safety_anchor: float
    efficacy_anchor: float
    motivation_anchor: float
    belonging_anchor: float
    trust_anchor: float
    agency_anchor: float
    # Outcomes of speaking up: this week, and of late.
    outcomes: float
    n_outcomes: float
    detriments: float
    acted_memory: float
    answered_memory: float
    noticed: float
    voiced: float
    voice_hours: float
    noticed_memory: float
    voiced_memory: float
    norm: float
    propensity: float
    propensity_memory: float

    @property
    def settings(self) -> Any:
        """The parameters in force."""
        return self.organisation.settings

    @property
    def at_work(self) -> bool:
        """Whether someone holds the post and is not ill."""
        return not self.vacant and not self.absent

    # -- load ------------------------------------------------------------------------------------------------------------

    def find_headspace(self) -> None:
        """H = min(1, .15·[37.5·max(0, 1+ot−ℓ)] + permission·protected hours)."""
        o, contracted = self.organisation, self.settings.structure.contracted_hours
        slack = contracted * max(0.0, 1.0 + self.settings.load.overtime - self.load)
        self.headspace = unit(0.15 * slack + o.permission_enacted * o.spent["protected"])

    # -- exhaustion ------------------------------------------------------------------------------------------------------

    def exhaustion_next(self, around: float, contract: float, answered: float, event: float, own_share: float) -> float:
        """κ_D·max(0, ℓ−.9)·max(0, 1 − b(X−X_ref)) + κ_F(F−F₀) + κ_B·strain of the contract + κ_N·neglect + κ_C(Ē−E)

        − κ_S(X−X_ref) − κ_I(i−i₀) − κ_R·max(0, 1−ℓ)(½+½X) − κ₀(E−E₀), and chance. Strain of the contract: all of what is
        kept short of what was expected, less a part of what is kept beyond it. Neglect: (1−answered)(½+½·invitation), against
        the usual. An hour that taking part takes from rest is felt as more than an hour of work. With a threshold, load counts twice from
        1; saturating, what pushes up counts by the room above, and what pushes down by the room below.
        """
        p, o, usual = self.settings.exhaustion, self.organisation, self.settings.reference
        felt = self.load + p.rest_weight * self.rest_hours / self.settings.structure.contracted_hours
        strain = 2.0 * max(0.0, felt - 1.0) if p.form == "threshold" else max(0.0, felt - 0.9)
        support = self.belonging - usual.usual_belonging
        influence = 0.5 * self.agency + 0.5 * o.authority_enacted
        alone = (1.0 - answered) * (0.5 + 0.5 * o.levers.invitation)
        usually_alone = (1.0 - usual.usual_answered) * (0.5 + 0.5 * usual.usual_invitation)
        push = (
            p.load_weight * strain * max(0.0, 1.0 - p.buffering * support)
            + p.fear_weight * (o.fear_enacted - usual.usual_fear)
            - p.contract_weight * contract * (1.0 - (1.0 - p.relief) * logistic(contract / 0.1))
            + p.neglect_weight * (alone - usually_alone)
            + p.contagion * (around - self.exhaustion)
            - p.support_weight * support
            - p.influence_weight * (influence - usual.usual_influence)
            - p.recovery_weight * max(0.0, 1.0 - felt) * (0.5 + 0.5 * self.belonging)
        )
        if p.form == "saturating":
            room, usually = self.exhaustion, usual.usual_exhaustion
            push *= (1.0 - room) / (1.0 - usually) if push > 0.0 else room / usually
        change = push - p.return_rate * (self.exhaustion - self.exhaustion_anchor - o.place_strain)
        chance = event + math.sqrt(own_share) * o.bell("exhaustion", self.key)
        return unit(self.exhaustion + change + p.noise_sd * chance)

    # -- motivation, trust, belonging ------------------------------------------------------------------------------------

    def follow_treatment(self) -> None:
        """Let motivation follow felt autonomy less pressure, and trust follow answers, openness, fear, deeds and promises."""
        p, o, usual = self.settings.motivation, self.organisation, self.settings.reference
        influence = 0.5 * self.agency + 0.5 * o.authority_enacted
        autonomy = (influence - usual.usual_influence) + (o.permission_enacted - usual.usual_permission)
        autonomy -= p.directive_weight * (o.directive_memory - usual.usual_directives)
        pressure = o.fear_enacted * o.levers.target_salience - usual.usual_pressure
        pull = self.motivation_anchor + p.autonomy_weight * autonomy - self.motivation
        crowding = p.crowding * pressure + p.carrot_weight * (o.levers.carrot - usual.usual_carrot)
        self.motivation = unit(self.motivation + p.motivation_rate * pull - crowding)
        # Managers above the teams go by how the organisation as a whole keeps its word.
        promise = self.team if self.team else o.compact
        answered = self.team.answered_share if self.team else o.compact.answered_memory
        short = max(0.0, -promise.contract)
        compact = self.settings.compact
        word = compact.fulfilment_gain * (promise.fulfilment - compact.breach_ratio * short)
        grounds = (
            p.trust_answered * (answered - usual.usual_answered)
            + p.trust_openness * (self.openness_above() - usual.usual_openness)
            - p.trust_fear * (o.fear_enacted - usual.usual_fear)
        )
        back = p.trust_rate * (self.trust_anchor + grounds - self.trust)
        self.trust = unit(self.trust + back - p.gap_cost * o.say_do_gap + word)
        self.belong()

    def openness_above(self) -> float:
        """Managers look to the chief executive."""
        return self.organisation.leader_openness

    def belong(self) -> None:
        """Move belonging towards where it settles."""
        self.belonging += self.settings.motivation.belonging_rate * (self.belonging_settles_at() - self.belonging)

    def belonging_settles_at(self) -> float:
        """Managers' belonging returns to what they brought along."""
        return self.belonging_anchor

    # -- coming, going, falling ill ---------------------------------------------------------------------------------------

    def leaving_probability(self) -> float:
        """h_x · exp(e_E(E−E_ref) − .8(T−½) − .5(X−½))."""
        p = self.settings.turnover
        pull = (
            p.exit_exhaustion * (self.exhaustion - self.settings.reference.usual_exhaustion)
            - p.exit_trust * (self.trust - 0.5)
            - p.exit_belonging * (self.belonging - 0.5)
        )
        return min(1.0, p.exit_rate * math.exp(pull))

    def absence_probability(self) -> float:
        """logistic(−3.1 + 2.5(E−½))."""
        p = self.settings.turnover
        return logistic(p.absence_intercept + p.absence_exhaustion * (self.exhaustion - 0.5))

    def come_or_go(self) -> None:
        """Leave, fall ill or stay; an empty post is filled after a time."""
        o, p = self.organisation, self.settings.turnover
        u_move, u_ill, _, _ = o.draws("turnover", self.key)
        if self.vacant:
            if u_move < 1.0 / o.weeks_to_fill:
                self.hire()
                o.count["hires"] += 1
            return
        self.tenure = min(self.tenure + 1, 5200)
        # The chief executive's coming and going belongs to governing.
        if self is not o.chief and u_move < self.leaving_probability():
            self.leave()
        else:
            self.absent = p.absence_enabled and u_ill < self.absence_probability()

    def newcomer(self, trait: str, mean_of: float, sd: float) -> float:
        """Return a newcomer's draw of a trait, from .02 to .98."""
        return min(0.98, max(0.02, mean_of + sd * self.organisation.bell(f"turnover.{trait}", self.key)))

    def hire(self) -> None:
        """Fill the post; a newcomer expects what they bring along, mixed with the place's reputation."""
        o, people, weight = self.organisation, self.settings.population, self.settings.turnover.reputation_weight
        self.vacant = False
        self.generation += 1
        self.tenure = 0
        spread = {"exhaustion": people.exhaustion_sd, "safety": people.safety_sd, "efficacy": people.efficacy_sd}
        for state in ("exhaustion", "safety", "efficacy", "motivation", "belonging", "trust", "agency"):
            middle = getattr(people, f"{state}_mean") + (people.agency_bias if state == "agency" else 0.0)
            drawn = self.newcomer(state, middle, spread.get(state, people.attitude_sd))
            setattr(self, f"{state}_anchor", drawn)
            setattr(self, state, drawn)
        self.safety = unit((1.0 - weight) * self.safety_anchor + weight * o.mean_safety)
        self.efficacy = unit((1.0 - weight) * self.efficacy_anchor + weight * o.mean_efficacy)
        self.skill = self.newcomer("skill", people.skill_mean, people.skill_sd)
        self.alignment = self.newcomer("alignment", people.alignment_mean, people.alignment_sd)
        self.professionalism = self.newcomer("professionalism", people.professionalism_mean, people.professionalism_sd)
        self.propensity = self.propensity_memory = self.norm = o.voice_norm
        self.noticed_memory = self.voiced_memory = self.acted_memory = self.answered_memory = 0.0

    def leave(self) -> None:
        """Empty the post."""
        self.vacant, self.absent = True, False
        self.noticed = self.voiced = self.voice_hours = 0.0
        self.noticed_memory = self.voiced_memory = self.propensity = 0.0
        self.organisation.count["leavers"] += 1
        self.organisation.count["leaver_motivation"] += self.motivation


class Manager(Post):
    """A manager of a team, of a division, or an executive; the last of them is the chief."""

    number: int
    superior: Manager | None
    openness: float
    openness_anchor: float

    def show_openness(self, overload: float) -> None:
        """(1−a)·own + a·the chief's openness, less under overload and grip.

        While the post is empty, a stand-in takes after the chief executive.
        """
        p, o = self.settings.enactment, self.organisation
        own = o.leader_openness if self.vacant else self.openness_anchor
        mixed = (1.0 - p.leader_weight) * own + p.leader_weight * o.leader_openness
        self.openness = unit(mixed - p.overload_cost * overload - p.grip_cost * o.grip)

    def be_coached(self, strength: float) -> None:
        """Come nearer to full openness."""
        if not self.vacant:
            gain = self.settings.coaching.openness_rate * strength * (1.0 - self.openness_anchor)
            self.openness_anchor = unit(self.openness_anchor + gain)

    def hire(self) -> None:
        """A new manager also brings an openness of their own."""
        super().hire()
        people = self.settings.population
        self.openness_anchor = self.newcomer("openness", people.openness_mean, people.openness_sd)


class StaffMember(Post):
    """A member of a team."""

    team: Team
    friends: list[StaffMember]
    problems: list[Problem]

    # -- noticing --------------------------------------------------------------------------------------------------------

    def expected_checks(self) -> float:
        """ν (h₀ + H) · seek · exp(−k_b · max(0, ℓ−1)) · max(0, 1 + w(M−M_ref))."""
        p, usual = self.settings.noticing, self.settings.reference.usual_motivation
        looking = p.check_rate * (p.base_headspace + self.headspace) * self.team.seek
        looking *= max(0.0, 1.0 + p.motivation_weight * (self.motivation - usual))
        return looking * math.exp(-p.overload_cost * max(0.0, self.load - 1.0))

    def notice(self, visible: list[Practice]) -> None:
        """Check some of the work that one can see, and keep what looks wrong."""
        self.problems = []
        if self.at_work and visible:
            u, _, _, _ = self.organisation.draws("noticing", self.key)
            for check in range(how_many(self.expected_checks(), u, MOST_PROBLEMS)):
                self.check_work(visible, check)
        self.noticed = float(len(self.problems))

    def check_work(self, visible: list[Practice], check: int) -> None:
        """Look at one practice: what is seen is right with probability ½ + .4K.

        With the share that does not care for patients, what is proposed is about something else, and undoes it.
        """
        u_where, u_right, severity, u_own = self.organisation.draws("noticing", self.key, 1 + check)
        practice = visible[int(u_where * len(visible))]
        seen = practice.judged(u_right < self.organisation.accuracy(self.skill))
        if seen == practice.value:
            return
        convenient = u_own >= self.alignment
        if convenient:
            practice = visible[int((u_own - self.alignment) / (1.0 - self.alignment) * len(visible))]
            seen = -practice.value if practice.value != 0 else (1 if severity < 0.5 else -1)
        self.problems.append(Problem(practice, seen, severity, convenient, check))

    # -- voice -----------------------------------------------------------------------------------------------------------

    def speak(self) -> None:
        """Decide about each problem whether to raise it, and with whom."""
        self.voiced = self.voice_hours = 0.0
        if self.vacant:
            return
        p, o, usual = self.settings.voice, self.organisation, self.settings.reference.usual_voice_share
        around = [who for who in self.team.staff if who is not self] + self.friends
        # Half an event of the usual kind keeps the share sensible where little has happened.
        noticed = sum(who.noticed_memory for who in around) + 0.5
        self.norm = min(1.0, (sum(who.voiced_memory for who in around) + 0.5 * usual) / noticed)
        self.propensity = self.speaks_probability(MIDDLING)
        if self.tenure == 0:
            self.propensity_memory = self.propensity
        self.propensity_memory += (self.propensity - self.propensity_memory) / 52.0
        for problem in self.problems[: int(self.noticed)]:
            u_voice, u_reason, u_channel, _ = o.draws("voice", self.key, problem.check)
            if u_voice < self.speaks_probability(problem.severity):
                channel = self.channel(problem.severity, u_channel)
                self.raise_problem(problem, channel)
                self.voiced += 1.0
                o.count["voiced"] += 1
                o.count[f"voiced_{channel}"] += 1
            else:
                o.count["withheld_fear" if u_reason < self.fear_share() else "withheld_futility"] += 1
        self.voice_hours = self.voiced * p.hours_per_item
        self.team.voiced += self.voiced
        o.count["hours_voice"] += self.voice_hours

    def speaks_probability(self, severity: float) -> float:
        """logistic(β₀ + β_S(S−½) + β_V(V−½) + β_X(X−½) + β_σσ − β_E(E−½) + β_g(g−½) + β_sev·sev + invitation·V

        − β_F(F−F₀) + β_N(v̄−v₀)); linear: ½ + a fifth of that; product: safety × efficacy against the usual.
        """
        p, o, usual = self.settings.voice, self.organisation, self.settings.reference
        safety, efficacy = self.safety, self.efficacy
        joint = 0.0
        if p.form == "product":
            safety, efficacy = usual.usual_safety, usual.usual_efficacy
            joint = (p.safety_weight * safety + p.efficacy_weight * efficacy) / 2.0
            joint *= (self.safety / safety) * (self.efficacy / efficacy) - 1.0
        logits = (
            p.intercept
            + p.safety_weight * (safety - 0.5)
            + p.efficacy_weight * (efficacy - 0.5)
            + joint
            + p.belonging_weight * (self.belonging - 0.5)
            + p.status_weight * self.status
            - p.exhaustion_weight * (self.exhaustion - 0.5)
            + p.agency_weight * (self.agency - 0.5)
            + p.severity_weight * severity
            + o.levers.invitation * self.efficacy
            - p.fear_weight * (o.fear_enacted - usual.usual_fear)
            + p.norm_weight * (self.norm - usual.usual_voice_share)
        )
        return unit(0.5 + 0.2 * logits) if p.form == "linear" else logistic(logits)

    def fear_share(self) -> float:
        """Return how much of silence is fear, the rest being futility: by how much each keeps from full readiness."""
        p, usual_fear = self.settings.voice, self.settings.reference.usual_fear
        dread = p.safety_weight * (1.0 - self.safety)
        dread += max(0.0, p.fear_weight * (self.organisation.fear_enacted - usual_fear))
        return dread / max(dread + p.efficacy_weight * (1.0 - self.efficacy), 1e-12)

    def channel(self, severity: float, u: float) -> str:
        """Choose among peers, manager and guardian by their appeal (softmax)."""
        p = self.settings.voice
        appeal = {
            "peers": math.exp(p.peer_authority * self.organisation.authority_enacted + p.peer_agency * self.agency),
            "manager": math.exp(p.manager_appeal + self.safety - 0.5),
            "guardian": math.exp(
                p.guardian_appeal + p.guardian_severity * severity - p.guardian_unsafety * (self.safety - 0.5)
            ),
        }
        x = u * sum(appeal.values())
        if x < appeal["peers"]:
            return "peers"
        return "manager" if x < appeal["peers"] + appeal["manager"] else "guardian"

    def raise_problem(self, problem: Problem, channel: str) -> None:
        """Put a problem on the table, or join what is there; of several in a week the most severe leads."""
        practice, week = problem.practice, self.organisation.week
        idea = practice.idea
        if idea:
            self.organisation.count["joined"] += 1
            self.team.joined += idea.state != "waiting"
            fresh = idea.state == "waiting" and idea.raised_week == week
            if not (fresh and problem.severity > idea.severity):
                return
        practice.propose(problem.value, problem.severity, "staff", channel, raiser=self, convenient=problem.convenient)

    def remember_voice(self) -> None:
        """Keep 13 weeks in mind."""
        self.noticed_memory = (1.0 - 1.0 / 13.0) * self.noticed_memory + self.noticed
        self.voiced_memory = (1.0 - 1.0 / 13.0) * self.voiced_memory + self.voiced

    def hear(self, outcome: float, acted: bool) -> None:
        """Hear the outcome of something one raised; a quarter of what one remembers is the latest item."""
        self.outcomes += outcome
        self.n_outcomes += 1.0
        self.acted_memory += 0.25 * (acted - self.acted_memory)
        self.answered_memory += 0.25 * ((outcome > 0.0) - self.answered_memory)

    # -- learning --------------------------------------------------------------------------------------------------------

    def learn_efficacy(self) -> None:
        """Learn from own outcomes, from colleagues' at a quarter, and from how the place deals with problems."""
        p, usual, team = self.settings.learning, self.settings.reference, self.team
        if self.n_outcomes > 0.0:
            self.learn_from(self.outcomes / self.n_outcomes, p.outcome_rate)
        others = team.n_outcomes - self.n_outcomes
        if others > 0.0:
            self.learn_from((team.outcomes - self.outcomes) / others, p.outcome_rate * p.witness_share)
        expected = unit(
            self.efficacy_anchor
            + p.dealt_weight * (team.dealt_share() - usual.usual_dealt_share)
            + p.openness_efficacy * (team.manager.openness - usual.usual_openness)
        )
        self.efficacy = unit(self.efficacy + p.experience_rate * (expected - self.efficacy))
        self.agency = unit(self.agency + p.agency_rate * (self.agency_anchor - self.agency))

    def learn_from(self, outcome: float, rate: float) -> None:
        """V ← V + η(o − V), with twice the rate for a disappointment; agency follows without that."""
        loss = self.settings.learning.loss_ratio if outcome < self.efficacy else 1.0
        self.efficacy = self.moved(self.efficacy, outcome, rate, loss)
        self.agency = self.moved(self.agency, outcome, rate, 1.0)

    def moved(self, belief: float, outcome: float, rate: float, loss: float) -> float:
        """One rate; or by surprise, η·|o−V|/.65; or by counting, 2η/(1 + weeks in post/usual)."""
        form = self.settings.learning.form
        if form == "pearce-hall":
            rate *= abs(outcome - belief) / 0.65
        elif form == "counting":
            rate *= 2.0 / (1.0 + self.tenure / self.settings.reference.usual_tenure)
        return unit(belief + min(1.0, rate * loss) * (outcome - belief))

    def safety_next(self) -> float:
        """S ← S + η_S[λ·mean of neighbours + (1−λ)·own grounds − S], less for suffering and for seeing others suffer.

        Own grounds: S₀ + a_O(O−O₀) + a_N(v̄−v₀) − a_F(F−F₀), and the climate of a project.
        """
        p, usual, team, o = self.settings.learning, self.settings.reference, self.team, self.organisation
        grounds = unit(
            self.safety_anchor
            + (team.climate if o.week < team.climate_until else 0.0)
            + p.openness_safety * (team.manager.openness - usual.usual_openness)
            + p.norm_safety * (self.norm - usual.usual_voice_share)
            - p.fear_safety * (o.fear_enacted - usual.usual_fear)
        )
        neighbours = [who.safety for who in [*team.staff, *self.friends] if who is not self and not who.vacant]
        around = mean(neighbours) if neighbours else grounds
        pull = p.susceptibility * around + (1.0 - p.susceptibility) * grounds - self.safety
        seen = max(0.0, team.detriments - self.detriments)
        cost = p.detriment_cost * self.detriments + p.witness_cost * seen
        return unit(self.safety + p.safety_rate * pull - cost)

    # -- what follows from being treated well ------------------------------------------------------------------------------

    def openness_above(self) -> float:
        """Staff look to their manager."""
        return self.team.manager.openness

    def belonging_settles_at(self) -> float:
        """¾X₀ and what the place gives: being acted on, answered, ties, an open manager, the norm, taking part, and rank."""
        p, usual = self.settings.motivation, self.settings.reference
        ideas = self.team.originated_memory
        return unit(
            p.belonging_own * self.belonging_anchor
            + p.belonging_part * (ideas / (1.0 + ideas) - usual.usual_part)
            + p.belonging_rank * (1.0 - self.organisation.levers.status_blindness) * self.status
            + p.belonging_acted * self.acted_memory
            + p.belonging_recognition * self.answered_memory
            + p.belonging_ties * min(1.0, len(self.friends) / 4.0)
            + p.belonging_openness * self.team.manager.openness
            + p.belonging_norm * self.norm
        )

    def leave(self) -> None:
        """What the person had raised stays on the table, but no one waits for the answer; ties go along."""
        super().leave()
        self.organisation.count["ties_lost"] += self.lose_all_ties()
        self.team.leaver_memory = unit(self.team.leaver_memory + 1.0 / (13.0 * len(self.team.staff)))
        for practice in self.team.practices:
            if practice.idea and practice.idea.raiser is self:
                practice.idea.raiser = None

    # -- ties ------------------------------------------------------------------------------------------------------------

    def tie_to(self, other: StaffMember) -> bool:
        """Make a tie, if both have a place left for one."""
        if other in self.friends or max(len(self.friends), len(other.friends)) == MOST_FRIENDS:
            return False
        self.friends.append(other)
        other.friends.append(self)
        return True

    def lose_tie(self, other: StaffMember) -> None:
        """End a tie, at both ends."""
        self.friends.remove(other)
        other.friends.remove(self)

    def lose_all_ties(self) -> int:
        """End all ties, and return how many there were."""
        friends = list(self.friends)
        for other in friends:
            self.lose_tie(other)
        return len(friends)

    def keep_in_touch(self) -> None:
        """Lose a tie now and then, more so without hours for it, and make one with the hours that are left."""
        p, o = self.settings.ties, self.organisation
        # Handovers and referrals bring people together whether or not time is set aside.
        hours, n = o.hours["peer"] + p.work_hours, len(self.friends)
        upkeep = p.upkeep_hours * n
        loses = p.loss_rate
        if upkeep > 0.0:
            loses = min(1.0, loses + p.neglect_rate * max(0.0, 1.0 - hours / upkeep))
        u_loses, u_meets, _, _ = o.draws("ties.touch", self.key)
        # One draw decides whether any tie ends, and which: each tie has half the chance from either end.
        which = u_loses / max(0.5 * loses, 1e-12)
        if which < n:
            self.lose_tie(self.friends[int(which)])
            o.count["ties_lost"] += 1
        if self.vacant or self.team.isolated:
            return
        if u_meets < min(1.0, max(0.0, hours - upkeep) / p.making_hours):
            other = self.meet()
            if other and self.tie_to(other):
                o.count["ties_made"] += 1

    def meet(self) -> StaffMember | None:
        """Meet a few people, and choose one by appeal."""
        met, weights = [], []
        for k in range(4):
            u, v, w, _ = self.organisation.draws("ties.meet", self.key, 1 + k)
            other = self.might_meet(k, u, v, w)
            if other and not other.vacant and other.team is not self.team and not other.team.isolated:
                met.append(other)
                weights.append(self.appeal_of(other))
        u, _, _, _ = self.organisation.draws("ties.meet", self.key, 5)
        x = u * sum(weights)
        for other, weight in zip(met, weights, strict=True):
            x -= weight
            if x < 0.0:
                return other
        return None

    def might_meet(self, k: int, u: float, v: float, w: float) -> StaffMember | None:
        """First a friend's friend, then someone of the own division, then anyone, at last anyone of a linked place."""
        if k == 0:
            return self.friend_of_friend(u, v)
        home = self.organisation
        share = self.settings.ties.outside_share
        if k == 3 and u < share:
            linked = self.organisation.linked
            home = linked[int(u / share * len(linked))]
        other = home.staff[int(v * len(home.staff))]
        if k == 1 and other.team.division != self.team.division:
            # Look once more, this time in a team next door.
            place = home.teams.index(self.team) + (1 if u < 0.5 else -1)
            if 0 <= place < len(home.teams):
                team = home.teams[place]
                other = team.staff[int(w * len(team.staff))]
        return other

    def friend_of_friend(self, u: float, v: float) -> StaffMember | None:
        """One of the friends of a friend, other than oneself."""
        if not self.friends:
            return None
        friend = self.friends[int(u * len(self.friends))]
        others = [other for other in friend.friends if other is not self]
        return others[int(v * len(others))] if others else None

    def appeal_of(self, other: StaffMember) -> float:
        """exp(α_same·same profession + α_prox·same division + α_tri·acquaintances in common)."""
        p = self.settings.ties
        near = other.organisation is self.organisation and other.team.division == self.team.division
        in_common = len(set(self.friends) & set(other.friends))
        return math.exp(
            p.same_profession * (other.profession == self.profession) + p.proximity * near + p.closure * in_common
        )
