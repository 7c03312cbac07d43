"""What ``warmup`` does: compiles beforehand, and says where and how much."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from civicsim.cli import Stopped
from civicsim.cli.effort import size_of
from civicsim.cli.output import Output, stderr_is_terminal
from civicsim.cli.progress import duration
from civicsim.engine.compiled import NOT_KEPT
from civicsim.experiment.warming import STEPS, Warmth, warm_up


def warmup(output: Output) -> None:
    """Compile what a run needs, and say where it is kept."""
    try:
        done = _warm_up(output)
    except KeyboardInterrupt:
        raise Stopped("what was compiled so far is kept") from None
    if output.json:
        about = {"ready": done.compiled == 0, "compiled": done.compiled, "seconds": done.seconds}
        output.data({**about, "folder": None if NOT_KEPT else str(done.folder), "bytes": done.n_bytes})
        return
    if done.compiled:
        output.say(f"Compiled {done.compiled} functions in {duration(done.seconds)}.")
    else:
        output.say(f"Ready: all is compiled already (looked through in {duration(done.seconds)}).")
    if NOT_KEPT:
        output.say(f"For this process only: {NOT_KEPT}.")
        return
    output.say(
        f"Compiled code is in {done.folder} ({size_of(done.n_bytes)}). It holds until civicsim or numba changes."
    )
    output.hint("Next: civicsim demo")


def _warm_up(output: Output) -> Warmth:
    """Warm up, and show how far it is."""
    if not output.talks:
        return warm_up()
    if stderr_is_terminal():
        columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=STEPS, completed=-1)
            return warm_up(lambda step: bar.update(task, advance=1, description=step))
    shown = 0

    def line(step: str) -> None:
        nonlocal shown
        shown += 1
        print(f"civicsim: {shown} of {STEPS}: {step}", file=sys.stderr, flush=True)

    return warm_up(line)
