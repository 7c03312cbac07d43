"""The week is compiled by several processes."""

import subprocess

from civicsim.experiment.compiling import compiler


def test_processes_that_compile_import_nothing_from_the_folder_in_which_civicsim_is_called(tmp_path):
    (tmp_path / "numpy.py").write_text("raise SystemExit(3)")
    done = subprocess.run(compiler(999, 1000), cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
