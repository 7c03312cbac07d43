"""How an organisation is made: its sizes, and what people bring along."""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.engine.parameters import fixed, free, parameter, share

_SIZE = "Assumption: definition of the kind of organisation."
_START = "Assumption: a starting value, forgotten in the burn-in."
_STATUS = "Assumption: the order of standing in hospitals, from doctors down; its size is set by status_spread."
_GROUPS = "Assumption: groups that differ in what they need; their weights are a definition, not an estimate."

GROUPS = ("retired", "working_age", "new_parents", "teenagers", "disadvantaged")
"""The patient groups as the parameters ``group_…`` call them."""
_MARCH_1991 = "March (1991, Organization Science 2:71) uses 30."
_TIE_OUTSIDE_SOURCE = "Assumption: none by default; over the years ties make and lose such ties by themselves."
_EXHAUSTION_MEAN_SOURCE = "Assumption: calibrated to burnout and leavers (P1, P4)."
_WILKINSON_2011 = (
    "Direction: an enhanced professionalism was hoped for (Wilkinson, Powell and Davies 2011); level is a definition."
)
_MOUNTFORD_2014 = "Direction: people were said to have more agency than they realise (Mountford and Marshall 2014, BMJ Qual Saf 23:89); none by default."
_DEMAND_PER_POST_SOURCE = "Assumption: gives a mean load a little above 1 at usual vacancies."
_WEEKS_TO_FILL_SOURCE = "Assumption: with 11-12 % leavers a year it gives vacancies of about 7 %; 7.5 % were reported for England, to be verified."
_SWEPT = "Assumption: never calibrated, always swept."
_PRACTICE_FITS_SOURCE = "Assumption: near the level at which drift and improvement balance, so that burn-in is short."
_TENURE_RATE_SOURCE = "Assumption: a little under the 0.0021-0.0023 that 11-12 % leavers a year imply, to be verified; it sets tenures at the start only."
_VACANT_SHARE_SOURCE = "Assumption: near the share at which leaving and hiring balance; forgotten in the burn-in."
_HEARD_START_SOURCE = "Assumption: a group that has raised nothing yet is neither heard nor ignored; here the two effects on activation cancel out."


@dataclass(frozen=True)
class Structure:
    """Sizes and shape of an organisation."""

    n_teams: int = fixed(40, "teams", 1, 100_000, "Teams in the organisation.", _SIZE, label="Teams")
    team_size: int = fixed(15, "posts", 1, 60, "Posts of staff in a team.", _SIZE)
    teams_per_division: int = fixed(7, "teams", 1, 100_000, "Most teams under one divisional manager.", _SIZE)
    n_executives: int = fixed(
        6, "managers", 1, 50, "Executives, including the chief executive.", _SIZE, label="Executives"
    )
    n_organisations: int = fixed(
        1, "organisations", 1, 1000, "Organisations that form one linked run.", _SIZE, label="Linked organisations"
    )
    size_spread: float = fixed(0.0, "log", 0, 1.5, "How much linked organisations differ in size, in logs.", _SIZE)
    managers_per_team: int = fixed(
        1, "managers", 1, 3, "Managers of a team; all but the first give up time for care.", _SIZE
    )
    patients_per_post: float = fixed(
        0.5, "patients per post", 0, 10, "Patients followed individually, as a sample of all.", _SIZE
    )
    n_dimensions: int = fixed(
        30, "dimensions", 1, 120, "Dimensions on which practice may differ.", _MARCH_1991, label="Dimensions"
    )
    share_doctor: float = fixed(0.13, "weight", 0, 1, "Weight of doctors among posts.", _SIZE, label="Doctors")
    share_nurse: float = fixed(0.40, "weight", 0, 1, "Weight of nurses among posts.", _SIZE, label="Nurses")
    share_allied: float = fixed(
        0.13, "weight", 0, 1, "Weight of allied health professionals among posts.", _SIZE, label="Allied professions"
    )
    share_support: float = fixed(
        0.20, "weight", 0, 1, "Weight of support staff among posts.", _SIZE, label="Support staff"
    )
    share_administrative: float = fixed(
        0.14, "weight", 0, 1, "Weight of administrative staff among posts.", _SIZE, label="Administrative staff"
    )
    ties_per_person: float = free(2.0, "ties", 0, 6, "Mean ties to people in other teams at the start.")
    tie_proximity: float = share(0.7, "Share of those ties that stay within the division.")
    tie_homophily: float = share(0.5, "Share of those ties that look for someone of the same profession.")
    tie_outside: float = parameter(
        0.0, "0–1", 0, 0.5, "Share of the first ties that lead to a linked organisation.", _TIE_OUTSIDE_SOURCE
    )
    improvement_share: float = free(
        0.02,
        "share of contracted hours",
        0.01,
        0.10,
        "Budget of improvement hours as a share of contracted hours.",
        label="Hours for improvement",
    )
    contracted_hours: float = fixed(
        37.5, "hours per week", 30, 48, "Contracted hours of a full-time post.", "NHS Agenda for Change standard week."
    )


@dataclass(frozen=True)
class Population:
    """People, teams and practices at the start, and what newcomers bring."""

    exhaustion_mean: float = share(0.555, "Mean exhaustion to which staff return at ease.", _EXHAUSTION_MEAN_SOURCE)
    exhaustion_sd: float = free(
        0.12, "0–1", 0.08, 0.25, "Spread between people of the exhaustion to which they return."
    )
    safety_mean: float = share(0.6, "Mean psychological safety that people bring along.")
    safety_sd: float = free(0.20, "0–1", 0, 0.3, "Spread between people of the safety that they bring along.")
    efficacy_mean: float = share(0.66, "Mean belief that speaking up helps, as people bring it along.")
    efficacy_sd: float = free(0.20, "0–1", 0, 0.3, "Spread between people of that belief.")
    motivation_mean: float = share(0.55, "Mean motivation that people bring along.")
    belonging_mean: float = share(0.56, "Mean belonging that people bring along.")
    trust_mean: float = share(0.55, "Mean trust that people bring along.")
    agency_mean: float = share(0.50, "Mean sense of agency that people bring along.")
    attitude_sd: float = free(0.15, "0–1", 0, 0.3, "Spread of motivation, belonging, trust and agency between people.")
    skill_mean: float = free(0.36, "0–1", 0.1, 0.9, "Mean skill in improving work.")
    skill_growth: float = free(
        0.0003,
        "per week",
        0,
        0.005,
        "Share of what is missing in skill that the first staff have learned in a week in post.",
    )
    skill_sd: float = free(0.10, "0–1", 0, 0.3, "Spread of that skill between people.")
    alignment_mean: float = free(
        0.80,
        "0–1",
        0.2,
        1,
        "Mean weight of patients' good relative to own convenience.",
        label="Alignment with patients' good",
    )
    professionalism_mean: float = parameter(
        0.50, "0–1", 0.1, 0.9, "Mean sense of duty for the whole system, beyond one's craft.", _WILKINSON_2011
    )
    professionalism_sd: float = free(0.15, "0–1", 0, 0.3, "Spread of professionalism between people.")
    agency_bias: float = parameter(
        0.0, "0–1", -0.4, 0.4, "How much more people think they can change than they can.", _MOUNTFORD_2014
    )
    alignment_sd: float = free(0.10, "0–1", 0, 0.3, "Spread of that weight between people.")
    openness_mean: float = share(0.43, "Mean openness that managers bring along.")
    openness_sd: float = free(0.17, "0–1", 0, 0.3, "Spread of openness between managers.")
    status_spread: float = free(
        1.0, "multiple", 0, 1.2, "How far professions differ in standing: multiplies the standing of each."
    )
    demand_per_post: float = parameter(
        32.0,
        "hours per week",
        28,
        36,
        "Hours of care asked for per post.",
        _DEMAND_PER_POST_SOURCE,
        label="Demand for care per post",
    )
    demand_team_sd: float = free(0.1, "share", 0, 0.2, "Spread of demand between teams.")
    demand_organisation_sd: float = free(0.045, "share", 0, 0.1, "Spread of demand between organisations.")
    place_sd: float = free(
        0.012,
        "0–1",
        0,
        0.04,
        "Spread between organisations of the exhaustion that a place adds: its patients, buildings and region.",
    )
    weeks_to_fill: float = parameter(35.0, "weeks", 10, 60, "Mean time to fill a vacancy.", _WEEKS_TO_FILL_SOURCE)
    weeks_to_fill_sd: float = free(0.15, "share", 0, 0.5, "Spread of the time to fill between organisations.")
    kappa_low: float = share(
        0.0, "Lowest agreement of local realities with the common one.", _SWEPT, label="Lowest agreement"
    )
    kappa_high: float = share(
        1.0, "Highest agreement of local realities with the common one.", _SWEPT, label="Highest agreement"
    )
    staff_visible_share: float = share(0.667, "Share of dimensions on which staff can see what does not fit.")
    patient_visible_share: float = share(0.333, "Share of dimensions on which patients can see what does not fit.")
    safety_critical_share: float = share(0.167, "Share of dimensions with one right way everywhere.")
    cross_boundary_share: float = share(0.2, "Share of dimensions that change only together with a second team.")
    code_right_share: float = share(0.80, "Share of dimensions on which protocols start right for the organisation.")
    code_silent_share: float = share(0.10, "Share of dimensions on which there is no protocol at the start.")
    practice_follows_code: float = share(0.60, "Share of practices that start as the protocols ask.")
    practice_fits: float = share(
        0.85, "Share of the other practices that fit local reality at the start.", _PRACTICE_FITS_SOURCE
    )
    status_doctor: float = fixed(1.0, "standing", -1, 1, "Standing of doctors.", _STATUS)
    status_nurse: float = fixed(0.2, "standing", -1, 1, "Standing of nurses.", _STATUS)
    status_allied: float = fixed(0.0, "standing", -1, 1, "Standing of allied professions.", _STATUS)
    status_support: float = fixed(-0.4, "standing", -1, 1, "Standing of support staff.", _STATUS)
    status_administrative: float = fixed(-0.8, "standing", -1, 1, "Standing of administrative staff.", _STATUS)
    group_retired: float = fixed(30.0, "weight", 0, 100, "Weight of the retired among patients.", _GROUPS)
    group_working_age: float = fixed(35.0, "weight", 0, 100, "Weight of people of working age among patients.", _GROUPS)
    group_new_parents: float = fixed(12.0, "weight", 0, 100, "Weight of new parents among patients.", _GROUPS)
    group_teenagers: float = fixed(8.0, "weight", 0, 100, "Weight of teenagers among patients.", _GROUPS)
    group_disadvantaged: float = fixed(
        15.0, "weight", 0, 100, "Weight of disabled or poor people among patients.", _GROUPS
    )
    tenure_rate: float = fixed(
        0.0019,
        "per week",
        0.0005,
        0.02,
        "Weekly chance of leaving behind the first staff's tenure.",
        _TENURE_RATE_SOURCE,
    )
    vacant_share: float = fixed(
        0.07, "share of posts", 0, 0.5, "Share of posts that are empty at the start.", _VACANT_SHARE_SOURCE
    )
    headspace_start: float = fixed(0.3, "0–1", 0, 1, "Usable headspace at the start.", _START)
    seek_start: float = fixed(0.6, "0–1", 0, 1, "Problem-seeking of teams at the start.", _START)
    hostility_start: float = fixed(0.3, "0–1", 0, 1, "Hostility between groups of staff at the start.", _START)
    answered_start: float = fixed(
        0.6, "0–1", 0, 1, "Share of raised items that were acted on or explained before the start.", _START
    )
    acted_start: float = fixed(0.25, "0–1", 0, 1, "Share of raised items that were acted on before the start.", _START)
    remembered_weeks: float = fixed(
        160.0, "weeks", 1, 1000, "Weeks in post over which the first staff learned how their items fared.", _START
    )
    voice_norm_start: float = fixed(
        0.42, "0–1", 0, 1, "Share of noticed problems that were voiced before the start.", _START
    )
    activation_mean: float = fixed(0.3, "0–1", 0, 1, "Mean readiness of patients to take part at the start.", _START)
    activation_sd: float = fixed(0.15, "0–1", 0, 0.3, "Spread of that readiness between patients.", _START)
    satisfaction_start: float = fixed(0.6, "0–1", 0, 1, "Satisfaction of patients at the start.", _START)
    heard_start: float = fixed(
        0.375, "0–1", 0, 1, "Share of issues that patients remember as acted on at the start.", _HEARD_START_SOURCE
    )
