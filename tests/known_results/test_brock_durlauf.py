"""Choice under a social norm is reproduced: two regimes, a fold and hysteresis above a critical weight.

Brock and Durlauf (2001, "Discrete choice with social interactions", Review of Economic Studies 68:235,
doi:10.1111/1467-937X.00168). The mean choice m, from −1 to 1, solves m = tanh(βh + βJ m). The share who act is
v = (1 + m)/2, the logit weight of the norm v − ½ is w = 4βJ and the appraisal is a = 2βh: the critical weight is 4.

Tolerance: 1e-5 for the solutions, 1e-4 for the fold (βh = 0.20755 at βJ = 1.5, where m = −√(1 − 1/βJ) is −0.57735 on
the way up), 0.02 for the mean of 1,000 people who choose in turn, 0.03 in βh for where they jump. An independent
simulation of the same 1,000 people, which the second column holds, gave slightly different means.
"""

import numpy as np
import pytest

from civicsim.docking.on_networks import binary_choice, mean_field_choice

SOLUTIONS = {1.2: 0.65857, 1.5: 0.85856, 2.0: 0.95750}
SIMULATED = {1.2: 0.649, 1.5: 0.866, 2.0: 0.961}
FOLD = 0.20755


def mean_choice(interaction, field=0.0, start=1.0):
    """Return m for βJ and βh."""
    return 2.0 * mean_field_choice(4.0 * interaction, 2.0 * field, start) - 1.0


@pytest.mark.parametrize(("interaction", "expected"), SOLUTIONS.items())
def test_mean_choice_solves_the_published_equation(interaction, expected):
    choice = mean_choice(interaction)
    assert choice == pytest.approx(expected, abs=1e-5)
    assert choice == pytest.approx(np.tanh(interaction * choice), abs=1e-9)
    assert mean_choice(interaction, start=0.0) == pytest.approx(-choice, abs=1e-9)


def test_a_weak_norm_leaves_one_regime():
    assert mean_choice(0.8, start=1.0) == pytest.approx(0.0, abs=1e-9)
    assert mean_choice(0.8, start=0.0) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("weight", "regimes"), [(3.9, 1), (4.1, 2)])
def test_the_critical_weight_of_the_norm_is_four(weight, regimes):
    ends = {round(mean_field_choice(weight, start=start), 3) for start in (0.0, 1.0)}
    assert len(ends) == regimes


def test_the_silent_regime_disappears_at_the_known_fold():
    low, high = 0.0, 0.5
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if mean_choice(1.5, middle, start=0.0) < 0.0 else (low, middle)
    assert low == pytest.approx(FOLD, abs=1e-4)
    assert mean_choice(1.5, low, start=0.0) == pytest.approx(-0.57735, abs=5e-3)


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("interaction", SOLUTIONS)
def test_a_thousand_people_settle_near_the_solution(interaction, together):
    _, share = binary_choice(1000, 4.0 * interaction, start=1.0, sweeps=1200, together=together, seed=1)
    choice = 2.0 * share[200:].mean() - 1.0
    assert choice == pytest.approx(SOLUTIONS[interaction], abs=0.02)
    assert choice == pytest.approx(SIMULATED[interaction], abs=0.02)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("direction", [1, -1])
def test_people_jump_at_the_fold_and_not_before(direction, seed):
    state = np.full(1000, direction < 0)
    for number, field in enumerate(np.arange(-0.4, 0.41, 0.01)):
        state, share = binary_choice(1000, 6.0, 2.0 * direction * field, state, sweeps=40, seed=100 * seed + number)
        if (share[-1] > 0.5) == (direction > 0):
            break
    assert field == pytest.approx(FOLD, abs=0.03)


def test_without_two_regimes_people_turn_where_the_field_does():
    ends = [binary_choice(1000, 3.2, 2.0 * field, sweeps=200)[1][100:].mean() for field in (-0.05, 0.05)]
    assert ends[0] < 0.5 < ends[1]
