"""The public names of civicsim and where they are defined: read by type checkers, and by civicsim itself to load them."""

from .engine.process import Process as Process
from .errors import CivicsimError as CivicsimError, ScenarioError as ScenarioError
from .experiment.compare import Comparison as Comparison, compare as compare
from .experiment.order import order_study as order_study
from .experiment.run import Result as Result, burn_in as burn_in, run as run
from .mesa_face.agents import Manager as Manager, Patient as Patient, StaffMember as StaffMember
from .mesa_face.model import CivicModel as CivicModel
from .model.measures import MEASURES as MEASURES, Measure as Measure
from .model.week import WEEK as WEEK, ordered as ordered
from .scenario.scenario import Scenario as Scenario, random_style as random_style
from .scenario.shipped import kinds as kinds, shocks as shocks, styles as styles
from .study.analysis.ablation import ablation as ablation, ablation_study as ablation_study
from .study.analysis.adversary import adversary as adversary
from .study.analysis.contrasts import contrasts as contrasts, tails as tails
from .study.analysis.discovery import discover as discover
from .study.analysis.multiverse import multiverse as multiverse
from .study.analysis.regret import crossings as crossings, regret as regret
from .study.analysis.sensitivity import parameters_against_seeds as parameters_against_seeds, sensitivity as sensitivity
from .study.design.study import Study as Study
from .study.run.effort import effort_of as effort_of
from .study.run.runner import run_study as run_study
from .study.store.store import Store as Store, open_store as open_store

__version__: str
