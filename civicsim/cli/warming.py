"""The command ``warmup``: compiles the model in advance."""

from __future__ import annotations

from itertools import count

from civicsim.cli import Stopped
from civicsim.cli.commands import Warmup
from civicsim.cli.files import size_of
from civicsim.cli.output import Output
from civicsim.cli.progress import duration, shown
from civicsim.engine.compiled import NOT_KEPT
from civicsim.experiment.warming import STEPS, warm_up
from civicsim.report.words import counted


def warmup(output: Output, request: Warmup) -> None:
    """Compile what a run needs, and show where it is kept."""
    done = count(1)

    def report(step: str) -> None:
        number = next(done)
        show(number / STEPS, f"{number} of {STEPS}: {step}")

    try:
        with shown(output, "compiling", STEPS) as (show, _):
            found = warm_up(report)
    except KeyboardInterrupt:
        raise Stopped("functions compiled so far are kept") from None
    data = {"ready": found.compiled == 0, "compiled": found.compiled, "seconds": found.seconds}
    taken = duration(found.seconds)
    kept = f"Compiled code is in {found.folder} ({size_of(found.n_bytes)}), valid until civicsim or numba changes."
    output.show(
        {**data, "folder": None if NOT_KEPT else str(found.folder), "bytes": found.n_bytes},
        [
            f"Compiled {counted(found.compiled, 'function')} in {taken}."
            if found.compiled
            else f"Ready: everything is compiled already (checked in {taken}).",
            f"For this process only: {NOT_KEPT}." if NOT_KEPT else kept,
        ],
        "civicsim demo",
    )
