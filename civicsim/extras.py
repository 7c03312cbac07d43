"""Optional packages: which there are, what they are for, and the refusal where one is missing, before anything is computed."""

from __future__ import annotations

import importlib.util

from civicsim.errors import CivicsimError

EXTRAS = {
    "cluster": (("distributed",), "run studies on a Dask cluster (study run --dask)"),
    "calibration": (
        ("sklearn",),
        "find parameters that fit published data (calibrate), and what decides (study decide)",
    ),
    "discovery": (("sklearn",), "find conditions under which a style loses (study discover)"),
    "search": (("optuna", "sklearn"), "search for the worst case of a style (study adversary)"),
    "tables": (("polars", "xarray", "duckdb"), "read results with Polars, xarray or DuckDB (from Python)"),
    "class": (("segno",), "show the address of a class as a QR code (app --class)"),
    "excel": (("openpyxl",), "write tables as Excel workbooks (--out FILE.xlsx)"),
}
"""By extra: the modules that it brings, and what it is for."""


def missing(extra: str) -> list[str]:
    """Return the modules of an extra that are not installed."""
    return [name for name in EXTRAS[extra][0] if importlib.util.find_spec(name) is None]


def install(extra: str) -> str:
    """Return the command that installs an extra."""
    return f'pip install "civicsim[{extra}]"'


def need(extra: str, where: str) -> None:
    """Check that an extra is installed.

    Raises
    ------
    CivicsimError
        If a module of it is not.
    """
    if absent := missing(extra):
        names = " and ".join("scikit-learn" if name == "sklearn" else name for name in absent)
        raise CivicsimError(f"{where}: needs {names}: {install(extra)}")
