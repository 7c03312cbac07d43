"""The command line: see ``civicsim --help``.

Results go to standard output, progress and hints to standard error. A mistake in what was
asked is one line and exit code 2; any other failure is one line and exit code 1; Ctrl-C is exit code 130.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from civicsim import __version__
from civicsim.errors import CivicsimError

_COMPLETING = "_CIVICSIM_COMPLETE"
_STOPPED = 130


TEXTS = Path(__file__).with_name("texts")
"""Texts that commands print or write."""
OVERVIEW = (TEXTS / "overview.txt").read_text(encoding="utf-8").rstrip()
"""The text of ``civicsim --help``. It is written out so that nothing needs to be loaded to show it."""


class Stopped(Exception):  # noqa: N818  (it is the user's wish, not an error)
    """The user stopped the work; the message tells what was kept."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the words after ``civicsim`` name, by default those of this process; return its exit code."""
    if arguments is None:
        _prepare_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    code = _run(words, whole_process=arguments is None)
    if arguments is None and code == _STOPPED:
        # At once, whatever threads still do; and Python would end by the signal instead of with this code while it
        # loads an extension.
        sys.stderr.flush()
        os._exit(code)
    return code


def _run(words: list[str], whole_process: bool) -> int:
    try:
        code = _answer(words)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader of the output has stopped reading, as in `civicsim describe parameter | head`.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        return 0
    except (KeyboardInterrupt, Stopped) as error:
        if whole_process:
            # A second Ctrl-C would break off the line that answers the first.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        return _complain(f"stopped; {error}" if str(error) else "stopped", _STOPPED)
    except CivicsimError as error:
        return _complain(str(error), 2)
    except MemoryError:
        return _complain("out of memory; use fewer --seeds, a smaller organisation or fewer --weeks", 1)
    except Exception as error:
        if os.environ.get("CIVICSIM_DEBUG"):
            raise
        if isinstance(error, OSError) and error.filename is not None:
            return _complain(f"{error.filename}: cannot be used ({error.strerror})", 2)
        return _complain(
            f"unexpected {type(error).__name__}: {str(error) or 'no message'} (set CIVICSIM_DEBUG=1 to see where)", 1
        )


def _answer(words: list[str]) -> int:
    if _COMPLETING not in os.environ:
        # Answered without loading anything, so that it comes at once.
        if words in ([], ["--help"], ["-h"], ["help"]):
            print(OVERVIEW)
            return 0
        if words == ["--version"]:
            print(f"civicsim {__version__}")
            return 0
    for word in words:
        # Known before anything is computed: files of results name the files that they came from.
        if word.encode("utf-8", "ignore").decode() != word:
            raise CivicsimError(f"{word!a}: is not UTF-8, as names of files and folders have to be; rename it")
    from civicsim.cli.app import invoke

    return invoke(words)


def _complain(message: str, code: int) -> int:
    from civicsim.cli.output import one_line

    print(f"civicsim: {one_line(message)}", file=sys.stderr)
    return code


def _prepare_streams() -> None:
    """Print a question mark where a terminal lacks a letter, and nothing where there is no stream."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # Closed by the caller, as in `civicsim run >&-`.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
