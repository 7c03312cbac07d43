"""An imported organisation in words: what was read, and how it was put into the form of the model."""

from __future__ import annotations

from collections.abc import Iterator

from civicsim.experiment.wording import counted
from civicsim.staffing.importing import Imported


def staff_lines(found: Imported) -> Iterator[str]:
    """Yield what was read from the staff table, and how the line was mapped."""
    staff, mapped, roster = found.staff, found.mapped, found.mapped.roster
    n_divisions = len(roster.divisions)
    named = sum(bool(name) for name in mapped.division_names)
    whence = {0: "from the line", n_divisions: "as named"}.get(named, f"{named} as named, others from the line")
    yield f"Read {len(staff.people):,} people from the columns {staff.used}."
    yield f"They stand in a line of {mapped.levels} levels. The model has five:"
    yield f"  {roster.n_staff:>6,}  posts of staff, in teams"
    yield f"  {len(roster.teams):>6,}  team managers, one for each team"
    yield f"  {n_divisions:>6,}  divisional managers, one for each division ({whence})"
    yield f"  {mapped.n_executives - 1:>6,}  executives: directly below the top, with divisions or without reports"
    yield f"  {1:>6,}  chief executive: the person at the top"
    if staff.understood:
        yield "Professions mapped to those of the model:"
        yield from (f"  {text} → {name}" for text, name in staff.understood.items())


def tie_lines(found: Imported) -> Iterator[str]:
    """Yield what was read from the table of ties, and how many were kept."""
    if found.ties is None or found.kept is None:
        yield "No table of ties: ties between teams are drawn at random, as in any other organisation."
        return
    yield f"Read {counted(len(found.ties.ties), 'tie')} from {found.ties.used}."
    yield f"Kept {len(found.kept.pairs):,} of them. They hold at week 0, after the burn-in; then people meet and lose touch."
