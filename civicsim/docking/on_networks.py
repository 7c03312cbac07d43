"""The model's rules on any network, so that published models can be reproduced and compared with it.

Every function loops over a network and lets :mod:`civicsim.model.rules` decide, as the weekly processes do. Start
states, thresholds and anchors are the caller's: "(n,) or float" is one value per person, or one for all.
A network is

* a ``networkx`` graph: people are its nodes in their own order, and an edge may carry a ``weight``;
* a square weight matrix, NumPy or SciPy sparse: row i holds the weights that person i gives to the others;
* a whole number n: n people who all meet, at a cost of memory of order n instead of n².

In a directed graph an edge from a to b means that a pays attention to b. Random numbers are keyed by ``seed``
(≥ 0), step and person, so that the same call gives the same answer anywhere. Every function raises
:class:`CivicsimError`, with one line that names the argument, when a number is outside its range or an array
does not fit the network.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from civicsim.docking import loops
from civicsim.docking.loops import Network, contacts_of, weights_of
from civicsim.engine.randomness import stream_of
from civicsim.errors import CivicsimError, nearest
from civicsim.model import rules as kernels

FORMS = {"complex": kernels.COMPLEX, "simple": kernels.SIMPLE, "proportional": kernels.PROPORTIONAL}
"""Forms of adoption by name; see :func:`civicsim.model.rules.adoption_hazard`."""

_ADOPTION, _CHOICE, _LEARNING = map(stream_of, ("docking.adoption", "docking.choice", "docking.learning"))


class Learning(NamedTuple):
    """Knowledge over time: share of dimensions right minus share wrong, (periods + 1,), from −1 to 1."""

    code: NDArray[np.float64]
    people: NDArray[np.float64]


def influence(
    network: Network,
    start: ArrayLike,
    *,
    susceptibility: ArrayLike = 1.0,
    anchors: ArrayLike | None = None,
    rate: float = 1.0,
    steps: int = 1,
) -> NDArray[np.float64]:
    """Move people towards the weighted mean of those they heed, while an anchor holds them back.

    Formula
        x(t+1) = x(t) + η [Λ W x(t) + (I − Λ) a − x(t)],  rows of W scaled to sum to 1; all move at once

    With λ = 1 this is the model of DeGroot (1974, Journal of the American Statistical Association 69:118,
    doi:10.1080/01621459.1974.10480137); with the start as anchor that of Friedkin and Johnsen (1990, Journal
    of Mathematical Sociology 15:193, doi:10.1080/0022250X.1990.9990069).

    Parameters
    ----------
    network : Network
        Who heeds whom; a weight on the diagonal is the weight of a person's own state.
    start : (n,) or float
        States to begin with, in any unit.
    susceptibility : (n,) or float
        λ, weight of others against the anchor; 0-1.
    anchors : (n,) or float, optional
        a, in the unit of ``start``; the start itself if not given.
    rate : float
        η, share of the distance covered in a step; 0-1.
    steps : int
        Number of steps; ≥ 0.

    Returns
    -------
    (steps + 1, n) array
        States over time, the start first. Someone who heeds no one hears their own state.
    """
    _check_shares(susceptibility=susceptibility, rate=rate)
    _check_at_least(0, steps=steps)
    weights = weights_of(network)
    n = weights.shape[0]
    path = np.empty((steps + 1, n))
    path[0] = _each("start", start, n)
    anchor = path[0].copy() if anchors is None else _each("anchors", anchors, n)
    others = _each("susceptibility", susceptibility, n)
    loops.settle_all(weights.indptr, weights.indices, weights.data, path, anchor, others, float(rate))
    return path


def adoption(
    network: Network,
    seeds: Iterable[int] = (),
    *,
    form: str = "complex",
    thresholds: ArrayLike = 0.5,
    count_thresholds: bool = False,
    complex_rate: float = 1.0,
    contagion: float = 0.0,
    internal: float = 0.0,
    external: float = 0.0,
    noise: float = 0.0,
    steps: int = 10_000,
    seed: int = 0,
) -> NDArray[np.int64]:
    """Let people adopt what enough of their contacts have, or what reaches them from outside, and keep it.

    Formula
        P(adopt) = 1 − (1−p)(1−h), or p + h in the proportional form,
        with h from :func:`civicsim.model.rules.adoption_hazard` and what contacts had a step ago

    In the complex form those with a threshold of 0 need no one and have it from the start. The run ends early
    when no one can adopt any more.

    Sources: Granovetter (1978, American Journal of Sociology 83:1420, doi:10.1086/226707); Morris (2000,
    Review of Economic Studies 67:57, doi:10.1111/1467-937X.00121); Centola and Macy (2007, American Journal
    of Sociology 113:702, doi:10.1086/521848); for the noise, Eckles, Mossel, Rahimian and Sen (2024, Nature
    Human Behaviour, doi:10.1038/s41562-024-01865-0); for p + h, Bass (1969, Management Science 15:215,
    doi:10.1287/mnsc.15.5.215).

    Parameters
    ----------
    network : Network
        Who watches whom; a contact counts by weight.
    seeds : iterable of int
        Positions of those who have it at the start, in the order of the network's people.
    form : {"complex", "simple", "proportional"}
        Threshold; independent chance per contact; or chance in proportion to the share of contacts.
    thresholds : (n,) or float
        θ of the complex form, any number: share (or, with ``count_thresholds``, number) of contacts needed.
    count_thresholds : bool
        Whether thresholds are numbers of contacts instead of shares.
    complex_rate, contagion, internal, noise : float
        c, β, q and ε of the kernel, per step; 0-1.
    external : float
        p, probability per step of adopting without any contact; 0-1.
    steps : int
        Most steps; ≥ 0.

    Returns
    -------
    (n,) int array
        Step at which each person adopts: 0 for those who start with it, −1 for those who never do.
    """
    if form not in FORMS:
        raise CivicsimError(f"form: adoption has no form '{form}'; {nearest(form, FORMS)}")
    rates = {"complex_rate": complex_rate, "contagion": contagion, "internal": internal, "noise": noise}
    _check_shares(**rates, external=external)
    _check_at_least(0, steps=steps, seed=seed)
    *contacts, degree = contacts_of(network)
    n = len(degree)
    needed = _each("thresholds", thresholds, n)
    if count_thresholds:
        needed = needed / np.where(degree > 0.0, degree, 1.0)
    when = np.full(n, -1, dtype=np.int64)
    for i in seeds:
        if not 0 <= i < n:
            raise CivicsimError(f"seeds: there is no person {i}; positions run from 0 to {n - 1}")
        when[i] = 0
    chances = tuple(float(rate) for rate in (*rates.values(), external))
    loops.adopt_all(*contacts, degree, when, needed, FORMS[form], chances, steps, np.uint64(seed), _ADOPTION)
    return when


def mean_field_adoption(internal: float, external: float, steps: int) -> NDArray[np.float64]:
    """Return the share of adopters over time in an endless crowd where all meet and imitate in proportion.

    Formula
        F(t+1) = F(t) + (1 − F(t)) (p + q F(t)),  F(0) = 0

    Source: Bass (1969, Management Science 15:215, doi:10.1287/mnsc.15.5.215). ``internal`` and ``external``
    are q and p per step (0-1): rates per year divided by the steps in a year. F is an array (steps + 1,) of
    shares.
    """
    _check_shares(internal=internal, external=external)
    _check_at_least(0, steps=steps)
    share = np.zeros(steps + 1)
    loops.adopt_share(share, float(internal), float(external))
    return share


def binary_choice(
    network: Network,
    weight: ArrayLike,
    appraisal: ArrayLike = 0.0,
    start: ArrayLike = 0.0,
    *,
    sweeps: int = 100,
    together: bool = False,
    seed: int = 0,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Let people choose again and again whether to act, more readily when their contacts do.

    Formula
        P(act) = 1 / (1 + exp(−[a + w (v − ½)])),  v = share of contacts who act

    In a sweep n people are drawn at random, one after the other, and choose (Glauber dynamics). In the terms
    of Brock and Durlauf (2001, Review of Economic Studies 68:235, doi:10.1111/1467-937X.00168), w = 4βJ, a =
    2βh and their mean choice m = 2v − 1.

    Parameters
    ----------
    network : Network
        Who watches whom. Someone without contacts chooses by appraisal alone.
    weight, appraisal : (n,) or float
        w and a, in logits.
    start : (n,) or float
        Who acts at the start: 1 or 0.
    sweeps : int
        Number of sweeps; ≥ 0.
    together : bool
        Whether all choose at once, as in a week of the model, instead of in turn.

    Returns
    -------
    state : (n,) int array
        Who acts in the end: 1 or 0.
    share : (sweeps + 1,) array
        Share who act after each sweep, the start first.
    """
    _check_at_least(0, sweeps=sweeps, seed=seed)
    *contacts, degree = contacts_of(network)
    n = len(degree)
    acting = _each("start", start, n)
    if not np.isin(acting, (0.0, 1.0)).all():
        raise CivicsimError("start: everyone either acts (1) or does not (0)")
    state, share = acting.astype(np.int64), np.empty(sweeps + 1)
    logits = _each("weight", weight, n), _each("appraisal", appraisal, n)
    loops.choose_all(*contacts, degree, state, share, *logits, bool(together), np.uint64(seed), _CHOICE)
    return state, share


def mean_field_choice(weight: float, appraisal: float = 0.0, start: float = 1.0) -> float:
    """Return the share who act that brings itself about, in an endless crowd where all meet.

    Formula
        v = 1 / (1 + exp(−[a + w (v − ½)])),  the same as m = tanh(βh + βJ m)

    ``weight`` and ``appraisal`` are w = 4βJ and a = 2βh, in logits; ``start`` is the share who act at first
    (0-1), on which the answer may depend above w = 4. Source: Brock and Durlauf (2001), as for
    :func:`binary_choice`.
    """
    _check_shares(start=start)
    return float(loops.choose_share(float(weight), float(appraisal), float(start)))


def organisational_learning(
    *,
    socialisation: float,
    codification: float,
    n_people: int = 50,
    n_dimensions: int = 30,
    turnover: float = 0.0,
    turbulence: float = 0.0,
    stride: int = 1,
    actions: bool = True,
    periods: int = 2000,
    seed: int = 0,
) -> Learning:
    """Let people learn from the organisation's code while the code learns from those who do better than it.

    The rules are :func:`civicsim.model.rules.toward_code` and :func:`civicsim.model.rules.code_change_probability`.
    Each period everyone acts on their beliefs and tosses a coin where they have none; the code looks at the
    actions of those who score higher than it does, and people learn from the code as it was. The run ends
    early when nothing is left to learn; the last knowledge then holds.

    March (1991, Organization Science 2:71, doi:10.1287/orsc.2.1.71) got his figures in this way, as Rodan
    (2005, Scandinavian Journal of Management 21:407) and the re-creation by Workiewicz (2019,
    github.com/Mac13kW/March_1991_Original) made plain. Taken literally his text differs
    (``actions=False, stride=2``): the code looks at beliefs, and a wrong belief is corrected at once.

    Parameters
    ----------
    socialisation, codification : float
        p₁ and p₂, how readily people learn from the code and the code from people; 0-1.
    n_people, n_dimensions : int
        People, and dimensions of reality; ≥ 1.
    turnover, turbulence : float
        p₃ and p₄, probability per period that a person is replaced by one with random beliefs, and that a
        dimension of reality turns round; 0-1.
    stride : {1, 2}
        Steps by which a belief of −1, 0 or 1 moves towards the code.
    actions : bool
        Whether people are judged by what they do instead of by what they believe.
    periods : int
        Most periods; ≥ 0.

    Returns
    -------
    Learning
        Knowledge of the code and mean knowledge of the people over time.
    """
    rates = {"socialisation": socialisation, "codification": codification}
    rates |= {"turnover": turnover, "turbulence": turbulence}
    _check_shares(**rates)
    _check_at_least(1, n_people=n_people, n_dimensions=n_dimensions)
    _check_at_least(0, periods=periods, seed=seed)
    if stride not in (1, 2):
        raise CivicsimError(f"stride must be 1 or 2, not {stride}")
    knowledge = np.empty((2, periods + 1))
    chances = [float(rate) for rate in rates.values()]
    loops.learn_all(knowledge, n_people, n_dimensions, *chances, stride, actions, np.uint64(seed), _LEARNING)
    return Learning(*knowledge)


def _each(name: str, value: ArrayLike, n: int) -> NDArray[np.float64]:
    """Return one number per person, (n,)."""
    array = np.asarray(value, dtype=float)
    if array.shape not in ((), (n,)) or not np.isfinite(array).all():
        raise CivicsimError(f"{name} needs one finite number, or one for each of {n} people")
    return np.array(np.broadcast_to(array, n))


def _check_shares(**shares: ArrayLike) -> None:
    for name, value in shares.items():
        if not np.all((np.asarray(value) >= 0.0) & (np.asarray(value) <= 1.0)):
            raise CivicsimError(f"{name} must lie between 0 and 1, not {value!r}")


def _check_at_least(least: int, **numbers: int) -> None:
    for name, value in numbers.items():
        if value != int(value) or value < least:
            raise CivicsimError(f"{name} must be a whole number of at least {least}, not {value}")
