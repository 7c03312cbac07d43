"""The profile of a run for people to read: a row per process, in the order of the week."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from civicsim.experiment.timing import Profile


def profile_lines(profile: Profile) -> Iterator[Text]:
    """Yield the lines of a profile."""
    runs = f"{profile.n_runs} run{'s' if profile.n_runs > 1 else ''}"
    rest = profile.one_by_one - profile.calls - sum(process.nanoseconds for process in profile.processes)
    yield Text(f"Time on one thread, ns per person-week: {runs}, {profile.n_persons:,} people, {profile.weeks} weeks")
    width = max(len(process.name) for process in profile.processes)
    for process in profile.processes:
        yield Text(f"  {process.name:<{width}}  {process.nanoseconds:>8.1f}  {process.share * 100:>4.0f} %")
    yield Text()
    yield _total(profile.one_by_one, "process by process, of which")
    yield _total(profile.calls, "  calls that hand the tables over")
    yield _total(max(0.0, rest), "  counting and writing down")
    if profile.together is None:
        yield Text("  This order of the week is always lived process by process.")
    else:
        yield _total(profile.together, "in one compiled loop, as runs are lived")


def _total(nanoseconds: float, about: str) -> Text:
    return Text(f"  {nanoseconds:>8.1f}  {about}")
