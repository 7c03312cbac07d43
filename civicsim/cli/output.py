"""What a command prints: results to standard output, progress and hints to standard error."""

from __future__ import annotations

import json
import math
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.padding import Padding
    from rich.text import Text

type Line = str | Text | Padding
"""What is printed: text, which wraps between words, or a table."""
WIDTH_OF_A_FILE = 100
"""Columns of tables that do not go to a terminal."""
LONGEST = 200
"""Characters of one value that a message shows."""
_LONG = re.compile(rf"'[^']{{{LONGEST},}}'|\S{{{LONGEST},}}")
_CONTROLS = dict.fromkeys(
    [code for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"]
    + [*range(0x202A, 0x202F), *range(0x2066, 0x206A)],
    "\N{REPLACEMENT CHARACTER}",
)


def clean(text: str) -> str:
    """Return a text without characters that steer a terminal: names and files of others may hold them."""
    return text.translate(_CONTROLS)


def one_line(text: str) -> str:
    """Return a message as one clean line in which long values are cut."""
    words = _LONG.sub(lambda found: f"{found[0][: LONGEST // 2]}…", " ".join(text.split()))
    return clean(words if len(words) <= 5 * LONGEST else f"{words[: 3 * LONGEST]} … {words[-LONGEST:]}")


@dataclass
class Output:
    """How one command prints: as JSON only, without progress and hints; what the user typed, and the warnings so far.

    ``tables`` is the file to which an analysis also writes its tables; ``force`` lets it overwrite files.
    """

    json: bool = False
    quiet: bool = False
    tables: str | None = None
    force: bool = False
    arguments: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def talks(self) -> bool:
        """Whether progress and hints are wanted."""
        return not (self.json or self.quiet)

    def show(self, data: Any, lines: Iterable[Line], hint: str = "") -> None:
        """Print a result: its data as JSON, or else its lines and a hint at the next command."""
        if self.json:
            print(json.dumps(plain(data), indent=2, allow_nan=False))
            return
        self.print(*lines)
        if hint:
            self.hint(f"Next: {hint}")

    def print(self, *lines: Line) -> None:
        """Print lines, which wrap between words unless they are texts with no_wrap, and tables."""
        # Loaded only here, so that help starts fast.
        from rich.console import Console
        from rich.text import Text

        console = Console(width=columns_of_terminal(), highlight=False, emoji=False, markup=False)
        with console.capture() as printed:
            for line in lines:
                shown = Text(line) if isinstance(line, str) else line
                if isinstance(shown, Text):
                    shown.plain = clean(shown.plain)
                whole = isinstance(shown, Text) and bool(shown.no_wrap)
                console.print(shown, crop=False, no_wrap=whole, overflow="ignore" if whole else None)
        sys.stdout.write("\n".join(line.rstrip() for line in printed.get().split("\n")))

    def note(self, text: str) -> None:
        """Report what is going on, if progress is wanted."""
        if self.talks:
            self._tell(text)

    def warn(self, text: str) -> None:
        """Warn, even if progress is not wanted; JSON lists warnings among its values."""
        self.warnings.append(text)
        if not self.json:
            self._tell(f"warning: {text}")

    def hint(self, text: str) -> None:
        """Suggest what to do next, if hints are wanted."""
        if self.talks:
            from rich.console import Console
            from rich.text import Text

            sys.stdout.flush()
            console = Console(stderr=True, highlight=False, emoji=False, markup=False, soft_wrap=True)
            console.print(Text(clean(text), style="dim"))

    def _tell(self, text: str) -> None:
        sys.stdout.flush()
        print(f"civicsim: {one_line(text)}", file=sys.stderr, flush=True)


def plain(values: Any) -> Any:
    """Return values as JSON can hold them: no NaN, no types of NumPy or pandas."""
    if hasattr(values, "to_dict") and hasattr(values, "columns"):
        values = values.to_dict("records")
    if isinstance(values, dict):
        return {str(key): plain(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [plain(value) for value in values]
    if hasattr(values, "item"):
        values = values.item()
    if isinstance(values, float) and not math.isfinite(values):
        return None
    return values if values is None or isinstance(values, bool | int | float | str) else str(values)


def columns_of_terminal() -> int:
    """Return how many columns a table may take."""
    return shutil.get_terminal_size((WIDTH_OF_A_FILE, 24)).columns


def stderr_is_terminal() -> bool:
    """Return whether progress can be drawn."""
    return sys.stderr.isatty()
