"""What a figure of a study is drawn of."""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.experiment.wording import direction
from civicsim.study.analysis.matched import About, Matched
from civicsim.study.store.store import Store


@dataclass(frozen=True)
class View:
    """What a figure is drawn of.

    Attributes
    ----------
    store : Store
        The study.
    runs : Matched
        Its runs of the measure, of the styles to draw and the baseline.
    about : About
        The measure.
    styles, factors : tuple of str
        The styles and factors asked for; empty for all, and for the usual ones.
    """

    store: Store
    runs: Matched
    about: About
    styles: tuple[str, ...]
    factors: tuple[str, ...]

    @property
    def others(self) -> tuple[str, ...]:
        """The styles asked for but the baseline; by default all others."""
        known = self.styles or tuple(dict.fromkeys(self.runs.points["style"]))
        return tuple(style for style in known if style != self.runs.baseline) or known[:1]

    def title(self, rest: str = "") -> str:
        """Return the label of the measure, what is shown of it, and which way is better."""
        return f"{self.about.label}{rest}{direction(self.about.better)}"

    def label(self, column: str, unit: bool = False) -> str:
        """Return the declared label of a column of points, with its unit if that is no plain share."""
        about = self.runs.declared.get(column)
        if about is None:
            return {"style": "Style", "shock": "Shocks"}.get(column, column)
        return f"{about.label} ({about.unit.partition(';')[0]})" if unit and about.unit != "on/off" else about.label
