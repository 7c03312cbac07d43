"""Writes the start of the workload: what each person brings along, and what stays as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.places import scenario_of, started
from civicsim.model.cohort import Cohort
from civicsim.model.organisation import N_PROBLEMS, STAFF
from civicsim.model.processes import exhaustion, voice
from civicsim.model.simulating import advance
from civicsim.model.week import WEEK
from civicsim.scenario.scenario import Scenario

COVERED = ("noticing", "voice", "learning", "exhaustion")
"""Processes of the workload."""
SETTLING = 26
"""Weeks after which what was switched off has come to rest."""


def covered(staff: int) -> Scenario:
    """Return an organisation in which only the processes of the workload happen."""
    return scenario_of(staff).with_(**{f"{process.name}__enabled": process.name in COVERED for process in WEEK})


def at_start(staff: int, runs: int = 1) -> Cohort:
    """Return organisations at the start of the workload."""
    cohort = started(covered(staff), runs)
    advance(cohort, SETTLING)
    return cohort


def write(cohort: Cohort, file: Path) -> None:
    """Write the start of one organisation.

    Parameters
    ----------
    cohort : Cohort
        One run of one organisation.
    file : Path
        Where arrays go. Of shape (persons,): ``team`` and those of :func:`_persons`; ``ties``: (pairs, 2), persons and those they
        have ties to; and numbers by the names of :func:`_numbers`.
    """
    staff = np.flatnonzero((cohort.person["role"] == STAFF) & (cohort.person["vacant"] == 0))
    place = np.full(cohort.n_persons, -1)
    place[staff] = np.arange(len(staff))
    ties = cohort.ties[staff]
    to = np.where(ties >= 0, place[ties], -1)
    pairs = np.argwhere(to >= 0)
    np.savez(
        file,
        team=cohort.person["team"][staff],
        ties=np.column_stack([pairs[:, 0], to[tuple(pairs.T)]]),
        **_persons(cohort, staff),
        **_numbers(cohort),
    )


def _persons(cohort: Cohort, staff: np.ndarray) -> dict[str, np.ndarray]:
    """Return what each person brings along."""
    p = {name: rows[0] for name, rows in cohort.parameters.items()}
    org, usual, person = cohort.organisation[0], p["reference"], cohort.person[staff]
    team = cohort.team[person["team"]]
    open_ = cohort.manager["openness"][team["manager"]] - usual["usual_openness"]
    noticed = team["noticed_memory"]
    dealt = np.where(
        noticed > 0.0, np.minimum(1.0, team["dealt_memory"] / np.maximum(noticed, 1e-9)), usual["usual_dealt_share"]
    )
    learning, voicing = p["learning"], p["voice"]
    ground = (
        voicing["intercept"]
        - 0.5 * (voicing["safety_weight"] + voicing["efficacy_weight"] + voicing["agency_weight"])
        + 0.5 * voicing["exhaustion_weight"]
        + voicing["belonging_weight"] * (person["belonging"] - 0.5)
        + voicing["status_weight"] * person["status"]
        - voicing["fear_weight"] * (org["fear_enacted"] - usual["usual_fear"])
        - voicing["norm_weight"] * usual["usual_voice_share"]
    )
    fear = learning["fear_safety"] * (org["fear_enacted"] - usual["usual_fear"])
    return {
        **{
            name: person[name]
            for name in ("safety", "efficacy", "agency", "exhaustion", "noticed_memory", "voiced_memory")
        },
        "rate": _rates(cohort, p, person, team),
        "ground": ground,
        "efficacy_goal": np.clip(
            person["efficacy_anchor"]
            + learning["dealt_weight"] * (dealt - usual["usual_dealt_share"])
            + learning["openness_efficacy"] * open_,
            0.0,
            1.0,
        ),
        "agency_goal": person["agency_anchor"],
        "safety_goal": person["safety_anchor"]
        + learning["openness_safety"] * open_
        - fear
        - learning["norm_safety"] * usual["usual_voice_share"],
        "exhaustion_goal": person["exhaustion_anchor"] + org["place_strain"],
        "push": _pushes(p, org, person, team),
    }


def _rates(cohort: Cohort, p: dict, person: np.ndarray, team: np.ndarray) -> np.ndarray:
    """Return problems noticed per person and week: checks, and the share of them that find something to change."""
    noticing, usual = p["noticing"], p["reference"]
    checks = noticing["check_rate"] * (noticing["base_headspace"] + person["headspace"]) * team["seek"]
    checks = (
        checks * np.exp(-noticing["overload_cost"] * np.maximum(0.0, person["load"] - 1.0)) * (person["absent"] == 0)
    )
    checks = checks * np.maximum(
        0.0, 1.0 + noticing["motivation_weight"] * (person["motivation"] - usual["usual_motivation"])
    )
    practice = cohort.practice[person["team"]][:, cohort.dimension["staff_visible"][0] == 1]
    right = (0.5 + p["practice"]["judgement_gain"] * person["skill"])[:, None]
    seen = np.where(practice["value"] != practice["reality"], right, 0.0)
    seen = seen + np.where(practice["value"] != -practice["reality"], 1.0 - right, 0.0)
    return checks * seen.mean(axis=1)


def _pushes(p: dict, org: np.void, person: np.ndarray, team: np.ndarray) -> np.ndarray:
    """Return what moves exhaustion and stays as it is: load, treatment, support, slack, and influence but for agency."""
    q, usual, contracted = p["exhaustion"], p["reference"], p["structure"]["contracted_hours"]
    support = person["belonging"] - usual["usual_belonging"]
    felt = person["load"] + q["rest_weight"] * person["rest_hours"] / contracted
    strained = -team["contract"] * (
        1.0 - (1.0 - q["relief"]) / (1.0 + np.exp(-team["contract"] / exhaustion.CONTRACT_WIDTH))
    )
    asked, usually = 0.5 + 0.5 * org["invitation"], 0.5 + 0.5 * usual["usual_invitation"]
    neglect = (1.0 - team["answered_share"]) * asked - (1.0 - usual["usual_answered"]) * usually
    return (
        q["load_weight"]
        * np.maximum(0.0, felt - exhaustion.LOAD_AT_EASE)
        * np.maximum(0.0, 1.0 - q["buffering"] * support)
        + q["fear_weight"] * (org["fear_enacted"] - usual["usual_fear"])
        + q["contract_weight"] * strained
        + q["neglect_weight"] * neglect
        - q["support_weight"] * support
        - q["influence_weight"] * (0.5 * org["authority_enacted"] - usual["usual_influence"])
        - q["recovery_weight"] * np.maximum(0.0, 1.0 - felt) * (0.5 + 0.5 * person["belonging"])
    )


def _numbers(cohort: Cohort) -> dict[str, float]:
    """Return the weights and rates that are the same for all."""
    p = {name: rows[0] for name, rows in cohort.parameters.items()}
    speaking, learning, tiring = p["voice"], p["learning"], p["exhaustion"]
    return {
        "most": N_PROBLEMS,
        "safety_weight": speaking["safety_weight"],
        "efficacy_weight": speaking["efficacy_weight"] + cohort.organisation["invitation"][0],
        "agency_weight": speaking["agency_weight"],
        "exhaustion_weight": speaking["exhaustion_weight"],
        "severity_weight": speaking["severity_weight"],
        "norm_weight": speaking["norm_weight"],
        "prior_events": voice.PRIOR_EVENTS,
        "prior_share": p["reference"]["usual_voice_share"],
        "keep": 1.0 - 1.0 / voice.NORM_WEEKS,
        "experience_rate": learning["experience_rate"],
        "agency_rate": learning["agency_rate"],
        "norm_safety": learning["norm_safety"],
        "susceptibility": learning["susceptibility"],
        "safety_rate": learning["safety_rate"],
        "contagion": tiring["contagion"],
        "influence": 0.5 * tiring["influence_weight"],
        "return_rate": tiring["return_rate"],
        "noise_shared": tiring["noise_sd"] * tiring["noise_shared"] ** 0.5,
        "noise_alone": tiring["noise_sd"] * (1.0 - tiring["noise_shared"]) ** 0.5,
    }
