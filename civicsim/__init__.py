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
    "CivicModel": "civicsim.model",
    "CivicsimError": "civicsim.errors",
    "Comparison": "civicsim.study.compare",
    "Manager": "civicsim.agents",
    "Measure": "civicsim.measures",
    "MEASURES": "civicsim.measures",
    "Patient": "civicsim.agents",
    "Process": "civicsim.process",
    "Result": "civicsim.simulate",
    "Scenario": "civicsim.scenario",
    "ScenarioError": "civicsim.errors",
    "StaffMember": "civicsim.agents",
    "Store": "civicsim.study.store",
    "Study": "civicsim.study.definition",
    "WEEK": "civicsim.schedule",
    "ablation": "civicsim.study.ablation",
    "ablation_study": "civicsim.study.ablation",
    "adversary": "civicsim.study.adversary",
    "burn_in": "civicsim.simulate",
    "compare": "civicsim.study.compare",
    "contrasts": "civicsim.study.contrasts",
    "crossings": "civicsim.study.regret",
    "discover": "civicsim.study.discovery",
    "kinds": "civicsim.shipped",
    "multiverse": "civicsim.study.multiverse",
    "open_store": "civicsim.study.store",
    "order_study": "civicsim.study.order",
    "ordered": "civicsim.schedule",
    "parameters_against_seeds": "civicsim.study.sensitivity",
    "random_style": "civicsim.scenario",
    "regret": "civicsim.study.regret",
    "run": "civicsim.simulate",
    "sensitivity": "civicsim.study.sensitivity",
    "shocks": "civicsim.shipped",
    "styles": "civicsim.shipped",
    "tails": "civicsim.study.contrasts",
}

__all__ = [*sorted(_HOME), "__version__"]


def __getattr__(name: str) -> Any:
    # Imported on first use, so that the command line starts fast and workers never load Mesa.
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'civicsim' has no attribute '{name}'")
