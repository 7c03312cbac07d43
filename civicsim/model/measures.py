"""The measures. Each is declared once; recorder, tables, plots and reports read the declaration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from civicsim.model.calendar import YEAR
from civicsim.model.levers import PURPOSES
from civicsim.model.measuring import Column, History, Measure
from civicsim.model.organisation import CAUSES, FATES, ORIGINS, PROFESSIONS
from civicsim.model.questions import QUESTIONS
from civicsim.model.tables import ICC_GROUPS, ICC_STATES, QUALITY_PARTS, VOICES


def _state(column: str, *place: int) -> Callable[[History], Column]:
    at: Any = (..., *place)
    return lambda h: h.snapshot[column][at]


def _events(*columns: str) -> Callable[[History], Column]:
    return lambda h: sum(h.tally[column] for column in columns)  # type: ignore[return-value]


def _changes(fates: Sequence[str], *causes: str) -> Callable[[History], Column]:
    """Return a function that counts changes of practice of these fates and causes."""
    places = [(FATES.index(fate), ORIGINS.index(cause)) for fate in fates for cause in causes]
    return lambda h: sum(h.tally["changes"][:, :, *place] for place in places)  # type: ignore[return-value]


def _enacted(column: str) -> Callable[[History], Column]:
    return lambda h: h.enacted[column]


def _hours(kind: str, purpose: str) -> Callable[[History], Column]:
    place = list(PURPOSES).index(purpose)
    return lambda h: h.enacted[kind][:, :, place]


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _per(size: str) -> Callable[[History], Column]:
    return lambda h: np.broadcast_to(h.organisation[size].astype(float), h.tally.shape)


_staff, _persons, _teams = _per("n_staff"), _per("n_persons"), _per("n_teams")
_VOICED = _events("voiced")
_NOTICED = _events("noticed")
_SETTLED = _events("acted", "explained", "silent")
_DIRECTIVES = _events("complied", "adapted", "resisted", "gamed")
_ADOPTED = _events("adopted_vertical", "adopted_local", "adopted_horizontal")
_PARTICIPATING = tuple(name for name, purpose in PURPOSES.items() if purpose.participation)


def _participation(h: History) -> Column:
    """Return the hours of a week spent on taking part: voice, improvement, and all purposes of the budget but reporting."""
    budget = sum(_hours("spent", name)(h) for name in _PARTICIPATING) * _staff(h)
    return h.tally["hours_voice"] + h.tally["hours_improvement"] + h.tally["hours_settling"] + budget


PROFESSION_WORDS = dict(
    zip(PROFESSIONS, ("doctors", "nurses", "allied professions", "support staff", "administrative staff"), strict=True)
)

_ALL = (
    # Voice and its results.
    Measure("voice_share", "Problems voiced", "share of noticed", "Share of noticed problems that staff speak up about.", "higher", _VOICED, _NOTICED),
    Measure("noticed_rate", "Problems noticed", "per person and year", "Problems that staff notice.", "neither", _NOTICED, _staff, YEAR),
    Measure("voice_gini", "Inequality of voice", "Gini, 0–1", "How unequally readiness to speak up is spread over staff.", "lower", _state("voice_gini")),
    Measure("voice_status_gap", "Status gap in speaking up", "difference of probabilities", "Readiness to speak up of high-standing staff minus that of low-standing staff.", "lower", lambda h: h.snapshot["propensity_high"] - h.snapshot["propensity_low"], signed=True),
    Measure("voice_propensity", "Readiness to speak up", "probability", "Chance of voicing a problem of middling severity.", "higher", _state("propensity")),
    Measure("withheld_fear_share", "Silence from fear", "share of noticed", "Noticed problems that staff keep to themselves for fear.", "lower", _events("withheld_fear"), _NOTICED),
    Measure("withheld_futility_share", "Silence from futility", "share of noticed", "Noticed problems that staff keep to themselves because they expect no action.", "lower", _events("withheld_futility"), _NOTICED),
    Measure("weeks_to_response", "Wait for an answer", "weeks", "Weeks from raising a concern with a manager to the answer, or to giving up on one.", "lower", _events("response_weeks"), _events("answered", "timed_out")),
    Measure("closure_share", "Concerns answered", "share of settled", "Settled concerns that were acted on or explained rather than met by silence.", "higher", _events("acted", "explained"), _SETTLED),
    Measure("acted_share", "Concerns acted on", "share of settled", "Settled concerns that were acted on.", "higher", _events("acted"), _SETTLED),
    Measure("problems_solved_rate", "Problems solved", "per person and year", "Practices that teams changed to what fits by trying ideas, per post of staff.", "higher", _events("solved"), _staff, YEAR),
    Measure("formal_case_rate", "Formal cases", "per 100 staff and year", "Problems taken to the guardian.", "neither", _events("voiced_guardian"), _staff, 100 * YEAR),
    Measure("detriment_share", "Detriment for speaking up", "share of items", "Concerns raised with managers or the guardian for which someone suffered.", "lower", _events("detriments"), _events("exposed")),
    # Attitudes.
    Measure("psychological_safety", "Psychological safety", "0–1", "How safe staff find it to speak up, on average.", "higher", _state("safety")),
    Measure("efficacy", "Belief that speaking up helps", "0–1", "How far staff believe that speaking up leads to action, on average.", "higher", _state("efficacy")),
    Measure("motivation", "Autonomous motivation", "0–1", "Mean autonomous motivation of staff and managers.", "higher", _state("motivation")),
    Measure("belonging", "Belonging", "0–1", "How far staff feel that they belong, on average.", "higher", _state("belonging")),
    Measure("trust", "Trust in the organisation", "0–1", "Mean trust of staff and managers in the organisation.", "higher", _state("trust")),
    Measure("agency", "Perceived agency", "0–1", "How much staff think they can change, on average.", "higher", _state("agency")),
    Measure("skill", "Improvement skill", "0–1", "Mean skill of staff in improving work.", "higher", _state("skill")),
    Measure("openness", "Openness of managers", "0–1", "How openly managers receive what is raised, on average.", "higher", _state("openness")),
    # Work and wellbeing.
    Measure("load", "Workload", "hours per contracted hour", "Hours of work per contracted hour, mean of staff and managers.", "lower", _state("load")),
    Measure("overload", "Overload", "load above 1", "Workload above contracted hours over the past ten weeks, mean of teams.", "lower", _state("overload")),
    Measure("headspace", "Headspace", "0–1", "Mean attention that staff have to spare.", "higher", _state("headspace")),
    Measure("exhaustion", "Exhaustion", "0–1", "Mean emotional exhaustion of staff and managers.", "lower", _state("exhaustion")),
    Measure("burnt_out_share", "Burnout", "share of people", "Staff and managers whose exhaustion exceeds 0.6.", "lower", _state("n_burnt_out"), _state("n_filled")),
    Measure("absence_share", "Sickness absence", "share of people", "Staff and managers absent in a week.", "lower", _state("n_absent"), _state("n_filled")),
    Measure("leaver_rate", "Leavers", "share of people a year", "Staff and managers who leave in a year.", "lower", _events("leavers"), _state("n_filled"), YEAR),
    Measure("vacancy_share", "Vacancies", "share of posts", "Posts of staff and managers that are empty.", "lower", lambda h: _persons(h) - h.snapshot["n_filled"], _persons),
    # Directives.
    Measure("comply_share", "Directives complied with", "share of changes asked for", "Directives that teams complied with.", "neither", _events("complied"), _DIRECTIVES),
    Measure("adapt_share", "Directives adapted", "share of changes asked for", "Directives that teams adapted.", "neither", _events("adapted"), _DIRECTIVES),
    Measure("resist_share", "Directives resisted", "share of changes asked for", "Directives that teams resisted.", "neither", _events("resisted"), _DIRECTIVES),
    Measure("game_share", "Directives gamed", "share of changes asked for", "Directives that teams reported as done without doing them.", "lower", _events("gamed"), _DIRECTIVES),
    Measure("directives_in_line_share", "Directives in line", "share of those considered", "Directives that ask for what a team does already.", "neither", _events("in_line"), _events("in_line", "complied", "adapted", "resisted", "gamed")),
    Measure("directives_withdrawn", "Protocols withdrawn", "dimensions a year", "Dimensions of the code that leaders withdrew because teams contested them.", "neither", _events("withdrawn"), lambda h: np.ones(h.tally.shape), YEAR),
    Measure("directives_overlooked_share", "Directives overlooked", "share of those issued", "Directives that arrived together with too many others.", "lower", _events("overlooked"), _events("directives")),
    # Ideas and practices.
    Measure("ideas_waiting", "Ideas waiting", "per team", "Ideas waiting for an answer.", "neither", _state("ideas_waiting"), _teams),
    Measure("ideas_endorsed", "Ideas endorsed", "per team", "Ideas waiting for a trial.", "neither", _state("ideas_endorsed"), _teams),
    Measure("ideas_in_trial", "Ideas in trial", "per team", "Ideas that teams are trying.", "neither", _state("ideas_in_trial"), _teams),
    Measure("trial_success_share", "Trials that succeed", "share of trials decided", "Decided trials that ended in adoption.", "neither", _events("trials_won"), _events("trials_won", "trials_lost")),
    Measure("weeks_to_adopt", "Time to adoption", "weeks", "Weeks from raising an idea to its adoption.", "lower", _events("weeks_to_adopt"), _events("trials_won")),
    Measure("adoptions_vertical", "Changes from above", "per team and year", "Practices changed by directive or by a programme.", "neither", _events("adopted_vertical"), _teams, YEAR),
    Measure("adoptions_local", "Changes by trial", "per team and year", "Practices changed by ideas that the team tried, wherever they came from.", "neither", _events("adopted_local"), _teams, YEAR),
    Measure("adoptions_horizontal", "Changes from neighbours", "per team and year", "Practices adopted from other teams.", "neither", _events("adopted_horizontal"), _teams, YEAR),
    Measure("vertical_share", "Share of change from above", "share of changes", "Changes of practice made by directive or programme.", "neither", _events("adopted_vertical"), _ADOPTED),
    Measure("right_adoption_share", "Changes that fit", "share of changes", "Changes of practice that fitted the team's reality when made.", "higher", _events("adopted_right"), _ADOPTED),
    Measure("sustained_share", "Changes that last", "share of those settled", "Changes that stood for a year, among those that stood, decayed or were replaced.", "higher", _events("sustained"), _events("sustained", "decayed", "replaced")),
    Measure("code_right_share", "Protocols that are right", "share of dimensions", "Dimensions on which the protocols are right for the organisation at large.", "higher", _state("code_right")),
    # Quality.
    Measure("quality_true", "True quality of care", "0–1", "Share of practices that fit the patients they serve, which no report shows directly.", "higher", _state("quality")),
    Measure("quality_measured", "True quality, measured care", "0–1", "True quality on the dimensions that are measured.", "higher", _state("quality_measured")),
    Measure("quality_unmeasured", "True quality, unmeasured care", "0–1", "True quality on the dimensions that are not measured.", "higher", _state("quality_unmeasured")),
    Measure("quality_reported", "Reported quality of care", "0–1", "Quality as it is reported on the dimensions that are measured.", "neither", _state("quality_reported")),
    Measure("gaming_gap", "Reported minus true quality", "0–1", "Reported quality minus true quality on the dimensions that are measured.", "lower", lambda h: h.snapshot["quality_reported"] - h.snapshot["quality_measured"], signed=True),
    Measure("mismatch_share", "Practices that do not fit", "share of practices", "Practices that do not fit the local reality.", "lower", _state("mismatch")),
    Measure("harm_rate", "Harm to patients", "per 100 posts and year", "Expected cases of harm to patients.", "lower", _state("harm"), _staff, 100 * YEAR),
    Measure("incident_rate", "Reported incidents", "per 100 posts and year", "Expected reports of incidents, which do not measure safety.", "neither", _state("incidents"), _staff, 100 * YEAR),
    Measure("problem_seeking", "Problem-seeking of teams", "0–1", "How far teams look for problems rather than for comfort.", "higher", _state("seek")),
    Measure("quality_team_sd", "Spread of quality between teams", "standard deviation", "Standard deviation of true quality between the teams of an organisation.", "neither", _state("quality_sd")),
    Measure("bright_share", "Bright spots among teams", "share of teams", "Teams whose true quality lies well above the organisation's mean.", "neither", _state("bright_share")),
    Measure("dark_share", "Dark spots among teams", "share of teams", "Teams whose true quality lies well below the organisation's mean.", "lower", _state("dark_share")),
    *(Measure(f"{state}_icc_{group}", f"Clustering of {words} by {group}", "ICC(1)", f"Share of the variance of {words} among staff that lies between {group}s.", "neither", _state("icc", s, g), signed=True) for s, (state, words) in enumerate(zip(ICC_STATES, ("exhaustion", "safety", "burnout"), strict=True)) for g, group in enumerate(ICC_GROUPS)),
    Measure("spots_coexist", "Bright and dark spots together", "share of organisations", "Organisations with both bright and dark spots at the same time.", "neither", _state("spots_coexist")),
    Measure("origin_entropy", "Spread of origins", "0–1", "How evenly the past year's own ideas came from all teams.", "neither", _state("origin_entropy")),
    Measure("would_speak_again", "Readiness to speak up again", "probability", "Readiness to speak up of staff who have done so lately.", "higher", _state("would_speak_again")),
    Measure("satisfaction", "Patient satisfaction", "0–1", "Mean satisfaction of patients.", "higher", _state("satisfaction")),
    Measure("patient_quality_gap", "Gap between patient groups", "0–1", "Satisfaction of the best-served group of patients minus that of the worst-served.", "lower", _state("satisfaction_gap")),
    # Leaders and hours.
    Measure("say_do_gap", "Gap between words and deeds", "0–1", "How much worse than announced staff are treated in fear, permission and authority.", "lower", _enacted("say_do_gap")),
    Measure("fear_met", "Experienced fear of blame", "0–1", "Fear of blame that staff experience, whatever leaders intend.", "lower", _enacted("fear_enacted")),
    Measure("permission_met", "Experienced freedom", "0–1", "Freedom to change their work that staff experience.", "neither", _enacted("permission_enacted")),
    Measure("authority_met", "Experienced authority", "0–1", "Authority that teams have in practice.", "neither", _enacted("authority_enacted")),
    *(Measure(f"hours_spent_{name}", f"Hours spent: {_lower(p.label)}", "hours a week per person", f"Hours spent on {p.what}.", "neither", _hours("spent", name)) for name, p in PURPOSES.items()),
    Measure("hours_spent_voice", "Hours spent: speaking up", "hours a week per person", "Hours spent on voicing problems, outside the hour budget.", "neither", _events("hours_voice"), _staff),
    Measure("hours_improvement", "Hours spent: improvement work", "hours a week per person", "Hours spent on trials and on changing practice.", "neither", _events("hours_improvement"), _staff),
    Measure("hours_failure_demand", "Hours lost to work-arounds", "hours a week per person", "Hours lost to working around practices that do not fit.", "lower", _events("hours_failure_demand"), _staff),
    Measure("joined_share", "Problems raised before", "share of voiced", "Voiced problems that someone had raised before.", "neither", _events("joined"), _VOICED),
    Measure("peer_channel_share", "Problems told to peers", "share of voiced", "Voiced problems that went to colleagues.", "neither", _events("voiced_peers"), _VOICED),
    Measure("lapsed_share", "Promises without result", "share of acted on", "Concerns acted on that led to nothing in time.", "lower", _events("lapsed"), _events("acted", "acted_forum"), lagged=True),
    Measure("forum_issue_rate", "Issues raised by forum", "per team and year", "Issues that the patients' forum raised with teams.", "neither", _events("voiced_forum"), _teams, YEAR),
    Measure("forum_acted_share", "Forum issues acted on", "share of issues", "Issues of the patients' forum that were acted on.", "higher", _events("acted_forum"), _events("voiced_forum"), lagged=True),
    Measure("forum_influence", "Changes due to the forum", "per team and year", "Practices changed because the patients' forum asked.", "neither", _events("adopted_patients"), _teams, YEAR),
    Measure("deliberated_rate", "Ideas deliberated", "per team and year", "Ideas that teams deliberated.", "neither", _events("deliberated"), _teams, YEAR),
    Measure("disagreement_share", "Deliberations with disagreement", "share of deliberations", "Deliberated ideas on which opinions differed.", "neither", _events("deliberations_split"), _events("deliberated")),
    Measure("dissent_survival", "Dissent that prevails", "share of split deliberations", "Ideas dropped after deliberation although some were in favour.", "neither", _events("dissent_won"), _events("deliberations_split")),
    Measure("ties_per_person", "Ties to other teams", "per post of staff", "Ties between people of different teams, each counted at both ends.", "neither", _state("n_ties"), _staff),
    Measure("cross_division_tie_share", "Ties across divisions", "share of ties", "Ties between teams that lead to another division.", "neither", _state("n_ties_far"), _state("n_ties")),
    Measure("conflict", "Conflict in deliberation", "0–1", "Conflict in the week's deliberations, mean of teams.", "neither", _state("conflict")),
    Measure("hostility", "Hostility between groups", "0–1", "Hostility between groups of staff, mean of teams.", "lower", _state("hostility")),
    Measure("replaced_share", "Changes replaced", "share of those settled", "Changes that another change replaced within a year.", "neither", _events("replaced"), _events("sustained", "decayed", "replaced")),
    Measure("codified_rate", "Protocols changed", "dimensions a year", "Dimensions on which protocols learned from teams.", "neither", _events("codified"), lambda h: np.ones(h.tally.shape), YEAR),
    Measure("grip", "Tightening by leaders", "0–1", "How far leaders have tightened control because reports fell short.", "neither", _enacted("grip")),
    Measure("promises_kept", "Promises kept", "0–1", "Promises of a compact that were kept, as far as they are believed.", "higher", _enacted("fulfilment")),
    Measure("promises_broken", "Promises broken", "0–1", "Promises of a compact that were broken.", "lower", _enacted("breach")),
    Measure("chief_turnover", "Turnover of chief executives", "per year", "Chief executives who leave in a year.", "neither", _events("chiefs_left"), lambda h: np.ones(h.tally.shape), YEAR),
    Measure("inadequate_share", "Inadequate ratings", "share of ratings", "Ratings by the regulator that were inadequate.", "lower", _events("rated_inadequate"), _events("rated")),
    Measure("panel_representativeness", "Representativeness of the forum", "0–1", "How closely the forum's seats match the population: 1 where every group has its share.", "higher", _state("representativeness")),
    Measure("activation", "Patient activation", "0–1", "Mean readiness of patients to take part.", "higher", _state("activation")),
    *(Measure(f"voice_propensity_{name}", f"Readiness to voice: {words}", "probability", f"Chance that {words} voice a problem of middling severity.", "higher", _state("propensity_of", k)) for k, (name, words) in enumerate(PROFESSION_WORDS.items())),
    *(Measure(f"hours_allotted_{name}", f"Hours allotted: {_lower(p.label)}", "hours a week per person", f"Hours of the budget allotted to {p.what}, with what tightening has moved.", "neither", _hours("hours", name)) for name, p in PURPOSES.items()),
    # Parts of quality, changes by cause, who leaves, who voices, what takes time.
    *(Measure(f"{name}_quality", label, "0–1", f"True quality on dimensions {words}.", "higher", _state("quality_of", QUALITY_PARTS.index(name))) for name, label, words in (
        ("safety_critical", "True quality, safety-critical part", "with one right way everywhere"),
        ("low_kappa", "True quality, local part", "on which local realities agree little with the common one"),
        ("within_team", "True quality, within teams", "that a team can change by itself"),
        ("cross_boundary", "True quality, across teams", "that change only together with a second team"),
        ("invisible", "True quality out of sight", "on which staff cannot see what does not fit"),
    )),
    Measure("rating_misclassification", "Teams misjudged by rating", "share of teams", "Teams whose true quality lies on the other side of the threshold from their organisation's last rating.", "lower", _state("misrated")),
    Measure("leaver_engagement_gap", "Engagement of leavers", "difference, 0–1", "Mean motivation of leavers minus that of all.", "lower", lambda h: h.tally["leaver_motivation"] - h.tally["leavers"] * h.snapshot["motivation"], _events("leavers"), signed=True),
    Measure("adoption_per_directive", "Changes per directive", "per directive to a team", "Practices changed from above per directive that reached a team.", "neither", _events("adopted_vertical"), _events("directives")),
    Measure("wrong_adoptions", "Own changes that misfit", "per team and year", "Practices changed on staff's own ideas to what does not fit the team's reality.", "lower", lambda h: _changes(["adopted"], "staff", "team")(h) - _changes(["right"], "staff", "team")(h), _teams, YEAR),
    Measure("hours_participation", "Time for taking part", "hours a week per person", "Hours of speaking up, answering, deliberating, improving, and meeting peers and patients.", "neither", _participation, _staff),
    Measure("time_sink_gap", "Work-arounds minus taking part", "hours a week per person", "Hours lost to work-arounds minus hours of taking part.", "neither", lambda h: h.tally["hours_failure_demand"] - _participation(h), _staff, signed=True),
    Measure("vertical_horizontal_ratio", "Changes from above versus neighbours", "ratio", "Practices changed from above per practice adopted from other teams.", "neither", _events("adopted_vertical"), _events("adopted_horizontal")),
    *(Measure(f"sustained_share_{cause}", f"Changes that last: {short}", "share of those settled", f"Changes that stood for a year among those caused by {words}.", "higher", _changes(["sustained"], cause), _changes(["sustained", "decayed", "replaced"], cause)) for cause, short, words in zip(CAUSES, ("directives", "staff", "the team", "patients", "neighbours", "managers", "partners", "programmes"), ("directives", "staff who spoke up", "the team itself", "the patients' forum", "neighbours", "managers who observe work", "outside partners", "programmes"), strict=True)),
    Measure("incident_share", "Harm that is reported", "share of harm", "Expected reports of incidents per expected case of harm.", "higher", _state("incidents"), _state("harm")),
    *(Measure(f"voice_share_{name}", f"Problems voiced: {words}", "share of noticed", f"Problems voiced among those noticed lately by {words}.", "higher", _state("voiced_memory", VOICES.index(name)), _state("noticed_memory", VOICES.index(name))) for name, words in (*PROFESSION_WORDS.items(), ("high", "high-standing staff"), ("low", "low-standing staff"))),
    Measure("status_parity", "Parity of voice", "0–1", "How alike staff of high and of low standing are in readiness to speak up: 1 where they are equal.", "higher", lambda h: 1.0 - np.abs(h.snapshot["propensity_high"] - h.snapshot["propensity_low"])),
    # The staff survey.
    Measure("survey_response", "Survey: response rate", "%", "Staff and managers who answered the last staff survey.", "neither", _state("survey_response")),
    *(Measure(f"survey_{q.name}", f"Survey: {q.label}", "%", f"NHS Staff Survey question {q.asks}; of those who answered.", q.better, _state("survey", k)) for k, q in enumerate(QUESTIONS)),
    *(Measure(f"survey_all_{q.name}", f"Survey, everyone: {q.label}", "%", f"NHS Staff Survey question {q.asks}; had everyone answered.", q.better, _state("survey_all", k)) for k, q in enumerate(QUESTIONS)),
    Measure("hours_settling", "Hours spent: colleagues' answers", "hours a week per person", "Hours that colleagues and the guardian spent on answering.", "neither", _events("hours_settling"), _staff),
    # Teams that an event chose, and what is asked about leaders, forums and trials in particular.
    Measure("marked_quality", "True quality, chosen teams", "0–1", "True quality of the teams that an event chose.", "higher", _state("marked_quality"), _state("n_marked")),
    Measure("marked_safety", "Psychological safety, chosen teams", "0–1", "Psychological safety in the teams that an event chose.", "higher", _state("marked_safety"), _state("n_marked")),
    Measure("marked_bright_share", "Bright spots, chosen teams", "share of chosen teams", "Bright spots among the teams that an event chose.", "neither", _state("marked_bright"), _state("n_marked")),
    Measure("marked_dark_share", "Dark spots, chosen teams", "share of chosen teams", "Dark spots among the teams that an event chose.", "lower", _state("marked_dark"), _state("n_marked")),
    Measure("cycles_done_rate", "Trial cycles carried out", "share of those due", "Trial cycles that were carried out when they were due.", "higher", _events("cycles_done"), _events("cycles_due")),
    Measure("observed_rate", "Problems seen by managers", "per team and year", "Problems that managers saw for themselves.", "neither", _events("observed"), _teams, YEAR),
    Measure("huddled_rate", "Problems raised in huddles", "per team and year", "Problems that teams raised in huddles.", "neither", _events("huddled"), _teams, YEAR),
    Measure("handed_on_rate", "Practices adopted in pairs", "per team and year", "Practices that teams adopted from the team they are paired with.", "neither", _events("handed_on"), _teams, YEAR),
    Measure("brought_rate", "Ideas from outside", "per team and year", "Ideas that outside partners brought to teams.", "neither", _events("brought"), _teams, YEAR),
    Measure("forum_survival_share", "Forums in place", "share of organisations", "Organisations that have a patients' forum.", "neither", _state("forum_standing")),
    Measure("satisfaction_reported", "Reported patient satisfaction", "0–1", "Mean satisfaction of patients as the forum's host reports it.", "neither", _state("satisfaction_reported")),
    Measure("leader_attention_wellbeing", "Leaders' attention to wellbeing", "0–1", "Share of leaders' attention that goes to the wellbeing of staff.", "neither", _state("attention_wellbeing")),
    Measure("culture_gap", "Gloss on culture score", "0–1", "Culture score as leaders report it minus mean psychological safety.", "lower", _state("culture_gap"), signed=True),
)  # fmt: skip

MEASURES: dict[str, Measure] = {measure.name: measure for measure in _ALL}
"""Every measure by name."""

FLAGSHIP = (
    *("voice_share", "psychological_safety", "efficacy", "burnt_out_share", "leaver_rate"),
    *("quality_true", "quality_reported", "harm_rate", "sustained_share", "load"),
)
"""The measures that tables show first."""

TEAM_MEASURES = (
    *("load", "overload", "headspace", "exhaustion", "safety", "seek", "noticed", "voiced", "dealt", "mismatch"),
    *("quality", "quality_measured", "quality_unmeasured", "quality_reported"),
    *("harm", "incidents", "leaver_memory"),
)
"""Columns of the team table that can be recorded weekly for each team."""
