"""Random numbers: the published generator, one address per decision, no pattern between addresses."""

import importlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from civicsim.engine.compiled import compiled
from civicsim.engine.randomness import philox, shock, shocks_in_turn, stream_of, uniforms, uniforms_at, uniforms_in_turn
from civicsim.model.week import PROCESSES

WORD = 2**32
STREAM = stream_of("test")

# Random123, kat_vectors: philox 4x32, 10 rounds. Salmon and others (2011), https://github.com/DEShawResearch/random123
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((WORD - 1,) * 4, (WORD - 1,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def reference_philox(counter, key):
    """Philox4x32-10 in whole numbers without limit, straight from the paper."""
    x0, x1, x2, x3 = counter
    k0, k1 = key
    for _ in range(10):
        high_a, low_a = divmod(0xD2511F53 * x0, WORD)
        high_b, low_b = divmod(0xCD9E8D57 * x2, WORD)
        x0, x1, x2, x3 = high_b ^ x1 ^ k0, low_b, high_a ^ x3 ^ k1, low_a
        k0, k1 = (k0 + 0x9E3779B9) % WORD, (k1 + 0xBB67AE85) % WORD
    return x0, x1, x2, x3


def words(counter, key):
    seed = np.uint64(key[0] + key[1] * WORD)
    return tuple(int(word) for word in philox(seed, *(np.int64(c) for c in counter)))


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_philox_gives_the_published_answers(counter, key, answer):
    assert words(counter, key) == answer
    assert reference_philox(counter, key) == answer


words32 = st.integers(0, WORD - 1)


@given(st.tuples(words32, words32, words32, words32), st.tuples(words32, words32))
def test_philox_is_the_published_generator_for_any_counter_and_key(counter, key):
    assert words(counter, key) == reference_philox(counter, key)


@given(st.tuples(words32, words32, words32, words32), st.tuples(words32, words32))
def test_compiled_philox_is_its_python_source(counter, key):
    seed = np.uint64(key[0] + key[1] * WORD)
    with np.errstate(over="ignore"):  # Counting round the clock is meant.
        plain = philox.py_func(seed, *(np.uint32(c) for c in counter))
    assert tuple(int(word) for word in plain) == words(counter, key)


def test_a_negative_week_has_an_address_of_its_own():
    seed = np.uint64(5)
    weeks = [uniforms(seed, STREAM, np.int64(week), np.int64(3), np.int64(0)) for week in range(-300, 300)]
    assert len({draw[0] for draw in weeks}) == 600


@compiled
def _many(seed, stream, first_week, weeks, rows, items):
    """Return draws by week, row, item and position."""
    result = np.empty((weeks, rows, items, 4))
    for w in range(weeks):
        for r in range(rows):
            for i in range(items):
                result[w, r, i, 0], result[w, r, i, 1], result[w, r, i, 2], result[w, r, i, 3] = uniforms(
                    seed, stream, first_week + w, r, i
                )
    return result


@compiled
def _shocks(seed, stream, weeks, rows):
    result = np.empty((weeks, rows))
    for w in range(weeks):
        for r in range(rows):
            result[w, r] = shock(seed, stream, w, r)
    return result


@pytest.fixture(scope="module")
def draws():
    return _many(np.uint64(20_261), STREAM, -20, 60, 60, 6)


def test_draws_lie_strictly_between_zero_and_one(draws):
    assert draws.min() > 0.0
    assert draws.max() < 1.0


def test_the_largest_and_smallest_word_stay_inside_too():
    assert 0.0 < (0 + 0.5) * 2.0**-32
    assert (WORD - 1 + 0.5) * 2.0**-32 < 1.0


def test_draws_are_uniform(draws):
    """Chi-square over 64 classes; the seed is fixed, so this either holds or does not."""
    counts = np.histogram(draws, bins=64, range=(0, 1))[0]
    assert stats.chisquare(counts).pvalue > 0.001


@pytest.mark.parametrize("axis", [0, 1, 2, 3], ids=["weeks", "rows", "items", "positions"])
def test_draws_at_neighbouring_addresses_are_independent(draws, axis):
    """Chi-square of the joint distribution of neighbours over 8 × 8 classes."""
    a = np.take(draws, np.arange(0, draws.shape[axis] - 1, 2), axis=axis).ravel()
    b = np.take(draws, np.arange(1, draws.shape[axis], 2), axis=axis).ravel()
    counts = np.histogram2d(a, b, bins=8, range=[(0, 1), (0, 1)])[0]
    assert stats.chisquare(counts.ravel()).pvalue > 0.001
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(len(a))


def test_draws_of_neighbouring_seeds_and_streams_are_independent(draws):
    other_seed = _many(np.uint64(20_262), STREAM, -20, 60, 60, 6).ravel()
    other_stream = _many(np.uint64(20_261), stream_of("test2"), -20, 60, 60, 6).ravel()
    for other in (other_seed, other_stream):
        counts = np.histogram2d(draws.ravel(), other, bins=8, range=[(0, 1), (0, 1)])[0]
        assert stats.chisquare(counts.ravel()).pvalue > 0.001
        assert not np.array_equal(draws.ravel(), other)


def test_no_two_addresses_share_a_draw(draws):
    # 86,400 draws of 32 bits: fewer than two coincidences are expected by chance.
    assert len(np.unique(draws)) > draws.size - 8


def test_the_same_address_gives_the_same_draw_again(draws):
    np.testing.assert_array_equal(draws, _many(np.uint64(20_261), STREAM, -20, 60, 60, 6))


def test_both_halves_of_the_seed_count():
    low, high = np.uint64(1), np.uint64(1 + WORD)
    assert uniforms(low, STREAM, 0, 0, 0) != uniforms(high, STREAM, 0, 0, 0)


def test_shocks_have_mean_zero_variance_one_and_cut_tails():
    x = _shocks(np.uint64(7), STREAM, 200, 500).ravel()
    assert abs(x.mean()) < 4 / np.sqrt(len(x))
    assert x.var() == pytest.approx(1.0, abs=0.02)
    assert abs(stats.skew(x)) < 0.03
    assert np.abs(x).max() <= 2 * np.sqrt(3)


def test_a_shock_is_the_scaled_sum_of_the_four_draws_at_its_address():
    seed = np.uint64(7)
    expected = (sum(uniforms(seed, STREAM, 3, 4, 0)) - 2.0) * np.sqrt(3.0)
    assert shock(seed, STREAM, 3, 4) == pytest.approx(expected, rel=1e-14)


def test_a_stream_is_the_checksum_of_its_name_so_it_never_shifts():
    assert stream_of("123456789") == 0xCBF43926  # the published check value of CRC-32
    assert stream_of("voice") != stream_of("voices")


def test_no_two_processes_share_a_stream():
    streams = {}
    for name in PROCESSES:
        module = importlib.import_module(f"civicsim.model.processes.{name}")
        for variable, value in vars(module).items():
            if isinstance(value, np.uint32):
                streams.setdefault(int(value), set()).add(f"{name}.{variable}")
    assert len(streams) > len(PROCESSES)
    assert all(len(users) == 1 for users in streams.values()), streams


@given(st.integers(0, 2**64 - 1), st.integers(-10_000, 10_000), st.integers(0, 2**31 - 200), st.integers(0, 100))
def test_rows_in_turn_get_the_numbers_that_each_would_get_alone(seed, week, first, item):
    seed = np.uint64(seed)
    in_turn = uniforms_in_turn(seed, STREAM, week, first, 37, item)
    alone = [uniforms(seed, STREAM, week, first + i, item) for i in range(37)]
    np.testing.assert_array_equal(in_turn, np.array(alone).T)
    assert uniforms_in_turn(seed, STREAM, week, first, 0, item).shape == (4, 0)


@given(st.integers(0, 2**64 - 1), st.lists(st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1)), max_size=9))
def test_addresses_put_down_together_get_the_numbers_that_each_would_get_alone(seed, addresses):
    seed = np.uint64(seed)
    rows, items = np.array(addresses, dtype=np.int32).reshape(-1, 2).T.copy()
    alone = [uniforms(seed, STREAM, 7, int(row), int(item)) for row, item in addresses]
    np.testing.assert_array_equal(uniforms_at(seed, STREAM, 7, rows, items), np.array(alone).reshape(-1, 4).T)


@given(st.integers(0, 2**64 - 1), st.integers(-600, 600), st.integers(0, 10**6))
def test_shocks_in_turn_are_those_that_each_row_would_get_alone(seed, week, first):
    seed = np.uint64(seed)
    alone = [shock(seed, STREAM, week, row) for row in range(first, first + 21)]
    np.testing.assert_array_equal(shocks_in_turn(seed, STREAM, week, first, 21), alone)
