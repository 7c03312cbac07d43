"""Questions that the source texts raise, each as a small study that can be run at once.

A question is an entry of ``index.toml`` and a study file of its name. All studies compare in the case of ``scenario.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from civicsim import checks
from civicsim.scenario.toml import read_toml

_HERE = Path(__file__).parent
_HEAD = """\
# {question}
#
# Raised by {source}: {raised}
# Varied: {varied}.
#
# Small on purpose, so that it answers in less than a minute. For results to report: the whole trust in scenario.toml, as many
# seeds as intervals need, and {draws}.

base = "scenario.toml"
"""
_DRAWS = "the parameter sets that fit published data, by [uncertainties] posterior = {n}"


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes
    ----------
    name, title, question, expectation : str
        Its name, and what its study file says.
    source, raised : str
        The text that raises it, and what that says, in our words.
    varied : str
        What the study varies, in words.
    figure : str
        Options of ``civicsim study plot`` for the figure that answers it.
    """

    name: str
    title: str
    question: str
    expectation: str
    source: str
    raised: str
    varied: str
    figure: str

    def files(self) -> dict[str, str]:
        """Return the texts of the scenario and the study that are written for it, by the name of the file."""
        study = (_HERE / f"{self.name}.toml").read_text(encoding="utf-8")
        more = "more of " if "posterior" in study else ""
        head = _HEAD.format(**vars(self), draws=more + _DRAWS.format(n=60))
        return {"scenario.toml": (_HERE / "scenario.toml").read_text(encoding="utf-8"), "study.toml": head + study}


@cache
def questions() -> dict[str, Question]:
    """Return all questions by name, in the order of their sources."""
    found = {}
    for name, about in read_toml(_HERE / "index.toml").items():
        study = read_toml(_HERE / f"{name}.toml")
        found[name] = Question(name, *(study[key] for key in ("title", "question", "expectation")), **about)
    return found


def question(name: str) -> Question:
    """Return a question; refuse an unknown name with the nearest one."""
    checks.keys([name], questions(), "no question")
    return questions()[name]
