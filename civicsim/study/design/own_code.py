"""Code of one's own in a study: a Python file with other processes or further measures."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from civicsim.engine.process import Process
from civicsim.errors import ScenarioError
from civicsim.model.measures import MEASURES, Measure
from civicsim.model.week import ordered


def load_code(path: Path) -> ModuleType:
    """Return the module in a file, loaded once per content.

    Raises
    ------
    ScenarioError
        If there is no such file, or it cannot be executed.
    """
    try:
        source = path.read_bytes()
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read ({error.strerror})") from None
    name = f"civicsim_own_{hashlib.sha256(source).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    if path.suffix != ".py":
        raise ScenarioError(f"{path}: is not a Python file; expected a name that ends with .py")
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        # Not imported: that would prefer bytecode in __pycache__ beside the file, whatever the file says.
        exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)
    except Exception as error:
        del sys.modules[name]
        raise ScenarioError(f"{path}: cannot be loaded ({type(error).__name__}: {error})") from error
    return module


def week_of(code: Path | None, order: str, where: str) -> tuple[Process, ...]:
    """Return the processes of a week: the file's ``WEEK``, or the model's in an order."""
    own: Any = getattr(load_code(code), "WEEK", None) if code is not None else None
    if own is None:
        return ordered(order, where)
    if order != "published":
        raise ScenarioError(f"{where}: order = {order!r}: {code} has a WEEK, and thus an order, of its own")
    processes = tuple(own) if isinstance(own, Iterable) else ()
    if not processes or not all(isinstance(process, Process) for process in processes):
        raise ScenarioError(f"{code}: WEEK: expected a tuple of civicsim.Process")
    return processes


def measures_of(code: Path | None) -> dict[str, Measure]:
    """Return the model's measures, and those in the file's ``MEASURES``."""
    own: Any = getattr(load_code(code), "MEASURES", ()) if code is not None else ()
    listed = list(own.values()) if isinstance(own, Mapping) else list(own)
    if not all(isinstance(measure, Measure) for measure in listed):
        raise ScenarioError(f"{code}: MEASURES: expected a list of civicsim.Measure")
    return MEASURES | {measure.name: measure for measure in listed}
