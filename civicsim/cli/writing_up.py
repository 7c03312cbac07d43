"""The commands ``study methods`` and ``cite``: what an article says about a study and about civicsim."""

from __future__ import annotations

import civicsim
from civicsim.cli.commands import Cite
from civicsim.cli.output import Output
from civicsim.cli.study_commands import Methods
from civicsim.cli.studying import read
from civicsim.cli.table_files import write_tables
from civicsim.cli.tables import part_lines
from civicsim.report import methods as report
from civicsim.report.parts import Part

_MOST_PARAMETERS = 20
"""Parameters that are printed; draws of a calibration set hundreds."""


def methods(output: Output, request: Methods) -> None:
    """Show the methods of a study, and write them with all tables if a file is named."""
    store = read(output, request.folder)
    text, varied, stress = report.methods_text(store), report.varied(store.study), report.stress(store)
    head = Part("Methods", [text])
    parts = [
        head,
        report.varied_part(varied, _MOST_PARAMETERS),
        *([report.stress_part(stress)] if request.stress else []),
    ]
    files = []
    if output.tables is not None:
        every = [head, report.varied_part(varied), report.stress_part(stress)]
        files = write_tables(output.tables, {"varied": varied, "stress": stress}, every, output.force)
    data = {"methods": text, "facts": report.sentences(store), "varied": varied, "stress": stress}
    wrote = [f"Wrote {', '.join(files)}."] if files else []
    lines = [*part_lines(parts), "", *report.bibtex().splitlines(), *wrote]
    output.show({**data, "bibtex": report.bibtex(), "files": files}, lines)


def cite(output: Output, request: Cite) -> None:
    """Show the citation."""
    output.show({"version": civicsim.__version__, "bibtex": report.bibtex()}, report.bibtex().splitlines())
