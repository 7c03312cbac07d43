"""What it means for a team to change a practice, and to fall back from the change."""

from __future__ import annotations

from civicsim.compiled import compiled
from civicsim.organisation import NO_IDEA


@compiled
def change(slot, value, week, origin, convenient):
    """Make ``value`` the practice of a slot; return whether that was a change.

    The change is followed for a year, and the practice before it is remembered for that long.
    """
    slot.gamed = 0
    if slot.value == value:
        return False
    slot.previous = slot.value
    slot.value = value
    slot.adopted_week = week
    slot.origin = origin
    slot.convenient = convenient
    slot.followed = 1
    return True


@compiled
def fall_back(slot):
    """Return the practice of a slot to what it was before the last change."""
    slot.value = slot.previous
    slot.followed = 0
    slot.convenient = 0


@compiled
def clear_idea(slot):
    """Empty the idea slot."""
    slot.idea_state = NO_IDEA
    slot.idea_raiser = -1
    slot.supporters = 0
    slot.dissenters = 0
    slot.cycles = 0
    slot.successes = 0
