"""Patients, the groups they belong to, and the forum in which some of them speak for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mesa

from twin.draws import mean, pick, unit

if TYPE_CHECKING:
    from twin.organisation import Organisation
    from twin.team import Idea, Practice, Team

LEVELS = ("team", "organisation", "national")


class PatientGroup:
    """A group of patients: what it needs, its seats in the forum, and how it is heard there."""

    needs: list[float]
    share: float
    seats: float
    heard: float
    acted: float
    ignored: float

    def take_seats(self, usual_volunteers: bool, bias: float, reach: float) -> None:
        """(1−b)·share + b·[usual volunteers], b = bias·(1 − reach)."""
        tilt = bias * (1.0 - reach)
        self.seats = (1.0 - tilt) * self.share + tilt * usual_volunteers

    def hear_back(self) -> None:
        """Remember how much was acted on."""
        settled = self.acted + self.ignored
        if settled > 0.0:
            self.heard += 0.1 * (self.acted / settled - self.heard)
        self.acted = self.ignored = 0.0


class Patient(mesa.Agent):
    """A patient who is followed."""

    row: int
    key: int
    organisation: Organisation
    team: Team
    group: PatientGroup
    activation: float
    satisfaction: float

    def be_cared_for(self) -> None:
        """Satisfaction follows what fits of the team's practices, weighed by the group's needs."""
        weighed = zip(self.team.practices, self.group.needs, strict=True)
        good = unit(sum(need for practice, need in weighed if practice.fits) * self.team.working)
        self.satisfaction += self.organisation.settings.quality.satisfaction_rate * (good - self.satisfaction)

    def be_heard(self) -> None:
        """Activation settles higher where voice is acted on, and lower where it is asked for and ignored."""
        p, heard = self.organisation.settings.forum, self.group.heard
        effect = p.activation_heard * heard - p.activation_ignored * (1.0 - heard)
        settles = unit(p.activation_base + self.organisation.levers.patient_reach * effect)
        self.activation = unit(self.activation + p.activation_rate * (settles - self.activation))


class Forum:
    """The patients' forum: what it can do is its independence times its budget."""

    organisation: Organisation
    groups: list[PatientGroup]
    standing: bool
    independence: float
    funds: float
    credit: float

    @property
    def settings(self) -> Any:
        """The forum's parameters in force."""
        return self.organisation.settings.forum

    @property
    def level(self) -> int:
        """How far from the teams it meets: 0 with a team, 1 for the organisation, 2 nationally."""
        return LEVELS.index(self.settings.level)

    def swept_away(self) -> None:
        """Be lost in a re-organisation."""
        self.standing, self.independence, self.funds, self.credit = False, 0.0, 0.0, 0.0

    def stands(self) -> bool:
        """Whether there is a forum; one that was swept away is set up anew after a time."""
        if not self.standing:
            u, _, _, _ = self.organisation.draws("forum.rebuilt", self.organisation.key)
            self.standing = u < 1.0 / self.settings.rebuild_weeks
        return self.standing

    def step(self) -> None:
        """Let a week pass: independence, money, seats, patients' readiness, and meetings."""
        p, o = self.settings, self.organisation
        if p.satisfaction_target > 0.0:
            self.independence = unit(self.independence - p.target_erosion)
        else:
            gap = o.levers.forum_independence - self.independence
            self.independence = unit(self.independence + p.independence_rate * gap)
        most = p.fixes_per_team * len(o.teams)
        self.funds = min(most, self.funds + o.levers.forum_budget * most / 13.0)
        reach = o.levers.patient_reach if o.levers.patient_reach >= p.membership_threshold else 0.0
        for group in self.groups:
            group.take_seats(group is self.groups[0], p.recruitment_bias, reach)
            group.hear_back()
        for patient in o.patients:
            patient.be_heard()
        o.spent["patients"] = self.meet() / len(o.staff)

    def meet(self) -> float:
        """Raise issues while there are hours; an hour set aside is only used if patients come. Return the hours used."""
        p, o, used = self.settings, self.organisation, 0.0
        come = mean(patient.activation for patient in o.patients)
        # A forum that has to show satisfaction spends part of its meetings on that.
        about_problems = self.independence if p.satisfaction_target > 0.0 else 1.0
        self.credit += o.hours["patients"] * len(o.staff)
        meeting = 0
        while self.credit >= p.hours_per_issue:
            self.credit -= p.hours_per_issue
            u_comes, u_asked, _, _ = o.draws("forum.comes", o.key, meeting)
            if u_comes < come:
                used += p.hours_per_issue
                if u_asked < about_problems:
                    self.raise_issue(meeting)
            meeting += 1
        self.credit = min(self.credit, p.hours_per_issue)
        return used

    def raise_issue(self, meeting: int) -> None:
        """Raise one issue: a group by its seats, a dimension by its needs, and some teams that it reaches.

        With a team, patients see what fits there; further away, only what fits in general, and less surely.
        """
        p, o = self.settings, self.organisation
        u_group, u_dimension, u_right, severity = o.draws("forum", o.key, meeting)
        group = self.groups[pick([group.seats for group in self.groups], u_group)]
        visible = [dimension for dimension in o.dimensions if dimension.patient_visible]
        wanted = [group.needs[dimension.number] for dimension in visible]
        if sum(wanted) == 0.0:
            return
        dimension = visible[pick(wanted, u_dimension)]
        right = u_right < max(0.5, p.accuracy - p.accuracy_loss * self.level)
        u_team, _, _, _ = o.draws("forum.place", o.key, meeting)
        start, n_reached = int(u_team * len(o.teams)), int(p.teams_per_level**self.level + 0.5)
        for team in (o.teams[start:] + o.teams[:start])[:n_reached]:
            practice = team.practices[dimension.number]
            best = practice.reality if self.level == 0 else dimension.truth
            value = best if right else -best
            if value != practice.value and not practice.idea:
                practice.propose(value, severity, "patients", "forum", group=group)
                o.count["voiced_forum"] += 1

    def press(self, practice: Practice, idea: Idea, u: float) -> None:
        """An issue is acted on with min(1, ι(1 + w·seats)) while there is money for a fix, or as a study sets.

        Without independence the host spends the forum's money as it sees fit.
        """
        p = self.settings
        as_it_comes = p.acted_share < 0.0
        paid = self.funds >= 1.0 - 1e-9 or not as_it_comes
        insists = min(1.0, self.independence * (1.0 + p.seat_weight * p.seats)) if as_it_comes else p.acted_share
        if paid:
            self.funds = max(0.0, self.funds - 1.0)
        if paid and u < insists:
            idea.group.acted += 1.0
            self.organisation.count["acted_forum"] += 1
            idea.state, idea.week = "endorsed", self.organisation.week
        else:
            idea.group.ignored += 1.0
            practice.idea = None
