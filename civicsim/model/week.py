"""The week: which processes happen, in which order.

Read from top to bottom, :data:`WEEK` is the process overview. Each process reads the tables as the processes before
it left them; within a process all old values are read before any is written.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from civicsim.engine.process import Process
from civicsim.errors import ScenarioError, nearest
from civicsim.model.processes import (
    coaching,
    codification,
    compact,
    deliberation,
    directives,
    drift,
    enactment,
    events,
    exhaustion,
    forum,
    governing,
    learning,
    lifecycle,
    load,
    motivation,
    noticing,
    observation,
    pairing,
    partners,
    quality,
    record,
    response,
    spread,
    survey,
    ties,
    turnover,
    voice,
)

WEEK: tuple[Process, ...] = (
    # The world and its leaders.
    events.PROCESS,
    drift.PROCESS,
    enactment.PROCESS,
    # Work, and orders from above.
    load.PROCESS,
    directives.PROCESS,
    # From noticing to an answer, and what staff learn from it.
    noticing.PROCESS,
    observation.PROCESS,
    partners.PROCESS,
    voice.PROCESS,
    response.PROCESS,
    learning.PROCESS,
    deliberation.PROCESS,
    # From an idea to a practice, and from team to team.
    lifecycle.PROCESS,
    coaching.PROCESS,
    spread.PROCESS,
    pairing.PROCESS,
    codification.PROCESS,
    # The outcome for patients and staff.
    quality.PROCESS,
    exhaustion.PROCESS,
    motivation.PROCESS,
    turnover.PROCESS,
    # Who knows whom.
    ties.PROCESS,
    # Patients, and those who steer.
    forum.PROCESS,
    compact.PROCESS,
    governing.PROCESS,
    # The staff survey and the record.
    survey.PROCESS,
    record.PROCESS,
)

PROCESSES = {process.name: process for process in WEEK}
"""The processes by name."""

PUBLISHED = "published"
"""Name of the order in which a week is declared."""
FIRST, LAST = ("events",), ("survey", "record")
"""Processes that keep their place unless an order names them.

A week begins with what is put into force in it: later in the week, an intervention would begin a week after its date.
And it ends with what is recorded, which nothing in the model reads: earlier, the page would hold two weeks at once.
Either would move dates and measurement, not the model.
"""


def describe(processes: Sequence[Process] = WEEK) -> str:
    """Return the week in words, one line per process."""
    width = max(len(process.name) for process in processes)
    return "\n".join(f"{process.name:<{width}}  {process.title}" for process in processes)


def insert(week: Sequence[Process], process: Process, after: str) -> tuple[Process, ...]:
    """Return a week with one more process, which comes right after the one named.

    Parameters
    ----------
    week : sequence of Process
        What happens in a week so far, such as :data:`WEEK`.
    process : Process
        Your own.
    after : str
        Name of a process in the week.

    Raises
    ------
    ScenarioError
        If the week has no process of that name.
    """
    names = [other.name for other in week]
    if after not in names:
        raise ScenarioError(f"insert: no process '{after}'; {nearest(after, names)}")
    place = names.index(after) + 1
    return (*week[:place], process, *week[place:])


def ordered(
    order: str | Sequence[str] | None = None, where: str = "order", week: Sequence[Process] | None = None
) -> tuple[Process, ...]:
    """Return the processes of a week in another order.

    Parameters
    ----------
    order : str or sequence of str, optional
        ``"published"`` or nothing for the order of the week; ``"shuffled:3"`` for the permutation that the number stands
        for; or the names of all processes in order, as a sequence or with commas between. Those of :data:`FIRST` and
        :data:`LAST` may be left out, and then keep their places.
    where : str
        What to name in a complaint.
    week : sequence of Process, optional
        What happens in a week; the shipped processes by default.

    Raises
    ------
    ScenarioError
        If a name is unknown, missing or given twice, or the number is none.
    """
    week = WEEK if week is None else week
    known = {process.name: process for process in week}
    if order is None or order == PUBLISHED:
        return tuple(week)
    movable = [name for name in known if name not in FIRST + LAST]
    if isinstance(order, str) and order.partition(":")[0].strip() == "shuffled":
        number = order.partition(":")[2].strip()
        if not (number.isascii() and number.isdigit() and int(number) < 2**63):
            raise ScenarioError(
                f"{where} {order}: expected shuffled:SEED with a whole number from 0, such as shuffled:3"
            )
        rng = np.random.Generator(np.random.Philox(key=int(number)))
        names = [movable[k] for k in rng.permutation(len(movable))]
    else:
        words = order.split(",") if isinstance(order, str) else order
        names = [str(word).strip() for word in words]
        for name in names:
            if name not in known:
                raise ScenarioError(f"{where}: no process '{name}'; {nearest(name, [*known, PUBLISHED, 'shuffled:1'])}")
        doubled = [name for name in known if names.count(name) > 1]
        if doubled:
            raise ScenarioError(f"{where}: {', '.join(doubled)}: named more than once")
        missing = [name for name in movable if name not in names]
        if missing:
            raise ScenarioError(f"{where}: without {', '.join(missing)}; an order names every process once")
    start, end = ([name for name in known if name in fixed and name not in names] for fixed in (FIRST, LAST))
    return tuple(known[name] for name in [*start, *names, *end])


def order_text(processes: Sequence[Process], week: Sequence[Process] = WEEK) -> str:
    """Return an order of a week as :func:`ordered` takes it: ``"published"``, or names with commas between."""
    names = [process.name for process in processes]
    return PUBLISHED if names == [process.name for process in week] else ",".join(names)
