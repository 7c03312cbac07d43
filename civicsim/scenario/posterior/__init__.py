"""Parameter sets that fit published data, by kind of organisation: what ``civicsim calibrate`` left possible.

Each file has a column per parameter and a row per set, the least implausible first. They are spread over what could not be
ruled out; they are no sample of a probability.
"""

from __future__ import annotations

from pathlib import Path

from civicsim.errors import ScenarioError

_HERE = Path(__file__).parent


def kinds_with_draws() -> list[str]:
    """Return the kinds of organisation that have been calibrated."""
    return sorted(path.stem for path in _HERE.glob("*.csv"))


def draws_file(kind: str, where: str = "posterior") -> Path:
    """Return the file of draws of a kind of organisation.

    Raises
    ------
    ScenarioError
        If that kind has not been calibrated.
    """
    path = _HERE / f"{kind}.csv"
    if not path.is_file():
        raise ScenarioError(
            f"{where}: there are no draws for the kind '{kind}': only {', '.join(kinds_with_draws())} is calibrated; "
            'say [uncertainties] file = "draws.csv" for draws of your own'
        )
    return path
