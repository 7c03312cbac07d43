"""How a team changes a practice, and falls back from the change."""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import free
from civicsim.model import log as event
from civicsim.model.organisation import ADOPTED, ENDORSED, NO_IDEA, REPLACED, RIGHT, WAITING


@dataclass(frozen=True)
class PracticeParameters:
    """How well people judge what fits, and what changing a practice costs."""

    judgement_gain: float = free(
        0.4, "probability", 0, 0.5, "How much full skill adds to the even chance of judging rightly."
    )
    signal_correlation: float = free(
        0.2, "0–1", 0, 0.8, "Correlation between what members of a team see.", symbol="ρ_c"
    )
    switching_hours: float = free(40.0, "hours per team", 0, 200, "Hours a team needs to change a practice.")


@compiled
def judges_rightly(skill, gain):
    """Return the probability of judging rightly what fits: ½ + gain · K."""
    return 0.5 + gain * skill


@compiled
def change(at, slot, value, week, origin, convenient, count):
    """Make ``value`` the practice of a slot, which is ``at`` a place in the event log; return whether that was a change.

    The change is followed for a year, and the practice before it is remembered for that long.
    """
    slot.gamed = 0
    if slot.value == value:
        return False
    if slot.followed:
        count.replaced += 1
        count.changes[REPLACED, slot.origin] += 1.0
        event.note(at, event.REPLACEMENT, slot.origin)
    slot.previous = slot.value
    slot.previous_convenient = slot.convenient
    slot.value = value
    slot.adopted_week = week
    slot.origin = origin
    slot.convenient = convenient
    slot.followed = 1
    count.changes[ADOPTED, origin] += 1.0
    count.changes[RIGHT, origin] += value == slot.reality
    event.note(at, event.ADOPTION, origin, value=value, fits=value == slot.reality)
    return True


@compiled
def fall_back(slot):
    """Return the practice of a slot to what it was before the last change."""
    slot.value = slot.previous
    slot.followed = 0
    slot.convenient = slot.previous_convenient


@compiled
def propose(slot, value, convenient, origin, channel, severity, week):
    """Put an idea on the table, as yet without the person who raised it."""
    clear_idea(slot)
    slot.idea_state = WAITING
    slot.idea_value = value
    slot.idea_convenient = convenient
    slot.idea_origin = origin
    slot.idea_channel = channel
    slot.idea_severity = severity
    slot.idea_week = slot.raised_week = week


@compiled
def endorse(at, slot, week):
    """Take an idea up, to be tried."""
    slot.idea_state = ENDORSED
    slot.idea_week = week
    event.note(at, event.ENDORSEMENT, slot.idea_origin)


@compiled
def drop(at, slot, cause):
    """Take an idea off the table, without a change of practice."""
    event.note(at, event.DROP, cause)
    clear_idea(slot)


@compiled
def clear_idea(slot):
    """Empty the idea slot."""
    slot.idea_state = NO_IDEA
    slot.idea_raiser = -1
    slot.deliberated = 0
    slot.cycles = 0
    slot.successes = 0


@compiled
def place_of(start, chosen, n):
    """Return how many of the first ``n`` numbers in an ascending list lie before ``start``: where a round from there begins."""
    before = 0
    for k in range(n):
        before += chosen[k] < start
    return before
