"""The rules of the model as small compiled functions of numbers: no table, no scenario, no Mesa.

The weekly processes call these functions, and so do the reproductions of published models in
``tests/known_results``: what is proven there is what runs here.
"""

from __future__ import annotations

import math

import numpy as np

from civicsim.engine.compiled import compiled, written_in

COMPLEX, SIMPLE, PROPORTIONAL = 0, 1, 2
"""Codes of the forms of :func:`adoption_hazard`."""


@written_in
def clip(x, low, high):
    """Return ``x``, or the bound it has crossed."""
    return min(max(x, low), high)


@written_in
def unit(x):
    """Return ``x`` held between 0 and 1."""
    return min(max(x, 0.0), 1.0)


_LOG2_E = 1.4426950408889634
_LN_2_HIGH, _LN_2_LOW = 0.693145751953125, 1.42860682030941723212e-6
_ROUNDER = 1.5 * 2.0**52
"""Added and taken away again, it leaves a whole number."""


@written_in
def exp(x):
    """Return e^x, for x between −708 and 709; what lies beyond counts as these.

    Formula
        e^x = 2^k · e^r,  k = round(x / ln 2),  r = x − k·ln 2,  e^r = Σ rⁿ/n!  up to n = 13

    Within 2 units in the last place of the exact value, and made of additions and products alone: several are worked out
    side by side, and every processor and library comes to the same.
    """
    x = min(max(x, -708.0), 709.0)
    k = (x * _LOG2_E + _ROUNDER) - _ROUNDER
    r = (x - k * _LN_2_HIGH) - k * _LN_2_LOW
    total = 1.0 / 6227020800.0
    total = total * r + 1.0 / 479001600.0
    total = total * r + 1.0 / 39916800.0
    total = total * r + 1.0 / 3628800.0
    total = total * r + 1.0 / 362880.0
    total = total * r + 1.0 / 40320.0
    total = total * r + 1.0 / 5040.0
    total = total * r + 1.0 / 720.0
    total = total * r + 1.0 / 120.0
    total = total * r + 1.0 / 24.0
    total = total * r + 1.0 / 6.0
    total = total * r + 0.5
    total = total * r + 1.0
    total = total * r + 1.0
    return total * np.int64((np.int64(k) + 1023) << 52).view(np.float64)


@written_in
def logistic(x):
    """Return 1/(1+e^-x), without overflow at either end."""
    e = exp(-abs(x))
    return (1.0 if x >= 0.0 else e) / (1.0 + e)


@written_in
def choice_probability(appraisal, norm_weight, norm, reference):
    """Return the probability of acting when others' behaviour counts: logistic(a + w·(norm − reference)).

    Formula
        P = 1 / (1 + exp(−[a + w (v − v₀)]))

    With ``reference`` = ½, ``w`` = 4βJ and ``a`` = 2βh this is the mean-field choice of Brock and Durlauf (2001,
    "Discrete choice with social interactions", Review of Economic Studies 68:235), whose critical weight is 4.

    Parameters
    ----------
    appraisal : float
        What speaks for acting apart from the norm, in logits.
    norm_weight : float
        Weight of the descriptive norm, in logits per unit share; 0 switches it off.
    norm, reference : float
        Share of others who act, and the share at which the norm is neutral; 0-1.
    """
    return logistic(appraisal + norm_weight * (norm - reference))


@written_in
def settle(x, neighbours, anchor, susceptibility, rate):
    """Return ``x`` moved towards a mix of what neighbours hold and the own anchor.

    Formula
        x ← x + η [λ·n̄ + (1−λ)·a − x]

    With η = 1 and the start as anchor this is the model of Friedkin and Johnsen (1990, "Social influence and
    opinions", Journal of Mathematical Sociology 15:193); with λ = 1 that of DeGroot (1974, JASA 69:118).

    Parameters
    ----------
    x, neighbours, anchor : float
        Own state, weighted mean of the neighbours' states, and own anchor, in the same unit.
    susceptibility : float
        λ, weight of the neighbours against the anchor; 0-1.
    rate : float
        η, share of the distance covered in a step; 0-1.
    """
    return x + rate * (susceptibility * neighbours + (1.0 - susceptibility) * anchor - x)


@compiled
def reaches(active, degree, threshold):
    """Return whether the share ``active/degree`` of contacts reaches ``threshold``; never without contacts.

    A hair of tolerance keeps 3/10 ≥ 0.3 true in binary arithmetic.
    """
    return degree > 0.0 and active >= threshold * degree - 1e-9


@compiled
def adoption_hazard(form, active, degree, threshold, complex_rate, contagion, internal, noise):
    """Return the probability per step of taking up what ``active`` of ``degree`` contacts have.

    Formula
        complex:       c if active/degree ≥ θ, else ε (if any contact is active)
        simple:        1 − (1−β)^active, at least ε (if any contact is active)
        proportional:  q · active/degree

    The complex form is the threshold of Granovetter (1978, AJS 83:1420) and Centola and Macy (2007, AJS 113:702);
    the noise ε below the threshold is that of Eckles, Mossel, Rahimian and Sen (2018, arXiv:1810.03579), who show
    that it can reverse which networks spread best. The proportional form with an outside hazard is that of Bass
    (1969, Management Science 15:215).

    Parameters
    ----------
    form : int
        0 complex, 1 simple, 2 proportional.
    active, degree : float
        Contacts that have it and contacts in all; both may be weighted.
    threshold : float
        θ, share of contacts needed; 0-1.
    complex_rate, contagion, internal, noise : float
        c, β, q and ε: probabilities per step; 0-1.
    """
    if degree <= 0.0 or active <= 0.0:
        return 0.0
    if form == COMPLEX:
        return complex_rate if reaches(active, degree, threshold) else min(noise, complex_rate)
    if form == SIMPLE:
        return max(noise, 1.0 - (1.0 - contagion) ** active)
    return internal * active / degree


@compiled
def either(p, q):
    """Return the probability that at least one of two independent chances comes true."""
    return 1.0 - (1.0 - p) * (1.0 - q)


@compiled
def toward_code(belief, code, stride):
    """Return a practice of −1, 0 or 1 moved ``stride`` steps toward a code of −1 or 1; 0 asks for nothing.

    With ``stride`` 1 a wrong practice is first unlearned (−1 → 0 → 1), which reproduces the figures of March (1991,
    "Exploration and exploitation in organizational learning", Organization Science 2:71); 2 changes it at once.
    """
    if code == 0 or belief == code:
        return belief
    return min(max(belief + stride * code, -1), 1)


@compiled
def code_change_probability(net_majority, learning):
    """Return the probability that the code takes over what a net majority of superior units do.

    Formula
        P = 1 − (1−p₂)^k

    Parameters
    ----------
    net_majority : int
        k, superior units that hold the majority's practice minus those that hold the opposite; ≥ 0.
    learning : float
        p₂, codification of frontline learning; 0-1.

    Source: March (1991, Organization Science 2:71).
    """
    return 1.0 - (1.0 - learning) ** net_majority


@compiled
def majority_accuracy(accuracy, n, correlation):
    """Return the probability that a majority of ``n`` judgements is right when the judgements are correlated.

    Formula
        n_eff = n / (1 + (n−1)ρ),   P ≈ Φ((q−½)·√n_eff / √(q(1−q)))

    The effective number of independent signals is the design effect of Kish (1965, Survey Sampling); the normal
    form of the majority is an approximation.

    Parameters
    ----------
    accuracy : float
        q, probability that one judgement is right; 0-1, ends excluded.
    n : float
        Number of judgements; ≥ 1.
    correlation : float
        ρ, correlation between judgements; 0-1.
    """
    effective = n / (1.0 + (n - 1.0) * correlation)
    z = (accuracy - 0.5) * math.sqrt(effective) / math.sqrt(max(accuracy * (1.0 - accuracy), 1e-12))
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))


@written_in
def poisson(rate, u, most):
    """Return a Poisson count by inversion of one uniform number, cut off at ``most``."""
    probability = exp(-rate)
    cumulated = probability
    count = 0
    for k in range(1, most + 1):
        count += u > cumulated
        probability *= rate / k
        cumulated += probability
    return count
