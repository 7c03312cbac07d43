"""Every random number has an address: run seed, process, week, row and item.

Numbers come from the counter-based generator Philox4x32-10 (Salmon, Moraes, Dror and Shaw, 2011, "Parallel random
numbers: as easy as 1, 2, 3", SC11, doi:10.1145/2063384.2063405). Nothing is drawn from a shared stream, so a draw
does not depend on which other runs, rows, mechanisms or threads exist, and two styles that start from one seed
differ only where a style acts.
"""

from __future__ import annotations

import zlib

import numba
import numpy as np

from civicsim.engine.compiled import compiled

_ROUND_A = np.uint64(0xD2511F53)
_ROUND_B = np.uint64(0xCD9E8D57)
_KEY_A = np.uint32(0x9E3779B9)
_KEY_B = np.uint32(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_TO_UNIT = 2.0**-32
_IRWIN_HALL_SCALE = 3.0**0.5


def stream_of(name: str) -> np.uint32:
    """Return the number that keys the draws of a process: it depends on the name alone, so it never shifts."""
    return np.uint32(zlib.crc32(name.encode()))


@compiled
def philox(seed, c0, c1, c2, c3):
    """Return four independent 32-bit words for one 64-bit key and one 128-bit counter."""
    k0 = np.uint32(seed & _LOW)
    k1 = np.uint32(seed >> _SHIFT)
    x0, x1, x2, x3 = np.uint32(c0), np.uint32(c1), np.uint32(c2), np.uint32(c3)
    for _ in range(10):
        product_a = _ROUND_A * np.uint64(x0)
        product_b = _ROUND_B * np.uint64(x2)
        x0, x1, x2, x3 = (
            np.uint32(product_b >> _SHIFT) ^ x1 ^ k0,
            np.uint32(product_b & _LOW),
            np.uint32(product_a >> _SHIFT) ^ x3 ^ k1,
            np.uint32(product_a & _LOW),
        )
        k0 = np.uint32(k0 + _KEY_A)
        k1 = np.uint32(k1 + _KEY_B)
    return x0, x1, x2, x3


@compiled
def uniforms(seed, stream, week, row, item):
    """Return four uniform numbers in (0, 1) for the decision at this address.

    Parameters
    ----------
    seed : uint64
        Seed of the run.
    stream : uint32
        Number of the process, from :func:`stream_of`.
    week : int
        Week of the run; burn-in weeks are negative.
    row : int
        Row of the person, team or organisation within its run.
    item : int
        Which of the row's decisions of this kind.
    """
    x0, x1, x2, x3 = philox(seed, row, week, stream, item)
    return (x0 + 0.5) * _TO_UNIT, (x1 + 0.5) * _TO_UNIT, (x2 + 0.5) * _TO_UNIT, (x3 + 0.5) * _TO_UNIT


@numba.njit(inline="always")
def _four(low, high, row, week, stream, item):
    """Return :func:`uniforms` by 64-bit words of which the lower half is used; written into the loop of the caller."""
    x0, x1, x2, x3 = row, week, stream, item
    k0, k1 = low, high
    for _ in range(10):
        product_a, product_b = _ROUND_A * x0, _ROUND_B * x2
        x0, x1 = (product_b >> _SHIFT) ^ x1 ^ k0, product_b & _LOW
        x2, x3 = (product_a >> _SHIFT) ^ x3 ^ k1, product_a & _LOW
        k0, k1 = (k0 + np.uint64(_KEY_A)) & _LOW, (k1 + np.uint64(_KEY_B)) & _LOW
    a, b = (np.uint32(x0) + 0.5) * _TO_UNIT, (np.uint32(x1) + 0.5) * _TO_UNIT
    return a, b, (np.uint32(x2) + 0.5) * _TO_UNIT, (np.uint32(x3) + 0.5) * _TO_UNIT


@compiled
def uniforms_in_turn(seed, stream, week, first_row, n, item):
    """Return the uniform numbers of consecutive rows, as an array (4, n): the same as :func:`uniforms` row by row.

    Many rows at once take a quarter of the time, because the processor works on several of them side by side.
    """
    out = np.empty((4, n))
    low, high = np.uint64(seed & _LOW), np.uint64(seed >> _SHIFT)
    in_week, of_stream, of_item = np.uint64(np.uint32(week)), np.uint64(np.uint32(stream)), np.uint64(np.uint32(item))
    for i in range(n):
        row = np.uint64(np.uint32(first_row + i))
        out[0, i], out[1, i], out[2, i], out[3, i] = _four(low, high, row, in_week, of_stream, of_item)
    return out


@compiled
def uniforms_at(seed, stream, week, rows, items):
    """Return the uniform numbers at some addresses, as an array (4, n): the same as :func:`uniforms` one by one.

    A caller with many decisions therefore lists them first, and then draws for all of them.

    Parameters
    ----------
    seed, stream, week
        As in :func:`uniforms`.
    rows, items : (n,) int array
        Row and item of each address.
    """
    n = rows.shape[0]
    out = np.empty((4, n))
    low, high = np.uint64(seed & _LOW), np.uint64(seed >> _SHIFT)
    in_week, of_stream = np.uint64(np.uint32(week)), np.uint64(np.uint32(stream))
    for i in range(n):
        row, item = np.uint64(np.uint32(rows[i])), np.uint64(np.uint32(items[i]))
        out[0, i], out[1, i], out[2, i], out[3, i] = _four(low, high, row, in_week, of_stream, item)
    return out


@compiled
def bell(a, b, c, d):
    """Return a bell-shaped number from four uniforms: mean 0, variance 1 and range ±2√3."""
    return (a + b + c + d - 2.0) * _IRWIN_HALL_SCALE


@compiled
def shocks_in_turn(seed, stream, week, first_row, n):
    """Return the bell-shaped numbers of consecutive rows: the same as :func:`shock` row by row."""
    draws = uniforms_in_turn(seed, stream, week, first_row, n, 0)
    out = np.empty(n)
    for i in range(n):
        out[i] = bell(draws[0, i], draws[1, i], draws[2, i], draws[3, i])
    return out


@compiled
def shock(seed, stream, week, row):
    """Return a bell-shaped number with mean 0, variance 1 and range ±2√3: the scaled sum of four uniforms.

    The tails are cut at ±3.46, which suits a weekly fluctuation of a bounded state and costs one Philox call.
    """
    a, b, c, d = uniforms(seed, stream, week, row, 0)
    return bell(a, b, c, d)
