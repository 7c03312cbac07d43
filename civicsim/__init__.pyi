"""The public names of civicsim and where they are defined: read by type checkers, and by civicsim itself to load them."""

from .engine.parameters import parameter as parameter
from .engine.parameters import switch as switch
from .engine.process import Process as Process
from .errors import CivicsimError as CivicsimError
from .errors import ScenarioError as ScenarioError
from .experiment.compare import Comparison as Comparison
from .experiment.compare import compare as compare
from .experiment.order import order_study as order_study
from .experiment.run import Result as Result
from .experiment.run import burn_in as burn_in
from .experiment.run import run as run
from .mesa_face.agents import Manager as Manager
from .mesa_face.agents import Patient as Patient
from .mesa_face.agents import StaffMember as StaffMember
from .mesa_face.model import CivicModel as CivicModel
from .model.measures import MEASURES as MEASURES
from .model.measures import Measure as Measure
from .model.week import WEEK as WEEK
from .model.week import insert as insert
from .model.week import ordered as ordered
from .scenario.scenario import Scenario as Scenario
from .scenario.scenario import random_style as random_style
from .scenario.shipped import kinds as kinds
from .scenario.shipped import shocks as shocks
from .scenario.shipped import styles as styles
from .study.analysis.ablation import ablation as ablation
from .study.analysis.ablation import ablation_study as ablation_study
from .study.analysis.adversary import adversary as adversary
from .study.analysis.contrasts import contrasts as contrasts
from .study.analysis.contrasts import tails as tails
from .study.analysis.decide import decide as decide
from .study.analysis.discovery import discover as discover
from .study.analysis.multiverse import multiverse as multiverse
from .study.analysis.rank import pareto as pareto
from .study.analysis.rank import rank as rank
from .study.analysis.regret import crossings as crossings
from .study.analysis.regret import regret as regret
from .study.analysis.sensitivity import parameters_against_seeds as parameters_against_seeds
from .study.analysis.sensitivity import sensitivity as sensitivity
from .study.design.study import Study as Study
from .study.run.effort import effort_of as effort_of
from .study.run.runner import run_study as run_study
from .study.store.store import Store as Store
from .study.store.store import open_store as open_store

__version__: str
