"""Every study and its parts: a study file as it stands, or with changes that are stated here.

Sizes follow from the budget in README.md, which :func:`minutes` works out: six hours on two cores for all, 45 minutes for any one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from civicsim.model.levers import Levers
from civicsim.model.processes.events import Event
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.toml import read_toml
from civicsim.study.analysis.ablation import ablation_study
from civicsim.study.design.study import Study
from civicsim.study.run.effort import cost_of

HERE = Path(__file__).parent
SECONDS = 0.3e-6
"""Time of one core for a person-week, with all that a run takes besides: 0.27 as measured on 3,120 runs, and a tenth more."""
CORES, MOST_MINUTES, MOST_OF_ALL = 2, 45.0, 360.0
"""Cores that the budget is for, and most minutes of one study and of all."""
DECIDING = ("fear_weight", "support_weight", "buffering", "contract_weight", "neglect_weight", "influence_weight")
AT_ZERO = {f"exhaustion.{name}": 0.0 for name in DECIDING}
"""The numbers that decide what a style does to burnout, at 0."""
WELLBEING = ("burnt_out_share", "exhaustion", "leaver_rate", "leaver_engagement_gap")
STYLES: list[str] = read_toml(HERE / "robustness/study.toml")["styles"]
"""All shipped styles, as studies list them."""
FEW = ["status-quo", "civic-culture", "command", "targets-through-fear"]
"""Styles where there is no room for all."""
SIZES = {"n_teams": 2, "team_size": 5, "n_executives": 1}
"""Organisations of the small versions."""


Values = dict[str, Any]
"""A study as its file has it."""


@dataclass(frozen=True)
class Part:
    """One store of a study.

    Attributes
    ----------
    name, words : str
        Name of its folder; what it is, for the page.
    file : str
        Study file.
    changes : mapping
        Keys of the study that differ from the file.
    changed : callable
        Changes that follow from the other keys.
    made : callable
        Makes the study that is run of the one that is declared.
    """

    name: str
    words: str
    file: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    changed: Callable[[Values], Values] = lambda values: values
    made: Callable[[Study], Study] = lambda study: study

    def study(self, small: bool = False) -> Study:
        """Return the study, or a version with tiny organisations and few runs that shows only that everything works."""
        path = HERE / self.file
        values: Values = read_toml(path) | dict(self.changes)
        values = self.changed(values)
        return self.made(Study.from_dict(shrunk(values) if small else values, path.parent, self.file))


def shrunk(values: Values) -> Values:
    """Return a study with two seeds, one or two draws, a few styles or contrasts, and organisations of ten staff."""
    factors, given, design = (values.get(key, {}) for key in ("factors", "uncertainties", "design"))
    # Sizes in their order: the first is the one that is published.
    sizes = {"n_teams": [2, 3, 4]} if "n_teams" in factors else {}
    if "posterior" in given:
        about, n = given["posterior"], 2 if values["title"] == "What styles do" else 1
        given = given | {"posterior": about | {"n": n} if isinstance(about, dict) else n}
    if isinstance(design, dict) and design:
        design = {key: value for key, value in design.items() if key != "combinations"}
        design |= {"draws": 24} if "draws" in design else {}
    small: Values = {"seeds": 2, "burn_in_weeks": 4}
    if "contrast" in values:
        small["contrast"] = values["contrast"][:6]
    else:
        few = FEW if "draws" in design else FEW[:2]
        named = [(getattr(style, "style", style), style) for style in values["styles"]]
        small["styles"] = [style for name, style in named if name in few]
        small["styles"] += ["random:3" for name, _ in named if name.startswith("random")]
    if "draws" in design:
        given = dict(list(given.items())[-8:])
    return values | small | {"factors": SIZES | factors | sizes, "uncertainties": given, "design": design}


# -- parts that are made in Python -------------------------------------------------------------------------------------


def with_hours(money: bool) -> Callable[[Values], Values]:
    """Return what gives styles as many hours as they put weight on, instead of equal hours.

    The status quo keeps its budget. A style whose weights sum to twice as many has twice the hours, so that no purpose takes hours
    from another. With ``money``, what a style spends less on hours than the one that spends most buys posts from week 0 on, so that
    all cost the same: an hour of improvement costs what an hour of care does. Assumptions, both.
    """

    def changed(values: Values) -> Values:
        plain = {style: Scenario.preset(style) for style in values["styles"]}
        wanted = {style: _weights(one.levers) * one.levers.budget_share for style, one in plain.items()}
        usual, most = _weights(Levers()), max(wanted.values())
        share = plain["status-quo"].structure.improvement_share * most / usual
        return values | {
            "styles": [
                _resourced(one, style, wanted[style] / most, usual / most, share, money) for style, one in plain.items()
            ]
        }

    return changed


def _resourced(one: Scenario, style: str, own: float, usual: float, share: float, money: bool) -> Scenario:
    """Return a style with a share ``own`` of a budget of which the habits of the status quo have ``usual``."""
    posts = 1.0 + share * (1.0 - own)
    bought = (Event(name="posts for the money", week=0, set={"events.demand_factor": 1.0 / posts}),)
    return one.replace(
        structure=dataclasses.replace(one.structure, improvement_share=share),
        habits=dataclasses.replace(one.habits, budget_share=usual),
        levers=dataclasses.replace(one.levers, budget_share=own),
        interventions=bought if money and own < 1.0 else (),
        title=style,
    )


def _weights(levers: Levers) -> float:
    return float(sum(value for name, value in vars(levers).items() if name.startswith("weight_")))


def only(wanted: Callable[[Values], bool], hold: Mapping[str, Any] | None = None) -> Callable[[Values], Values]:
    """Return what keeps some contrasts of a study, with something else held in them."""

    def changed(values: Values) -> Values:
        kept = [block for block in values["contrast"] if wanted(block)]
        return values | {"contrast": [block | {"hold": block.get("hold", {}) | (hold or {})} for block in kept]}

    return changed


# -- the studies -------------------------------------------------------------------------------------------------------


def _flagship() -> tuple[Part, ...]:
    file, of = "flagship/study.toml", {"n": 40, "of": "acute-trust"}
    kinds = {
        "ambulance-service": (of, 10),
        "mental-health-community": (of, 10),
        "general-practice-network": (of, 30),
        "district-hospital": (of | {"n": 20}, 6),
    }
    fewer = {"uncertainties": {"posterior": 40}}
    return (
        Part("equal-hours", "an acute trust, with equal hours", file),
        Part(
            "at-zero", "the same with the deciding numbers at 0", file, {"uncertainties": {"posterior": 84} | AT_ZERO}
        ),
        Part("unconstrained", "hours as styles put weight on them", file, fewer, with_hours(False)),
        Part("equal-money", "the same, and posts for what is spent less", file, fewer, with_hours(True)),
        *(
            Part(
                kind,
                f"kind of organisation: {kind}",
                file,
                {"kind": kind, "uncertainties": {"posterior": draws}, "seeds": n},
            )
            for kind, (draws, n) in kinds.items()
        ),
    )


def _robustness() -> tuple[Part, ...]:
    file = "robustness/study.toml"
    contagion: list[Values] = [{}, {"spread.noise": 0.0}, {"spread.noise": 0.01}]
    contagion += [{"spread.form": form} for form in ("simple", "proportional", "neutral")]
    ties: list[Values] = [{}, {"tie_proximity": 0.0, "tie_homophily": 0.0}, {"tie_proximity": 1.0}]
    ties += [{"ties_per_person": 0.5}, {"ties_per_person": 6.0}]
    return (
        Part("ablation", "each mechanism off, and each by itself", file, {"seeds": 20}, made=ablation_study),
        Part("forms", "each other form of a rule alone", file, {"design": "forms", "seeds": 20}),
        Part(
            "combinations",
            "all forms of rules with all others",
            file,
            {"design": {"method": "forms", "combinations": True}, "styles": FEW, "seeds": 6},
        ),
        Part(
            "contagion",
            "no noise, much noise, simple and proportional contagion, neutral copying",
            file,
            {"runs": contagion},
        ),
        Part("networks", "ties at random, within divisions only, few, many", file, {"runs": ties}),
        Part("sizes", "200, 600 and 1,800 staff", file, {"factors": {"n_teams": [40, 13, 120]}}),
        Part("random-levers", "a hundred styles with levers at random", file, {"styles": ["random:100", *STYLES]}),
    )


def _cluster(name: str) -> tuple[Part, ...]:
    file = f"hypotheses/{name}.toml"
    parts = [Part("main", "as declared", file)]
    if name in ("workload", "leaders"):
        at_zero = only(lambda block: block.get("measure") in WELLBEING)
        changes = {"uncertainties": {"posterior": 16} | AT_ZERO}
        parts.append(Part("at-zero", "wellbeing, with the deciding numbers at 0", file, changes, at_zero))
    if name == "networks":
        chance = only(lambda block: block["name"] == "H29", {"spread.noise": 0.002})
        parts.append(Part("with-chance", "H29, with a small chance of adoption without example", file, {}, chance))
    return tuple(parts)


CLUSTERS = ("voice", "directives", "workload", "networks", "leaders", "patients", "events", "details")
"""Studies of hypotheses, in the order of ``hypotheses.toml``."""
STUDIES: dict[str, tuple[Part, ...]] = {
    **{name: _cluster(name) for name in CLUSTERS},
    "flagship": _flagship(),
    "shocks": (Part("shocks", "an acute trust, with and without each shock in week 13", "shocks/study.toml"),),
    "hours-and-attitudes": (
        Part("swap", "every style's attitudes with every style's hours", "hours-and-attitudes/study.toml"),
    ),
    "losing": (Part("futures", "futures drawn evenly from declared ranges", "losing/study.toml"),),
    "robustness": _robustness(),
}


# -- the budget --------------------------------------------------------------------------------------------------------

BESIDES = {"networks": 1.8e9, "losing": 4.5e9, "robustness": 0.6e9}
"""Person-weeks of runs that are in no study file: 30 organisations under 13 styles in 17 parameter sets; three adversarial searches of
four styles; twenty orders of the week."""


def minutes(name: str) -> tuple[int, float]:
    """Return how many runs a study has, and about how many minutes it takes on the cores of the budget."""
    runs, weeks = 0, BESIDES.get(name, 0.0)
    for part in STUDIES[name]:
        study = part.study()
        points, seeds = len(study.points), study.seed_numbers
        runs += points * len(seeds)
        weeks += cost_of(study.protocol, np.arange(points), np.full(points, seeds[0])) * len(seeds)
    return runs, weeks * SECONDS / CORES / 60.0
