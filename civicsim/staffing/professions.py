"""Names of professions in staff tables, and the professions of the model that they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from civicsim.errors import CivicsimError, nearest
from civicsim.model.organisation import PROFESSIONS

MANAGER = "manager"
KNOWN = (*PROFESSIONS, MANAGER)
"""Professions of a staff table."""

_SYNONYMS = {
    "doctor": (
        "physician, consultant, registrar, surgeon, medic, medical, general practitioner, gp, anaesthetist, "
        "radiologist, psychiatrist, junior doctor, resident doctor, foundation doctor, specialty doctor, "
        "medical staff, dentist"
    ),
    "nurse": (
        "nursing, rn, registered nurse, staff nurse, senior nurse, charge nurse, sister, ward sister, matron, "
        "midwife, midwifery, health visitor, district nurse, nurse practitioner, clinical nurse specialist, "
        "nursing and midwifery, specialist nurse"
    ),
    "allied": (
        "ahp, allied health, allied health professional, allied profession, physiotherapist, occupational "
        "therapist, radiographer, dietitian, paramedic, podiatrist, psychologist, speech and language "
        "therapist, pharmacist, healthcare scientist, biomedical scientist, operating department "
        "practitioner, odp, therapist, social worker"
    ),
    "support": (
        "support staff, support worker, hca, hcsw, healthcare assistant, health care assistant, healthcare "
        "support worker, nursing assistant, nursing associate, therapy assistant, maternity support worker, "
        "porter, domestic, cleaner, housekeeper, estates"
    ),
    "administrative": (
        "admin, administration, administrator, clerk, clerical, admin and clerical, administrative and "
        "clerical, ward clerk, receptionist, secretary, medical secretary, it, finance"
    ),
    MANAGER: (
        "management, director, executive, chief executive, head of department, general manager, service "
        "manager, operations manager, ward manager, team manager"
    ),
}
"""Assumption: common names in English staff tables. A ward manager is a manager by this list, a ward sister a nurse; it
makes no difference for those who lead a team."""


def folded(text: str) -> str:
    """Return a name for comparison: without case, dots, hyphens and ampersands."""
    return " ".join(text.casefold().replace("&", " and ").replace(".", "").replace("-", " ").replace("/", " ").split())


_WORDS = {word: name for name, words in _SYNONYMS.items() for word in (name, *words.split(", "))}


def profession_of(text: str, own: Mapping[str, str]) -> str | None:
    """Return the profession of a text, or None for an unknown one.

    Parameters
    ----------
    text : str
        As written in the table.
    own : mapping
        Professions by folded text, as set by the user.
    """
    word = folded(text)
    for candidate in (word, word.removesuffix("s")):
        if candidate in own:
            return own[candidate]
        if candidate in _WORDS:
            return _WORDS[candidate]
    return None


def guessed(text: str) -> str | None:
    """Return the likely profession of an unknown text, for a hint."""
    hint = nearest(folded(text), _WORDS)
    if hint.startswith("did you mean"):
        return _WORDS[hint.split("'")[1]]
    found = [_WORDS[word.removesuffix("s")] for word in folded(text).split() if word.removesuffix("s") in _WORDS]
    return found[-1] if found else None


def read_own(items: Sequence[str]) -> dict[str, str]:
    """Return the professions of options such as ``--profession "Band 5 RN=nurse"``.

    Raises
    ------
    CivicsimError
        If it is not of that form, or names no profession of the model.
    """
    result = {}
    for item in items:
        text, sign, name = item.rpartition("=")
        if not sign or not text.strip():
            raise CivicsimError(
                f"--profession {item}: expected NAME=PROFESSION, for example --profession 'Band 5 RN=nurse'"
            )
        if name.strip().lower() not in KNOWN:
            raise CivicsimError(
                f"--profession {item}: '{name.strip()}' is none of {', '.join(KNOWN)}; {nearest(name, KNOWN)}"
            )
        result[folded(text)] = name.strip().lower()
    return result
