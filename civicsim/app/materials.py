"""Files of a lesson: slides that stand by themselves, the same as a SCORM 1.2 package, and the lesson file."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

from civicsim import __version__
from civicsim.app import templates, work
from civicsim.app.files import File
from civicsim.app.lessons import Lesson
from civicsim.app.quiz import answered
from civicsim.app.report import LINES, chart_of
from civicsim.app.statements import LETTERS
from civicsim.app.verdicts import verdict
from civicsim.app.words import STANDING
from civicsim.report.parts import render

_CONTENT = "http://www.imsproject.org/xsd/imscp_rootv1p1p2"
_ADL = "http://www.adlnet.org/xsd/adlcp_rootv1p2"
_PAGE = "index.html"


def files_of(lesson: Lesson) -> list[File]:
    """Return the files of a lesson; slides and packages compute its matched runs."""
    return [
        File(f"{lesson.name}.html", lambda: slides(lesson), "Slides (HTML)"),
        File(f"{lesson.name}-scorm.zip", lambda: package(lesson), "For a learning platform (SCORM 1.2)"),
        File(f"{lesson.name}.toml", lambda: lesson.source, "Lesson file (TOML)"),
    ]


def slides(lesson: Lesson) -> str:
    """Return the slides of a lesson as one HTML file that fetches nothing.

    The quiz can be answered in it. Opened by a learning platform, it reports answers, score and completion.
    """
    batches = [work.batch(scenario, work.MANY) for scenario in lesson.runs]
    found, labels = answered(lesson, batches), [scenario.title for scenario in lesson.runs]
    weeks = lesson.runs[0].weeks
    chart = chart_of(lesson.measures[0], labels, batches)
    return templates.render(
        "slides",
        lesson=lesson,
        chart=render("charts", charts=[chart] if chart else [], end=f"week {weeks}"),
        keys=[(label, colour, words) for label, (colour, _, words) in zip(labels, LINES, strict=False)],
        verdicts=[verdict(name, *batches) for name in lesson.matched] if len(batches) > 1 else [],
        labels=labels,
        runs=len(batches[0].seeds),
        found=found,
        right=[LETTERS[one.right] for one in found],
        letters=LETTERS,
        standing=STANDING,
        version=__version__,
    )


def package(lesson: Lesson) -> bytes:
    """Return a lesson as a SCORM 1.2 package; the same lesson gives the same bytes."""
    contents = io.BytesIO()
    with zipfile.ZipFile(contents, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in (("imsmanifest.xml", manifest(lesson)), (_PAGE, slides(lesson))):
            # Without a date of its own, an entry has the time at which it was written.
            about = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            about.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(about, text)
    return contents.getvalue()


def manifest(lesson: Lesson) -> str:
    """Return the manifest of a package: one organization of one item, which is the slides."""
    for prefix, space in (("", _CONTENT), ("adlcp", _ADL)):
        ElementTree.register_namespace(prefix, space)

    def element(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> ElementTree.Element:
        made = ElementTree.SubElement(parent, f"{{{_CONTENT}}}{tag}", attributes)
        made.text = text or None
        return made

    identifier = f"civicsim-{lesson.name}"
    root = ElementTree.Element(f"{{{_CONTENT}}}manifest", {"identifier": identifier, "version": "1.0"})
    metadata = element(root, "metadata")
    element(metadata, "schema", "ADL SCORM")
    element(metadata, "schemaversion", "1.2")
    organization = element(element(root, "organizations", default="lesson"), "organization", identifier="lesson")
    # The schema takes a title of at most 200 characters.
    element(organization, "title", lesson.title[:200])
    item = element(organization, "item", identifier="item", identifierref="slides", isvisible="true")
    element(item, "title", lesson.title[:200])
    resource = element(element(root, "resources"), "resource", identifier="slides", type="webcontent", href=_PAGE)
    resource.set(f"{{{_ADL}}}scormtype", "sco")
    element(resource, "file", href=_PAGE)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True).decode() + "\n"
