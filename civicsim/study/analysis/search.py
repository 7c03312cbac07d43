"""Optuna's part of a search: it proposes trials, keeps a journal, and ranks the parameters.

Nothing here runs the model. Proposals follow from the trials so far and a seed alone, so that a search that was killed resumes
without a difference.

Source: Akiba, Sano, Yanase, Ohta and Koyama (2019, Proceedings of KDD, 2623) on Optuna; Bergstra, Bardenet, Bengio and Kégl
(2011, Advances in Neural Information Processing Systems 24) on tree-structured Parzen estimators; Hutter, Hoos and
Leyton-Brown (2014, Proceedings of ICML, 754) on shares of variance from a forest (fANOVA).
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from civicsim.engine.parameters import Value
from civicsim.errors import CivicsimError
from civicsim.study.design.factors import Factor

NOTHING = "(nothing)"
"""A parameter of random numbers: the importance that arises by chance."""
_NAME, _ABOUT = "civicsim", "civicsim"
_TREES = 64


def optuna() -> Any:
    """Return the package, which writes warnings only."""
    import optuna as package

    package.logging.set_verbosity(package.logging.WARNING)
    return package


def space_of(factors: Sequence[Factor]) -> dict[str, Any]:
    """Return the range of each parameter by full name, whatever its distribution."""
    kinds = optuna().distributions
    space: dict[str, Any] = {}
    for factor in factors:
        about = factor.range
        if about is None:
            space[factor.key] = kinds.CategoricalDistribution(factor.levels)
        elif about.whole:
            space[factor.key] = kinds.IntDistribution(int(about.low), int(about.high))
        else:
            space[factor.key] = kinds.FloatDistribution(about.low, about.high, log=about.distribution == "log-uniform")
    return space


class Journal:
    """The trials of a search, kept in a file to which each is added as it ends.

    The file is made where there is none; one of another description (``about``) is refused. ``space`` is that of
    :func:`space_of`.
    """

    def __init__(self, path: Path, about: Mapping[str, Any], space: Mapping[str, Any]) -> None:
        self._space, own = dict(space), json.loads(json.dumps(about))
        # A process that was killed may have left its lock; this one has the folder to itself.
        path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
        _mend(path)
        self._study = _opened(path)
        known = self._study.user_attrs.get(_ABOUT)
        if known is None:
            self._study.set_user_attr(_ABOUT, own)
        elif known != own:
            differs = next(key for key in own if known.get(key) != own[key])
            raise CivicsimError(f"{path.parent}: holds another search (its {differs} differs); choose another folder")

    @property
    def trials(self) -> list[Any]:
        """The trials, in their order."""
        return list(self._study.get_trials(deepcopy=False))

    def add(self, values: Mapping[str, Value], result: float, kind: str) -> None:
        """Add a trial; one without a number counts as failed and does not inform proposals."""
        kinds, failed = optuna().trial, bool(np.isnan(result))
        state, value = (kinds.TrialState.FAIL, None) if failed else (kinds.TrialState.COMPLETE, result)
        about: dict[str, Any] = {"params": dict(values), "distributions": self._space, "user_attrs": {"kind": kind}}
        self._study.add_trial(kinds.create_trial(state=state, value=value, **about))


def described(path: Path) -> tuple[dict[str, Any], int]:
    """Return the description of the search in a journal, and its number of trials; refuse a file without any."""
    study = _opened(path) if path.exists() else None
    if study is None or _ABOUT not in study.user_attrs:
        raise CivicsimError(f"{path.parent}: holds no search")
    return study.user_attrs[_ABOUT], len(study.get_trials(deepcopy=False))


def _mend(path: Path) -> None:
    """Cut a file after its last whole line; the rest follows from the stored runs."""
    if not path.exists():
        return
    data, whole = path.read_bytes(), 0
    for line in data.splitlines(keepends=True):
        try:
            json.loads(line)
        except ValueError:
            break
        if not line.endswith(b"\n"):
            break
        whole += len(line)
    if whole < len(data):
        os.truncate(path, whole)


def _opened(path: Path) -> Any:
    package = optuna()
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    # The usual lock is a symbolic link, of which a folder of results may hold none.
    backend = JournalFileBackend(str(path), lock_obj=JournalFileOpenLock(str(path)))
    storage = package.storages.JournalStorage(backend)
    return package.create_study(storage=storage, study_name=_NAME, direction="maximize", load_if_exists=True)


def proposals(history: Sequence[Any], space: Mapping[str, Any], n: int, seed: int) -> list[dict[str, Value]]:
    """Return the next ``n`` settings to try, in search of a larger result; each takes account of the ones before it.

    ``history`` holds trials of :attr:`Journal.trials`, ``space`` is that of :func:`space_of`, and ``seed`` the sampler's.
    """
    package = optuna()
    with warnings.catch_warnings():
        # Some releases call these options experimental.
        warnings.simplefilter("ignore", package.exceptions.ExperimentalWarning)
        sampler = package.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)
    study = package.create_study(sampler=sampler, direction="maximize")
    study.add_trials(history)
    return [dict(study.ask(dict(space)).params) for _ in range(n)]


def shares_of(trials: Sequence[Any], space: Mapping[str, Any], seed: int) -> dict[str, float]:
    """Return the share of the variance of results, over the whole space, that each parameter explains alone.

    A forest is fitted to the trials. :data:`NOTHING` is a parameter of random numbers for comparison; shares are NaN where all
    results are the same.
    """
    package = optuna()
    done = [trial for trial in trials if trial.state == package.trial.TrialState.COMPLETE]
    if len({trial.value for trial in done}) < 2:
        return dict.fromkeys((*space, NOTHING), np.nan)
    rng = np.random.default_rng(seed)
    wider = {**space, NOTHING: package.distributions.FloatDistribution(0.0, 1.0)}
    study = package.create_study(direction="maximize")
    for trial in done:
        params = {**trial.params, NOTHING: float(rng.random())}
        study.add_trial(package.trial.create_trial(value=trial.value, params=params, distributions=wider))
    found = package.importance.FanovaImportanceEvaluator(n_trees=_TREES, seed=seed).evaluate(study, params=list(wider))
    return {key: float(found[key]) for key in wider}
