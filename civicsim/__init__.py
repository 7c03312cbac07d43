"""civicsim simulates civic culture in a healthcare organisation.

>>> import civicsim as cs
>>> result = cs.run(cs.Scenario.preset("status-quo").with_(fear=0.1), seeds=30)
>>> cs.compare("status-quo", "civic-culture", seeds=30).table()
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "CivicModel": "civicsim.mesa_face.model",
    "CivicsimError": "civicsim.errors",
    "Comparison": "civicsim.experiment.compare",
    "Manager": "civicsim.mesa_face.agents",
    "Measure": "civicsim.model.measures",
    "MEASURES": "civicsim.model.measures",
    "Patient": "civicsim.mesa_face.agents",
    "Process": "civicsim.engine.process",
    "Result": "civicsim.experiment.run",
    "Scenario": "civicsim.scenario.scenario",
    "ScenarioError": "civicsim.errors",
    "StaffMember": "civicsim.mesa_face.agents",
    "Store": "civicsim.study.store.store",
    "Study": "civicsim.study.design.study",
    "WEEK": "civicsim.model.week",
    "ablation": "civicsim.study.analysis.ablation",
    "ablation_study": "civicsim.study.analysis.ablation",
    "adversary": "civicsim.study.analysis.adversary",
    "burn_in": "civicsim.experiment.run",
    "compare": "civicsim.experiment.compare",
    "contrasts": "civicsim.study.analysis.contrasts",
    "crossings": "civicsim.study.analysis.regret",
    "discover": "civicsim.study.analysis.discovery",
    "effort_of": "civicsim.study.run.effort",
    "kinds": "civicsim.scenario.shipped",
    "multiverse": "civicsim.study.analysis.multiverse",
    "open_store": "civicsim.study.store.store",
    "order_study": "civicsim.experiment.order",
    "ordered": "civicsim.model.week",
    "parameters_against_seeds": "civicsim.study.analysis.sensitivity",
    "random_style": "civicsim.scenario.scenario",
    "regret": "civicsim.study.analysis.regret",
    "run": "civicsim.experiment.run",
    "run_study": "civicsim.study.run.runner",
    "sensitivity": "civicsim.study.analysis.sensitivity",
    "shocks": "civicsim.scenario.shipped",
    "styles": "civicsim.scenario.shipped",
    "tails": "civicsim.study.analysis.contrasts",
}

__all__ = [*sorted(_HOME), "__version__"]


def __getattr__(name: str) -> Any:
    # Imported on first use, so that the command line starts fast and workers never load Mesa.
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'civicsim' has no attribute '{name}'")
