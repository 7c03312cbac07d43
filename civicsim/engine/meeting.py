"""Where the threads that simulate one run wait for each other: none begins a kernel before all have ended the one before it.

Waiting is a loop in compiled code, as a week of a hundred kernels may take no more than a few milliseconds: a lock of the operating
system would take longer than the work. A thread that waits for long gives way to others.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any

import llvmlite.binding
import numpy as np
from numba.core import cgutils, types
from numba.extending import intrinsic as _intrinsic

from civicsim.engine.compiled import compiled

_MEMBERS, _ARRIVED, _ROUND, _CALLED_OFF = 0, 8, 16, 24
"""Places in a meeting, each in a line of the processor's cache of its own."""
_LOOKS = 2_000
"""Looks, some microseconds long, before a thread that waits gives way."""

_SYMBOL = "civicsim_give_way"
_system: Any = ctypes.WinDLL("kernel32") if os.name == "nt" else ctypes.CDLL(None)  # type: ignore[attr-defined]
_give_way_of_system = _system.SwitchToThread if os.name == "nt" else _system.sched_yield
llvmlite.binding.add_symbol(_SYMBOL, ctypes.cast(_give_way_of_system, ctypes.c_void_p).value)
_give_way = types.ExternalFunction(_SYMBOL, types.int32())
intrinsic: Any = _intrinsic


def _place(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    whole = context.make_array(kind)(context, builder, value=array)
    return cgutils.get_item_pointer(context, builder, kind, whole, [index])


@intrinsic
def _add(typing: Any, meeting: Any, place: Any, number: Any) -> Any:
    """Add to a place at once, whatever other threads do, and return what it held before."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        at = _place(context, builder, sig.args[0], args[0], args[1])
        return builder.atomic_rmw("add", at, args[2], "seq_cst")

    return types.int64(meeting, types.intp, types.int64), code


@intrinsic
def _look(typing: Any, meeting: Any, place: Any) -> Any:
    """Return what a place holds now, with all that other threads wrote before they wrote to it."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load_atomic(_place(context, builder, sig.args[0], args[0], args[1]), "seq_cst", 8)

    return types.int64(meeting, types.intp), code


def meeting_of(threads: int) -> np.ndarray:
    """Return a meeting of so many threads: what :func:`meet` takes."""
    meeting = np.zeros(32, dtype=np.int64)
    meeting[_MEMBERS] = threads
    return meeting


def call_off(meeting: np.ndarray) -> None:
    """Let threads that wait end with an error, because one of them will not come any more."""
    meeting[_CALLED_OFF] = 1


@compiled
def meet(meeting):
    """Wait until all threads of a meeting are here.

    Parameters
    ----------
    meeting : (32,) int64 array
        From :func:`meeting_of`.

    Raises
    ------
    RuntimeError
        If the meeting was called off.
    """
    members = meeting[_MEMBERS]
    if members == 1:
        return
    present = _look(meeting, _ROUND)
    if _add(meeting, _ARRIVED, 1) == members - 1:
        _add(meeting, _ARRIVED, -members)
        _add(meeting, _ROUND, 1)
        return
    looks = 0
    while _look(meeting, _ROUND) == present:
        looks += 1
        if looks > _LOOKS:
            _give_way()
            if _look(meeting, _CALLED_OFF):
                raise RuntimeError("another thread that simulates this run has failed")
