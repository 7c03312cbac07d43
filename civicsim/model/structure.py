"""How an organisation is made: its sizes, and what people bring along."""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.engine.parameters import parameter

_FREE = "Assumption: free modelling choice, to be swept."
_SIZE = "Assumption: definition of the kind of organisation."
_START = "Assumption: a starting value, forgotten in the burn-in."
_STATUS = "Assumption: the order of standing in hospitals, from doctors down; its size is set by status_spread."
_GROUPS = "Assumption: groups that differ in what they need; their weights are a definition, not an estimate."

GROUPS = ("retired", "working_age", "new_parents", "teenagers", "disadvantaged")
"""The patient groups as the parameters ``group_…`` call them."""


@dataclass(frozen=True)
class Structure:
    """Sizes and shape of an organisation."""

    n_teams: int = parameter(40, "teams", 1, 100_000, role="fixed", help="Teams in the organisation.", source=_SIZE)
    team_size: int = parameter(15, "posts", 1, 60, role="fixed", help="Posts of staff in a team.", source=_SIZE)
    teams_per_division: int = parameter(
        7, "teams", 1, 100_000, role="fixed", help="Most teams under one divisional manager.", source=_SIZE
    )
    n_executives: int = parameter(
        6, "managers", 1, 50, role="fixed", help="Executives, the chief among them.", source=_SIZE
    )
    n_organisations: int = parameter(
        1, "organisations", 1, 1000, role="fixed", help="Organisations that form one linked run.", source=_SIZE
    )
    size_spread: float = parameter(
        0.0, "log", 0.0, 1.5, role="fixed",
        help="Spread of the sizes of linked organisations, in logs; n_teams is then their mean.", source=_SIZE,
    )  # fmt: skip
    managers_per_team: int = parameter(
        1, "managers", 1, 3, role="fixed",
        help="People who manage a team; beyond the first they are taken from its posts' time for care.", source=_SIZE,
    )  # fmt: skip
    patients_per_post: float = parameter(
        0.5, "patients per post", 0.0, 10.0, role="fixed",
        help="Patients followed individually, a sample of all.", source=_SIZE,
    )  # fmt: skip
    n_dimensions: int = parameter(
        30, "dimensions", 1, 120, role="fixed", help="Dimensions of practice, m.",
        source="March (1991, Organization Science 2:71) uses 30.",
    )  # fmt: skip
    share_doctor: float = parameter(0.13, "weight", role="fixed", help="Weight of doctors among posts.", source=_SIZE)
    share_nurse: float = parameter(0.40, "weight", role="fixed", help="Weight of nurses among posts.", source=_SIZE)
    share_allied: float = parameter(0.13, "weight", role="fixed", help="Weight of allied professions.", source=_SIZE)
    share_support: float = parameter(0.20, "weight", role="fixed", help="Weight of support staff.", source=_SIZE)
    share_administrative: float = parameter(0.14, "weight", role="fixed", help="Weight of clerks.", source=_SIZE)
    ties_per_person: float = parameter(
        2.0, "ties", 0.0, 6.0, help="Mean ties to people in other teams at the start.", source=_FREE
    )
    tie_proximity: float = parameter(
        0.7, "0-1", help="Share of those ties that stay within the division where it has other teams.", source=_FREE
    )
    tie_homophily: float = parameter(
        0.5, "0-1", help="Share of those ties that look for someone of the same profession.", source=_FREE
    )
    tie_outside: float = parameter(
        0.0, "0-1", 0.0, 0.5, help="Share of the starting ties that lead to a linked organisation, where there is one.",
        source="Assumption: none by default; over the years ties make and lose such ties by themselves.",
    )  # fmt: skip
    improvement_share: float = parameter(
        0.02, "share of contracted hours", 0.01, 0.10,
        help="Budget of improvement hours as a share of contracted hours.", source=_FREE,
    )  # fmt: skip
    contracted_hours: float = parameter(
        37.5, "hours per week", 30, 48, role="fixed", help="Contracted hours of a full-time post.",
        source="NHS Agenda for Change standard week.",
    )  # fmt: skip


@dataclass(frozen=True)
class Population:
    """What people, places and practices are like at the start, and what newcomers bring."""

    exhaustion_mean: float = parameter(
        0.49, "0-1", help="Mean of E₀, exhaustion at ease.", source="Assumption: free, moved by calibration to burnout and leavers (P1, P4)."
    )  # fmt: skip
    exhaustion_sd: float = parameter(
        0.12, "0-1", 0.08, 0.25, help="Spread of E₀ between people, which is stable.", source=_FREE
    )
    safety_mean: float = parameter(0.62, "0-1", help="Mean of S₀, safety brought along.", source=_FREE)
    safety_sd: float = parameter(0.20, "0-1", 0.0, 0.3, help="Spread of S₀ between people.", source=_FREE)
    efficacy_mean: float = parameter(0.66, "0-1", help="Mean of V₀, efficacy brought along.", source=_FREE)
    efficacy_sd: float = parameter(0.20, "0-1", 0.0, 0.3, help="Spread of V₀ between people.", source=_FREE)
    motivation_mean: float = parameter(0.55, "0-1", help="Mean of M₀, motivation brought along.", source=_FREE)
    belonging_mean: float = parameter(0.60, "0-1", help="Mean of X₀, belonging brought along.", source=_FREE)
    trust_mean: float = parameter(0.55, "0-1", help="Mean of T₀, trust brought along.", source=_FREE)
    agency_mean: float = parameter(0.50, "0-1", help="Mean of g₀, agency brought along.", source=_FREE)
    attitude_sd: float = parameter(
        0.15, "0-1", 0.0, 0.3, help="Spread of motivation, belonging, trust and agency between people.", source=_FREE
    )
    skill_mean: float = parameter(0.40, "0-1", 0.1, 0.9, help="Mean of K, skill in improving work.", source=_FREE)
    skill_sd: float = parameter(0.10, "0-1", 0.0, 0.3, help="Spread of K between people.", source=_FREE)
    alignment_mean: float = parameter(
        0.80, "0-1", 0.2, 1.0, help="Mean of a, weight on patients' good against own convenience.", source=_FREE
    )
    professionalism_mean: float = parameter(
        0.50, "0-1", 0.1, 0.9, help="Mean sense of duty for the whole system and for change, beyond the own craft.",
        source="Direction: an enhanced professionalism was hoped for (Wilkinson, Powell and Davies 2011); level is a definition.",
    )  # fmt: skip
    professionalism_sd: float = parameter(
        0.15, "0-1", 0.0, 0.3, help="Spread of professionalism between people.", source=_FREE
    )
    agency_bias: float = parameter(
        0.0, "0-1", -0.4, 0.4, help="How much more (or less) people think they can change than they can.",
        source="Direction: people were said to have more agency than they realise (Mountford and Marshall 2014, BMJ Qual Saf 23:89); none by default.",
    )  # fmt: skip
    alignment_sd: float = parameter(0.10, "0-1", 0.0, 0.3, help="Spread of a between people.", source=_FREE)
    openness_mean: float = parameter(0.50, "0-1", help="Mean openness that managers bring along.", source=_FREE)
    openness_sd: float = parameter(0.17, "0-1", 0.0, 0.3, help="Spread of openness between managers.", source=_FREE)
    status_spread: float = parameter(
        1.0, "multiple", 0.0, 1.2, help="How far professions differ in standing: multiplies status_doctor and the others; managers stand at its value.",
        source=_FREE,
    )  # fmt: skip
    demand_per_post: float = parameter(
        32.0, "hours per week", 28.0, 36.0, help="Hours of care asked for per post of the establishment.",
        source="Assumption: gives a mean load a little above 1 at usual vacancies.",
    )  # fmt: skip
    demand_team_sd: float = parameter(0.06, "share", 0.0, 0.2, help="Spread of demand between teams.", source=_FREE)
    demand_organisation_sd: float = parameter(
        0.015, "share", 0.0, 0.1, help="Spread of demand between organisations.", source=_FREE
    )
    weeks_to_fill: float = parameter(
        35.0, "weeks", 10.0, 60.0, help="Mean time to fill a vacancy.",
        source="Assumption: with 11-12 % leavers a year it gives vacancies of about 7 %; 7.5 % were reported for England, to be verified.",
    )  # fmt: skip
    weeks_to_fill_sd: float = parameter(
        0.15, "share", 0.0, 0.5, help="Spread of the time to fill between organisations.", source=_FREE
    )
    kappa_low: float = parameter(
        0.0, "0-1", help="Lowest κ: how far local realities agree with the common one.",
        source="Assumption: never calibrated, always swept.",
    )  # fmt: skip
    kappa_high: float = parameter(
        1.0, "0-1", help="Highest κ: how far local realities agree with the common one.",
        source="Assumption: never calibrated, always swept.",
    )  # fmt: skip
    staff_visible_share: float = parameter(
        0.667, "0-1", help="Share of dimensions on which staff can see what does not fit.", source=_FREE
    )
    patient_visible_share: float = parameter(
        0.333, "0-1", help="Share of dimensions on which patients can see what does not fit.", source=_FREE
    )
    safety_critical_share: float = parameter(
        0.167, "0-1", help="Share of dimensions with one right way everywhere.", source=_FREE
    )
    cross_boundary_share: float = parameter(
        0.2, "0-1", help="Share of dimensions that only change together with a second team.", source=_FREE
    )
    code_right_share: float = parameter(
        0.80, "0-1", help="Share of dimensions on which the code starts right for the organisation at large.",
        source=_FREE,
    )  # fmt: skip
    code_silent_share: float = parameter(
        0.10, "0-1", help="Share of dimensions on which the code says nothing at the start.", source=_FREE
    )
    practice_follows_code: float = parameter(
        0.60, "0-1", help="Share of practices that start as the code says.", source=_FREE
    )
    practice_fits: float = parameter(
        0.75,
        "0-1",
        help="Share of the other practices that start fitting the local reality; the rest start at random.",
        source="Assumption: near the level at which drift and improvement balance, so that burn-in is short.",
    )
    status_doctor: float = parameter(
        1.0, "standing", -1.0, 1.0, role="fixed", help="Standing of doctors.", source=_STATUS
    )
    status_nurse: float = parameter(
        0.2, "standing", -1.0, 1.0, role="fixed", help="Standing of nurses.", source=_STATUS
    )
    status_allied: float = parameter(
        0.0, "standing", -1.0, 1.0, role="fixed", help="Standing of allied professions.", source=_STATUS
    )
    status_support: float = parameter(
        -0.4, "standing", -1.0, 1.0, role="fixed", help="Standing of support staff.", source=_STATUS
    )
    status_administrative: float = parameter(
        -0.8, "standing", -1.0, 1.0, role="fixed", help="Standing of administrative staff.", source=_STATUS
    )
    group_retired: float = parameter(
        30.0, "weight", 0.0, 100.0, role="fixed", help="Weight of the retired among patients.", source=_GROUPS
    )
    group_working_age: float = parameter(
        35.0, "weight", 0.0, 100.0, role="fixed", help="Weight of people of working age among patients.", source=_GROUPS
    )
    group_new_parents: float = parameter(
        12.0, "weight", 0.0, 100.0, role="fixed", help="Weight of new parents among patients.", source=_GROUPS
    )
    group_teenagers: float = parameter(
        8.0, "weight", 0.0, 100.0, role="fixed", help="Weight of teenagers among patients.", source=_GROUPS
    )
    group_disadvantaged: float = parameter(
        15.0, "weight", 0.0, 100.0, role="fixed", help="Weight of disabled or poor people among patients.",
        source=_GROUPS,
    )  # fmt: skip
    tenure_rate: float = parameter(
        0.0022, "per week", 0.0005, 0.02, role="fixed",
        help="Weekly chance of leaving that the tenure of people in post at the start reflects.",
        source="Assumption: the weekly chance that 11-12 % leavers a year imply, to be verified.",
    )  # fmt: skip
    vacant_share: float = parameter(
        0.07, "share of posts", 0.0, 0.5, role="fixed", help="Share of posts that are empty at the start.",
        source="Assumption: near the share at which leaving and hiring balance; forgotten in the burn-in.",
    )  # fmt: skip
    headspace_start: float = parameter(0.3, "0-1", role="fixed", help="Usable headspace at the start.", source=_START)
    seek_start: float = parameter(
        0.6, "0-1", role="fixed", help="Problem-seeking of teams at the start.", source=_START
    )
    hostility_start: float = parameter(
        0.3, "0-1", role="fixed", help="Hostility between groups of staff at the start.", source=_START
    )
    answered_start: float = parameter(
        0.65, "0-1", role="fixed", help="Share of raised items that were acted on or explained before the start.",
        source=_START,
    )  # fmt: skip
    voice_norm_start: float = parameter(
        0.42, "0-1", role="fixed", help="Share of noticed problems that were voiced before the start.", source=_START
    )
    activation_mean: float = parameter(
        0.3, "0-1", role="fixed", help="Mean readiness of patients to take part at the start.", source=_START
    )
    activation_sd: float = parameter(
        0.15, "0-1", 0.0, 0.3, role="fixed", help="Spread of that readiness between patients.", source=_START
    )
    satisfaction_start: float = parameter(
        0.6, "0-1", role="fixed", help="Satisfaction of patients at the start.", source=_START
    )
    heard_start: float = parameter(
        0.375, "0-1", role="fixed", help="Share of patients' issues that groups remember as acted on at the start.",
        source="Assumption: a group that has raised nothing yet is neither heard nor ignored; here the two effects on activation cancel out.",
    )  # fmt: skip
