"""The tables of an organisation, their columns, units and bounds.

Each table is one structured NumPy array, a record per row: ``cohort.person["exhaustion"]`` is a column,
``person[i].exhaustion`` inside a kernel is one person's value. Rows are ordered by organisation, division and team,
and never move: posts, teams and idea slots are fixed, their occupants come and go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from civicsim.engine.table_code import layout_of
from civicsim.model.levers import NAMES as LEVERS
from civicsim.model.levers import PURPOSES
from civicsim.model.organisation import (
    CHANNELS,
    ENACTED,
    FATES,
    IDEA_STATES,
    N_PATIENT_GROUPS,
    N_PROBLEMS,
    ORIGINS,
    PROFESSIONS,
    ROLES,
)
from civicsim.model.questions import SURVEY_ITEMS

REAL = "real"
"""Type of state columns: 64-bit floating point unless a cohort is built with another."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name, kind, help : str
        Its name, its type (:data:`REAL` or one of NumPy's), and its meaning.
    low, high : float
        Bounds that it never leaves.
    refers : str
        The table into which it points, if it holds rows of one.
    over : tuple of tuple of str
        Names along each further axis, of a column that holds an array per row: ``tally["changes"]`` has a count for each of
        the FATES and each of the ORIGINS.
    """

    name: str
    kind: str
    help: str
    low: float = -np.inf
    high: float = np.inf
    refers: str = ""
    over: tuple[tuple[str, ...], ...] = ()

    def entries(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield the name and the place of each value that it holds per row, as ``"changes.adopted.staff", (0, 2)``."""
        for place in np.ndindex(self.shape):
            yield ".".join([self.name, *(names[k] for names, k in zip(self.over, place, strict=True))]), place

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of what it holds per row; empty for a single value."""
        return tuple(map(len, self.over))


def _unit(name: str, help: str, *over: tuple[str, ...]) -> Column:
    return Column(name, REAL, help, 0.0, 1.0, over=over)


def _count(name: str, help: str, *over: tuple[str, ...]) -> Column:
    return Column(name, REAL, help, 0.0, over=over)


def _percent(name: str, help: str, *over: tuple[str, ...]) -> Column:
    return Column(name, REAL, help, 0.0, 100.0, over=over)


def _row(name: str, table: str, help: str) -> Column:
    return Column(name, "i4", help, refers=table)


ORGANISATION = (
    Column("run", "i4", "run it belongs to, counted within the cohort"),
    Column("seed", "u8", "seed of the run"),
    Column("key", "i4", "row within the run"),
    _row("first_team", "team", "row of its first team"),
    Column("n_teams", "i4", "teams"),
    _row("first_person", "person", "row of its first person; staff by team, then managers"),
    Column("n_staff", "i4", "posts of staff"),
    Column("n_persons", "i4", "posts of staff and managers"),
    _row(
        "first_manager",
        "manager",
        "row of its first manager: team managers in team order, divisional, executives, chief",
    ),
    Column("n_managers", "i4", "managers"),
    _row("first_patient", "patient", "row of its first patient"),
    Column("n_patients", "i4", "patients"),
    *(Column(name, REAL, f"lever {name}, as intended", 0.0) for name in LEVERS),
    *(_unit(f"{name}_enacted", f"lever {name}, as staff meet it") for name in ENACTED),
    *(_unit(f"{name}_habit", f"lever {name} at the status quo, to which pressure returns it") for name in ENACTED),
    _count("allotted", "hours that the style allots to each purpose, per person and week", tuple(PURPOSES)),
    _count("hours", "hours allocated to each purpose, grip included, per person and week", tuple(PURPOSES)),
    _count("spent", "hours spent on each purpose last week, per person", tuple(PURPOSES)),
    Column("hours_budget", REAL, "budget of improvement hours, per person and week", 0.0),
    Column("demand_factor", REAL, "care asked for, as a multiple of the usual", 0.0),
    _unit("say_do_gap", "how much worse than announced staff are treated, mean of fear, permission and authority"),
    _unit("leader_openness", "openness that the chief executive shows"),
    _unit("grip", "how far leaders have tightened because reports fell short"),
    Column("inadequate", "i1", "whether the last rating was inadequate", 0, 1),
    _unit("fulfilment", "promises kept last quarter, as far as they are believed"),
    _unit("breach", "promises broken last quarter"),
    _unit("belief", "how far the promises of a compact are believed"),
    Column("contract", REAL, "promises kept last quarter, less what was expected", -1.0, 1.0),
    _unit("ledger_protection", "how far a ledger keeps promised hours from being moved to reporting"),
    _unit("answered_memory", "share of settled items that were acted on or explained, 13-week memory"),
    Column("deliberation_memory", REAL, "hours of deliberation per person and week, 13-week memory", 0.0),
    _unit("independence", "independence of the patients' forum"),
    Column("forum_funds", REAL, "fixes that the forum could pay for now", 0.0),
    Column("forum_credit", REAL, "hours in hand for the forum", 0.0),
    Column("forum_standing", "i1", "whether there is a forum: a re-organisation may have swept it away", 0, 1),
    Column("deadline", "i4", "weeks left until an announced inspection; 0 none", 0),
    Column("notice", "i4", "weeks of notice that the announced inspection gave; 0 none", 0),
    _unit("urgency", "how far too little time is left before an inspection to try anything out"),
    Column("chief_leaving", "i1", "whether the chief executive has to go this week", 0, 1),
    _unit("attention_wellbeing", "share of leaders' attention that goes to the wellbeing of staff"),
    _unit("deferred", "share of the care asked for that is put off to relieve staff"),
    _unit("culture_reported", "culture score as leaders report it"),
    Column("directive_memory", REAL, "directives a year on each dimension of care, 26-week memory", 0.0),
    Column("harm_memory", REAL, "harm to patients per post and year, 26-week memory", 0.0),
    _unit("satisfaction_memory", "mean satisfaction of patients, 26-week memory"),
    Column("expectation", REAL, "how much more is expected of reported quality than at the start"),
    Column("partner_hours", REAL, "hours of work that outside partners bring, per person and week", 0.0),
    Column("started_over", "i1", "whether a new chief executive started over last week", 0, 1),
    Column("weeks_to_fill", REAL, "mean weeks until a vacancy is filled, drawn per organisation", 1.0),
    Column("place_strain", REAL, "exhaustion that a place adds to where its people settle, drawn per organisation"),
    _unit("voice_norm", "share of noticed problems that are voiced, 13-week memory"),
    _unit("mean_safety", "mean psychological safety: what newcomers hear of the place"),
    _unit("mean_efficacy", "mean efficacy: what newcomers hear of the place"),
    # The staff survey.
    Column("n_surveys", "i4", "staff surveys held so far", 0),
)

DIMENSION = (
    Column("truth", "i1", "what is right for the organisation at large: -1 or 1"),
    Column("code", "i1", "what the protocol asks for: -1, 0 (nothing) or 1", -1, 1),
    _unit("kappa", "κ, how far local realities agree with the common one"),
    Column("measured", "i1", "whether it is measured", 0, 1),
    Column("measured_rank", REAL, "measured if below the measured share", 0.0, 1.0),
    Column("staff_visible", "i1", "whether staff can see a mismatch", 0, 1),
    Column("patient_visible", "i1", "whether patients can see a mismatch", 0, 1),
    Column("safety_critical", "i1", "whether one way is right everywhere (κ = 1)", 0, 1),
    Column("cross_boundary", "i1", "whether a change needs a second team", 0, 1),
    Column("directive", "i1", "whether a directive is out to the teams", 0, 1),
    _count("contested", "teams that resisted or adapted a directive on it this quarter"),
)

TEAM = (
    _row("organisation", "organisation", "row of its organisation"),
    Column("division", "i4", "division, counted within the organisation"),
    Column("key", "i4", "row within the run"),
    _row("first_person", "person", "row of its first post"),
    Column("n_posts", "i4", "posts"),
    _row("manager", "manager", "row of its manager in the manager table"),
    Column("demand", REAL, "hours of care asked for, per week", 0.0),
    Column("n_present", "i4", "posts filled and at work", 0),
    _unit("mismatch", "share of practices that do not fit the local reality"),
    Column("load", REAL, "mean load: hours of work over contracted hours", 0.0),
    _unit("overload", "ten-week memory of load above 1"),
    _unit("headspace", "mean usable headspace"),
    _unit("seek", "problem-seeking (1) against comfort-seeking (0)"),
    Column("improvement_hours", REAL, "hours for trials and for changing practice this week", 0.0),
    Column("switching_hours", REAL, "hours of changing practice still to come", 0.0),
    Column("response_credit", REAL, "hours in hand for answering", 0.0),
    Column("response_hours", REAL, "hours that managers spent on answering this week", 0.0),
    Column("settling_hours", REAL, "hours that colleagues and the guardian spent on answering this week", 0.0),
    Column("peer_hours", REAL, "hours that each member at work spent with peers of other teams last week", 0.0),
    Column("deliberation_hours", REAL, "hours that the team spent on deliberation last week", 0.0),
    Column("observation_hours", REAL, "hours that were spent on watching the team and on its huddles last week", 0.0),
    Column("coaching_hours", REAL, "hours that were spent on coaching the team and its manager last week", 0.0),
    Column("deliberation_credit", REAL, "hours in hand for deliberation", 0.0),
    Column("observation_credit", REAL, "hours in hand for watching the work", 0.0),
    Column("huddle_credit", REAL, "hours in hand for huddles", 0.0),
    Column("marked", "i1", "whether an event chose the team, for looking at such teams apart", 0, 1),
    Column("isolated", "i1", "whether the team is cut off from all others", 0, 1),
    _unit("climate", "safety that a project of its own adds in the team"),
    Column("climate_until", "i4", "week in which that project ends"),
    _row("partner", "team", "row of the team it is paired with; -1 none"),
    Column("learns", "i1", "whether it is the weaker of a pair", 0, 1),
    Column("paired_until", "i4", "week in which the pairing ends"),
    _unit("answered_share", "share of the team's settled items that were acted on or explained, 13-week memory"),
    _unit("fulfilment", "promises kept to the team last quarter, as far as they are believed"),
    _unit("breach", "promises to the team broken last quarter"),
    _unit("belief", "how far the promises of a compact are believed in the team"),
    Column("contract", REAL, "promises kept to the team last quarter, less what was expected", -1.0, 1.0),
    _unit("conflict", "conflict over the idea deliberated this week"),
    _unit("hostility", "hostility between groups of staff"),
    Column("n_trials", "i4", "trials running", 0),
    _count("noticed", "problems noticed this week"),
    _count("voiced", "problems voiced this week"),
    _count("joined", "problems voiced this week that were being worked on already"),
    Column("dealt", REAL, "problems acted on this week, less those given up on"),
    _count("noticed_memory", "problems noticed, 26-week memory"),
    _count("dealt_memory", "problems acted on, 26-week memory"),
    Column("outcomes", REAL, "sum of outcomes of voice this week"),
    _count("n_outcomes", "items answered or timed out this week"),
    _count("detriments", "people who suffered for speaking up this week"),
    _count("originated_memory", "ideas tried and adopted, 52-week memory"),
    _unit("leaver_memory", "share of posts that people left, per week, 13-week memory"),
    _unit("working", "how much of a fitting practice reaches patients, given exhaustion and overload"),
    _unit("quality", "true quality of care"),
    _unit("quality_measured", "true quality on the measured dimensions"),
    _unit("quality_unmeasured", "true quality on the other dimensions"),
    _unit("quality_reported", "quality as reported"),
    _unit("exhaustion", "mean exhaustion of staff"),
    _unit("safety", "mean psychological safety of staff"),
    _count("harm", "expected patients harmed this week"),
    _count("incidents", "expected incidents reported this week"),
)

NEIGHBOUR = (
    _row("team", "team", "row of a team tied to this one; -1 none"),
    Column("ties", "i4", "ties between the two teams", 0),
)

PRACTICE = (
    Column("value", "i1", "what the team does: -1, 0 (no set way) or 1", -1, 1),
    Column("reality", "i1", "what is right for the team: -1 or 1", -1, 1),
    Column("previous", "i1", "what it did before the last change", -1, 1),
    Column("origin", "i1", "where the last change came from", 0, len(ORIGINS) - 1),
    Column("followed", "i1", "whether the last change is younger than a year and still stands", 0, 1),
    Column("gamed", "i1", "whether it is reported as done without being done", 0, 1),
    Column("convenient", "i1", "whether it was proposed because convenient", 0, 1),
    Column("previous_convenient", "i1", "whether that was proposed because convenient", 0, 1),
    Column("idea_state", "i1", "none, waiting, endorsed or in trial", 0, len(IDEA_STATES) - 1),
    Column("idea_value", "i1", "what the idea proposes", -1, 1),
    Column("idea_convenient", "i1", "whether it is proposed because convenient", 0, 1),
    Column("idea_origin", "i1", "where the idea comes from", 0, len(ORIGINS) - 1),
    Column("idea_channel", "i1", "to whom it was voiced", 0, len(CHANNELS) - 1),
    Column("deliberated", "i1", "whether the idea has been deliberated", 0, 1),
    Column("cycles", "i1", "trial cycles done", 0),
    Column("successes", "i1", "trial cycles that spoke for it", 0),
    Column("idea_group", "i1", "patient group it comes from, if from patients", 0, N_PATIENT_GROUPS - 1),
    _row("idea_raiser", "person", "row of the person who raised it; -1 none"),
    Column("idea_week", "i4", "week in which its present state began"),
    Column("raised_week", "i4", "week in which it was raised"),
    Column("adopted_week", "i4", "week of the last change"),
    _unit("idea_severity", "how much the problem matters"),
)

PERSON = (
    _row("organisation", "organisation", "row of the organisation"),
    _row("team", "team", "row of the team; a team manager's own team; -1 above"),
    Column("key", "i4", "row within the run"),
    Column("role", "i1", "staff, team manager, divisional manager, executive or chief executive", 0, len(ROLES) - 1),
    Column("profession", "i1", "profession", 0, len(PROFESSIONS) - 1),
    Column("generation", "i2", "people who held the post before", 0),
    Column("vacant", "i1", "whether the post is empty", 0, 1),
    Column("absent", "i1", "whether absent through sickness this week", 0, 1),
    Column("tenure", "i4", "weeks in post", 0),
    Column("status", REAL, "standing that goes with the profession", -1.0, 1.0),
    _unit("exhaustion", "E, emotional exhaustion"),
    _unit("exhaustion_anchor", "E₀, where exhaustion settles at ease"),
    _unit("safety", "S, psychological safety: it is safe to speak up here"),
    _unit("safety_anchor", "S₀, safety brought along"),
    _unit("efficacy", "V, belief that speaking up leads to action"),
    _unit("efficacy_anchor", "V₀, efficacy brought along"),
    _unit("motivation", "M, autonomous motivation"),
    _unit("motivation_anchor", "M₀, motivation brought along"),
    _unit("belonging", "X, belonging and being valued"),
    _unit("belonging_anchor", "X₀, belonging brought along"),
    _unit("trust", "T, trust in the organisation"),
    _unit("trust_anchor", "T₀, trust brought along"),
    _unit("skill", "K, skill in improving work"),
    _unit("agency", "g, how much one thinks one can change"),
    _unit("agency_anchor", "g₀, agency brought along"),
    _unit("alignment", "a, weight on patients' good relative to own convenience"),
    _unit("professionalism", "sense of duty for the whole system and for change, beyond own craft"),
    Column("load", REAL, "hours of work over contracted hours", 0.0),
    Column("rest_hours", REAL, "hours of taking part that came out of rest last week", 0.0),
    _unit("headspace", "H, usable headspace"),
    Column("voice_hours", REAL, "hours spent on speaking up last week", 0.0),
    _count("noticed", "problems noticed this week"),
    _count("voiced", "problems voiced this week"),
    _count("noticed_memory", "problems noticed, 13-week memory"),
    _count("voiced_memory", "problems voiced, 13-week memory"),
    _unit("norm", "share of noticed problems that neighbours voice, 13-week memory"),
    _unit("propensity", "probability of voicing a problem of middling severity"),
    _unit("propensity_memory", "the same, 52-week memory"),
    Column("outcomes", REAL, "sum of outcomes of own voice this week"),
    _count("n_outcomes", "own items answered or timed out this week"),
    _count("detriments", "times made to suffer for speaking up this week"),
    _unit("answered_memory", "share of own recent items acted on or explained"),
    _unit("acted_memory", "share of own recent items acted on"),
    # The staff survey.
    *(
        Column(
            f"answer_{name}", "i1", f"answer to {name} in the last staff survey, 1-5; 0 not asked or not answered", 0, 5
        )
        for name in SURVEY_ITEMS
    ),
)

PROBLEM = (
    Column("dimension", "i1", "dimension it is about", 0),
    Column("check", "i1", "which of the person's checks of the week found it", 0, N_PROBLEMS - 1),
    Column("value", "i1", "what the person would do instead", -1, 1),
    Column("convenient", "i1", "whether that is proposed because convenient", 0, 1),
    _unit("severity", "how much it matters"),
)

MANAGER = (
    _row("person", "person", "row of the person"),
    _row("superior", "manager", "row of the manager above; -1 for the chief executive"),
    _unit("openness", "O, how openly the manager receives what is raised"),
    _unit("openness_anchor", "own openness, brought along"),
)

NEED = (_unit("weight", "weight that the patient group gives to the dimension; sums to 1 over dimensions"),)

PANEL = (
    _unit("share", "share of the patient group in the population"),
    _unit("seats", "share of the group in the forum"),
    _unit("heard", "share of the group's issues that were acted on, memory of items"),
    _count("acted", "issues acted on this week"),
    _count("ignored", "issues not acted on this week"),
)

PATIENT = (
    _row("organisation", "organisation", "row of the organisation"),
    _row("team", "team", "row of the team that gives most of the care"),
    Column("key", "i4", "row within the run"),
    Column("group", "i1", "patient group", 0, N_PATIENT_GROUPS - 1),
    _unit("activation", "readiness to take part"),
    _unit("satisfaction", "satisfaction with care"),
)

TALLY = (
    *(
        _count(name, help)
        for name, help in (
            ("noticed", "problems noticed"),
            ("voiced", "problems voiced"),
            ("withheld_fear", "problems withheld for fear"),
            ("withheld_futility", "problems withheld because no action was expected"),
            *((f"voiced_{name}", f"problems voiced to {name}") for name in CHANNELS),
            ("joined", "problems voiced that had been raised before"),
            ("acted", "items acted on"),
            ("explained", "items explained"),
            ("silent", "items met by silence"),
            ("timed_out", "items that waited too long"),
            ("lapsed", "items acted on without result in time"),
            ("exposed", "answered items for which someone could have suffered"),
            ("response_weeks", "weeks that managers' items had waited when answered or given up"),
            ("answered", "items answered by managers"),
            ("detriments", "people who suffered for speaking up"),
            ("directives", "directives met by teams"),
            ("in_line", "directives that asked for what a team did already"),
            ("complied", "directives complied with"),
            ("adapted", "directives adapted"),
            ("resisted", "directives resisted"),
            ("gamed", "directives gamed"),
            ("overlooked", "directives overlooked"),
            ("trials_begun", "trials begun"),
            ("trials_won", "trials that ended in adoption"),
            ("trials_lost", "trials that ended without"),
            ("cycles_due", "trial cycles that were due"),
            ("cycles_done", "trial cycles that were carried out"),
            ("observed", "problems that managers saw for themselves"),
            ("huddled", "problems raised in huddles"),
            ("brought", "ideas that outside partners brought"),
            ("handed_on", "practices that a team took over from the one it is paired with"),
            ("adopted_vertical", "practices changed from above: by directive, or at once by a programme"),
            ("adopted_local", "practices changed by ideas that the team tried, wherever they came from"),
            ("adopted_horizontal", "practices taken over from neighbours"),
            ("adopted_patients", "practices changed because the patients' forum asked"),
            ("solved", "practices of teams changed to what fits by ideas that they tried"),
            ("replaced", "changes that another change replaced within a year"),
            ("adopted_right", "practices changed to what fits"),
            ("weeks_to_adopt", "weeks from raising to adoption, summed over ideas that were tried"),
            ("sustained", "changes that stood for a year"),
            ("decayed", "changes that decayed within a year"),
            ("leavers", "people who left"),
            ("hires", "people who joined"),
            ("codified", "dimensions of the code that changed"),
            ("withdrawn", "dimensions of the code that were withdrawn because teams contested them"),
            ("deliberated", "ideas deliberated"),
            ("deliberations_split", "ideas deliberated on which opinions differed"),
            ("dissent_won", "ideas dropped after deliberation although some were in favour"),
            ("ideas_rejected", "ideas deliberated and given up"),
            ("chiefs_left", "chief executives who left"),
            ("resets", "times that a new chief started over"),
            ("rated", "ratings by the regulator"),
            ("rated_inadequate", "ratings that were inadequate"),
            ("acted_forum", "issues of the forum acted on"),
            ("ties_made", "ties between teams made"),
            ("ties_lost", "ties between teams lost"),
            ("hours_voice", "hours spent on speaking up"),
            ("hours_settling", "hours colleagues and the guardian spent on answering"),
            ("hours_improvement", "hours spent on trials and on changing practice"),
            ("hours_failure_demand", "hours spent on working around what does not fit"),
            ("leaver_motivation", "motivation of people who left, summed"),
        )
    ),
    _count("changes", "changes of practice, by what became of them and what caused them", FATES, ORIGINS),
)
"""Events of the week, counted per organisation."""

_OF_ALL = ("load", "exhaustion", "motivation", "trust")
_OF_STAFF = ("headspace", "safety", "efficacy", "belonging", "agency", "skill", "propensity")
_OF_TEAMS = ("overload", "seek", "mismatch", *(f"quality{of}" for of in ("", "_measured", "_unmeasured", "_reported")))
ICC_STATES, ICC_GROUPS = ("exhaustion", "safety", "burnt_out"), ("team", "division", "profession")
"""States of which likeness within groups is recorded."""
VOICES = (*PROFESSIONS, "high", "low")
"""Staff of whom it is recorded apart what they notice and voice: by profession, and of high and of low standing."""
QUALITY_PARTS = ("safety_critical", "low_kappa", "within_team", "cross_boundary", "invisible")
"""Dimensions on which true quality is recorded apart: safety-critical ones, mostly local matters (κ < .3), those changed within
a team or only with a second one, and those out of sight of staff."""
SNAPSHOT = (
    _count("n_filled", "posts of staff and managers that are filled"),
    _count("n_staff_filled", "posts of staff that are filled"),
    _count("n_absent", "people absent"),
    _count("n_burnt_out", "people burnt out"),
    *(Column(name, REAL, f"mean {name} of staff and managers", 0.0) for name in _OF_ALL),
    *(Column(name, REAL, f"mean {name} of staff", 0.0) for name in _OF_STAFF),
    Column("propensity_high", REAL, "mean probability of voicing of staff of high standing", 0.0, 1.0),
    Column("propensity_low", REAL, "mean probability of voicing of staff of low standing", 0.0, 1.0),
    Column("voice_gini", REAL, "Gini index of the 52-week memory of that probability, taken each quarter", 0.0, 1.0),
    Column("icc", REAL, "ICC(1) of exhaustion, safety, burnout by group", -1.0, 1.0, over=(ICC_STATES, ICC_GROUPS)),
    _unit("would_speak_again", "mean probability of voicing of those who spoke up lately"),
    _unit("origin_entropy", "evenness of the origin of own ideas over teams, 0 one team, 1 all alike"),
    _unit("spots_coexist", "whether there are bright and dark spots at once"),
    *(_unit(name, f"{name} over teams, mean") for name in _OF_TEAMS),
    _unit("quality_sd", "standard deviation of true quality between teams"),
    _unit("bright_share", "share of teams whose quality lies more than a usual spread above the mean"),
    _unit("dark_share", "share of teams whose quality lies more than a usual spread below the mean"),
    _count("harm", "expected patients harmed"),
    _count("incidents", "expected incidents reported"),
    *(_count(f"ideas_{name}", f"ideas {name}, over all teams") for name in ("waiting", "endorsed", "in_trial")),
    _count("gamed", "practices reported as done without being done"),
    _count("followed", "changes of the past year that stand"),
    _unit("code_right", "share of dimensions on which the code is right for the organisation at large"),
    _unit("openness", "mean openness of managers"),
    _unit("conflict", "mean over teams of this week's conflict"),
    _unit("hostility", "mean over teams of hostility between groups"),
    _count("n_ties", "ties of staff to other teams, counted at both ends"),
    _count("n_ties_far", "those that lead to another division or organisation"),
    _count("propensity_of", "mean probability of voicing, by profession", PROFESSIONS),
    _unit("representativeness", "1 minus the total variation distance between the forum's seats and the population"),
    _unit("activation", "mean activation of patients"),
    _unit("satisfaction", "mean satisfaction of patients"),
    _unit("satisfaction_gap", "satisfaction of the best-served patient group minus that of the worst"),
    _unit("satisfaction_reported", "mean satisfaction as the forum's host reports it"),
    _unit("forum_standing", "whether there is a forum"),
    _count("n_marked", "teams that an event chose"),
    _count("marked_quality", "true quality, summed over those teams"),
    _count("marked_safety", "mean psychological safety, summed over those teams"),
    _count("marked_bright", "bright spots among them"),
    _count("marked_dark", "dark spots among them"),
    _unit("attention_wellbeing", "share of leaders' attention that goes to the wellbeing of staff"),
    _unit("deferred", "share of the care asked for that is put off to relieve staff"),
    Column("culture_gap", REAL, "culture score as reported minus mean psychological safety", -1.0, 1.0),
    # Parts of quality, ratings, who voices, and the staff survey.
    _unit("quality_of", f"mean true quality of teams on parts of care: {', '.join(QUALITY_PARTS)}", QUALITY_PARTS),
    _unit("misrated", "share of teams on the other side of the regulator's threshold than the organisation's rating"),
    _count("noticed_memory", "problems noticed by profession, by high and by low standing, 13-week memory", VOICES),
    _count("voiced_memory", "problems voiced by profession, by high and by low standing, 13-week memory", VOICES),
    _percent("survey_response", "percent of those asked who answered the last staff survey"),
    _percent("survey", "percent of answers to each question that count, last staff survey", SURVEY_ITEMS),
    _percent("survey_all", "the same, had everyone answered", SURVEY_ITEMS),
)
"""How things stand at the end of the week, per organisation. Nothing in the model reads it."""

TABLES: dict[str, tuple[Column, ...]] = {
    "organisation": ORGANISATION,
    "dimension": DIMENSION,
    "tally": TALLY,
    "snapshot": SNAPSHOT,
    "team": TEAM,
    "neighbour": NEIGHBOUR,
    "practice": PRACTICE,
    "person": PERSON,
    "problem": PROBLEM,
    "manager": MANAGER,
    "need": NEED,
    "panel": PANEL,
    "patient": PATIENT,
}
"""Columns of every table. Shapes: ``dimension`` (organisations, m), ``practice`` (teams, m), ``need`` (organisations,
groups, m), ``panel`` (organisations, groups), ``problem`` (persons, N_PROBLEMS), ``neighbour`` (teams, N_NEIGHBOURS); the others one row per thing."""


IN_COLUMNS = ("person", "practice", "patient")
"""Tables that are kept column by column: those with many rows, of which a rule reads a few columns."""


def record_type(columns: tuple[Column, ...], real: type = np.float64) -> np.dtype:
    """Return the record type of a table.

    Parameters
    ----------
    columns : tuple of Column
        The table's columns.
    real : type
        Floating-point type of its state columns.
    """
    return np.dtype([(c.name, real if c.kind == REAL else np.dtype(c.kind), c.shape) for c in columns], align=True)


def row_bytes(table: str) -> int:
    """Return the bytes that a row of a table takes: in columns, no gaps are left between them."""
    kind = record_type(TABLES[table])
    return layout_of(kind).row_bytes if table in IN_COLUMNS else kind.itemsize
