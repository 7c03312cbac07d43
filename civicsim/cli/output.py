"""What is printed, and where: results to standard output, hints to standard error."""

from __future__ import annotations

import json
import math
import shutil
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType

WIDTH_OF_A_FILE = 100
"""Columns of tables that do not go to a terminal."""


@dataclass
class Output:
    """How one command talks.

    Attributes
    ----------
    json : bool
        Whether the result is printed as JSON, and nothing else.
    quiet : bool
        Whether progress and hints are left out.
    arguments : list of str
        What the user typed, for the record of how to repeat it.
    warnings : list of str
        What was warned of so far.
    """

    json: bool = False
    quiet: bool = False
    arguments: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def talks(self) -> bool:
        """Whether progress and hints are wanted."""
        return not (self.json or self.quiet)

    @property
    def width(self) -> int:
        """Columns that a table may take."""
        return shutil.get_terminal_size((WIDTH_OF_A_FILE, 24)).columns

    def say(self, *what: RenderableType) -> None:
        """Print results; text is taken as it is, without markup, and wraps between words."""
        # Loaded when something is said, so that help comes fast.
        from rich.console import Console
        from rich.text import Text

        console = Console(width=self.width, highlight=False, emoji=False, markup=False)
        with console.capture() as printed:
            for item in what or ("",):
                console.print(Text(item) if isinstance(item, str) else item)
        # Tables fill their columns with spaces, which only get in the way at the end of a line.
        sys.stdout.write("\n".join(line.rstrip() for line in printed.get().split("\n")))

    def data(self, values: Any) -> None:
        """Print values as JSON."""
        print(json.dumps(plain(values), indent=2, allow_nan=False))

    def note(self, text: str) -> None:
        """Say what is going on, if progress is wanted."""
        if self.talks:
            sys.stdout.flush()
            print(f"civicsim: {text}", file=sys.stderr, flush=True)

    def warn(self, text: str) -> None:
        """Say what is probably not meant, even if progress is not wanted; JSON holds it among its values."""
        self.warnings.append(text)
        if not self.json:
            sys.stdout.flush()
            print(f"civicsim: warning: {text}", file=sys.stderr, flush=True)

    def hint(self, text: str) -> None:
        """Say what else can be done, if hints are wanted."""
        if self.talks:
            from rich.console import Console
            from rich.text import Text

            sys.stdout.flush()
            Console(stderr=True, highlight=False, emoji=False, markup=False, soft_wrap=True).print(
                Text(text, style="dim")
            )


def plain(values: Any) -> Any:
    """Return values as JSON can hold them: no NaN, nothing of NumPy."""
    if isinstance(values, dict):
        return {str(key): plain(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [plain(value) for value in values]
    if hasattr(values, "item"):
        values = values.item()
    if isinstance(values, float) and not math.isfinite(values):
        return None
    if values is None or isinstance(values, bool | int | float | str):
        return values
    return str(values)


def stderr_is_terminal() -> bool:
    """Whether progress can be drawn."""
    return sys.stderr.isatty()
