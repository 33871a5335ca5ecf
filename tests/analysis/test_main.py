"""The command line, in processes of its own."""

import csv
import importlib.util
import io
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.audit import MODULES
from analysis.files import write_whole
from analysis.findings import Verdict
from analysis.new_paper import new_paper
from tests.analysis.ledgers import PAPER, ROOT, findings

RUN = (
    "import sys; from tests.analysis.ledgers import stub_audit; stub_audit();"
    "from analysis.__main__ import main; sys.exit(main(sys.argv[1:]))"
)
ENVIRONMENT = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT)}


def run(*arguments, code=RUN, cwd=ROOT, **rest):
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, **rest,
    )  # fmt: skip


def refused(result, *words):
    """Exit code 2, nothing on stdout, one sentence on stderr."""
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    for word in words:
        assert str(word) in result.stderr
    return True


def test_the_table_is_plain_when_piped():
    result = run("audit", PAPER)
    assert (result.returncode, result.stderr) == (0, "")
    assert "\x1b" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert f"{len(findings())} findings" in result.stdout


def test_json_csv_and_markdown():
    document = json.loads(run("audit", PAPER, "--format", "json").stdout)
    assert next(f["id"] for f in document["findings"])
    assert len(document["findings"]) >= len(findings())
    text = run("audit", PAPER, "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {r["id"] for r in rows} == {f["id"] for f in document["findings"]}
    assert run("audit", PAPER, "--format", "markdown").stdout.startswith("| Part |")


def test_csv_keeps_its_line_ends():
    result = subprocess.run(
        [sys.executable, "-c", RUN, "audit", str(PAPER), "--format", "csv"],
        cwd=ROOT, env=ENVIRONMENT, capture_output=True,
    )  # fmt: skip
    assert result.stdout.endswith(b"\r\n")
    assert b"\r\r\n" not in result.stdout


def test_only_some_parts():
    document = json.loads(
        run("audit", PAPER, "--format", "json", "--only", "table1", "table4").stdout
    )
    assert {f["table"] for f in document["findings"]} == {"table1", "table4"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--fail-on", "impossible"), 1),
        (("--fail-on", "depends"), 1),
        (("--fail-on", "depends", "impossible", "--only", "table2"), 0),
        (("--fail-on", "impossible", "--only", "table3"), 0),
        (("--fail-on", "depends", "--only", "table3"), 1),
        ((), 0),
    ],
)
def test_exit_codes(arguments, code):
    assert run("audit", PAPER, *arguments).returncode == code


def test_help_tells_a_newcomer_all():
    result = run("audit", "--help")
    assert result.returncode == 0
    for verdict in Verdict:
        assert verdict in result.stdout
        assert verdict.meaning in result.stdout
    for words in ("examples:", "exit codes:", "--only", "--fail-on", "--out", "--format"):
        assert words in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100
    module = subprocess.run(
        [sys.executable, "-m", "analysis", "--help"],
        cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True,
    )  # fmt: skip
    assert module.returncode == 0
    assert "audit" in module.stdout


def test_the_terminal_does_without_figures():
    heavy = ("matplotlib", "pandas", "seaborn", "jinja2")
    told = f"print([m for m in {heavy} if m in sys.modules], file=sys.stderr)"
    code = RUN.replace("sys.exit(main(sys.argv[1:]))", f"main(sys.argv[1:]); {told}")
    assert run("audit", PAPER, code=code).stderr == "[]\n"


def test_the_real_audit_of_the_real_paper():
    if any(importlib.util.find_spec(f"analysis.checks.{name}") is None for name in MODULES):
        pytest.skip("not all checks are here")
    result = run("audit", PAPER, "--format", "json", code=RUN.replace("stub_audit();", "", 1))
    assert (result.returncode, result.stderr) == (0, "")
    assert len(json.loads(result.stdout)["findings"]) > 200


class TestPageAndReferences:
    def test_the_page_and_the_references_are_written_and_one_line_each_says_so(self, tmp_path):
        page, bib = tmp_path / "report.html", tmp_path / "methods.bib"
        result = run("audit", PAPER, "--html", page, "--bib", bib)
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout.splitlines() == [
            f"{page}: {len(findings())} findings", f"{bib}: 1 reference",
        ]  # fmt: skip
        assert page.read_text("utf-8").startswith("<!doctype html>")
        assert bib.read_text("utf-8").startswith("@article{yu2023,")
        again = tmp_path / "again.html"
        run("audit", PAPER, "--html", again)
        assert again.read_bytes() == page.read_bytes()

    def test_the_table_comes_too_where_it_is_asked_for(self, tmp_path):
        page = tmp_path / "report.html"
        result = run("audit", PAPER, "--html", page, "--format", "csv", "--only", "table1")
        assert result.stdout.count("table1,") == sum(f.table == "table1" for f in findings())
        assert 'id="part-table1"' in page.read_text("utf-8")
        assert 'id="part-table2"' not in page.read_text("utf-8")

    def test_a_page_can_still_fail_the_run(self, tmp_path):
        options = ("--html", tmp_path / "x.html", "--fail-on", "impossible")
        assert run("audit", PAPER, *options).returncode == 1

    def test_two_outputs_in_one_file_are_refused(self, tmp_path):
        file = tmp_path / "x"
        refused(run("audit", PAPER, "--html", file, "--bib", file), "a file of its own")
        assert list(tmp_path.iterdir()) == []

    def test_a_page_into_no_folder_is_refused(self, tmp_path):
        refused(run("audit", PAPER, "--html", tmp_path / "no" / "x.html"), "cannot be written")


class TestBadInput:
    def test_a_file_that_does_not_exist(self, tmp_path):
        refused(run("audit", tmp_path / "none.yaml"), "none.yaml", "no such file")

    def test_a_folder(self, tmp_path):
        refused(run("audit", tmp_path), tmp_path, "folder")

    def test_a_record_with_a_wrong_cell_names_its_line(self, tmp_path):
        text = PAPER.read_text("utf-8")
        line = next(i for i, s in enumerate(text.splitlines(), 1) if '"0.795"' in s)
        file = tmp_path / "paper.yaml"
        file.write_text(text.replace('"0.795"', '"0,795"', 1), "utf-8")
        refused(run("audit", file), f"{file}:{line}: ")

    def test_an_unknown_part(self):
        refused(run("audit", PAPER, "--only", "table9"), "table9", "table1", "table4", "abstract")

    def test_an_unknown_format(self):
        refused(run("audit", PAPER, "--format", "xml"), "xml", "csv")

    def test_an_unknown_verdict(self):
        refused(run("audit", PAPER, "--fail-on", "strange"), "strange", "impossible")

    def test_no_file_and_no_command(self):
        refused(run("audit"), "FILE", "--help")
        refused(run(), "COMMAND", "--help")
        refused(run("aduit", PAPER), "aduit")

    def test_out_into_a_folder_that_does_not_exist(self, tmp_path):
        refused(
            run("audit", PAPER, "--out", tmp_path / "no" / "x.csv"), "x.csv", "cannot be written"
        )
        assert list(tmp_path.iterdir()) == []

    def test_out_onto_a_folder(self, tmp_path):
        refused(run("audit", PAPER, "--out", tmp_path), tmp_path, "cannot be written")
        assert list(tmp_path.iterdir()) == []

    def test_out_below_a_file(self, tmp_path):
        (tmp_path / "file").write_text("x")
        refused(run("audit", PAPER, "--out", tmp_path / "file" / "x"), "cannot be written")

    @pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
    def test_out_into_a_read_only_folder(self, tmp_path):
        folder = tmp_path / "closed"
        folder.mkdir()
        code = RUN
        if os.geteuid() == 0:  # root may write anywhere: go on as nobody once all is loaded
            code = RUN.replace(
                "sys.exit(", "import os, pydantic, scipy.special, analysis.audit, analysis.paper,"
                "analysis.files, analysis.show.export;"
                "from pathlib import Path; import analysis.paper as paper;"
                f"loaded = paper.load_paper({str(PAPER)!r});"
                "paper.load_paper = lambda file: loaded;"
                "os.setuid(65534); sys.exit(",
            )  # fmt: skip
            for parent in (tmp_path, *list(tmp_path.parents)[:-2]):
                if parent.stat().st_uid == os.geteuid() and len(parent.parts) > 2:
                    parent.chmod(0o755)
        folder.chmod(0o555)
        result = run("audit", PAPER, "--format", "json", "--out", folder / "x.json", code=code)
        refused(result, "x.json", "cannot be written")
        assert list(folder.iterdir()) == []


class TestOut:
    def test_the_file_holds_what_the_terminal_would(self, tmp_path):
        out = tmp_path / "x.json"
        result = run("audit", PAPER, "--format", "json", "--out", out)
        assert (result.returncode, result.stdout) == (0, "")
        assert out.read_text("utf-8") == run("audit", PAPER, "--format", "json").stdout
        assert list(tmp_path.iterdir()) == [out]

    def test_an_old_file_is_replaced_whole_and_keeps_its_rights(self, tmp_path):
        out = tmp_path / "x"
        out.write_text("old")
        out.chmod(0o640)
        write_whole(out, "new")
        assert out.read_text() == "new"
        assert stat.S_IMODE(out.stat().st_mode) == 0o640

    def test_a_link_stays_a_link(self, tmp_path):
        (tmp_path / "x").write_text("old")
        (tmp_path / "link").symlink_to(tmp_path / "x")
        write_whole(tmp_path / "link", "new")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "x").read_text() == "new"

    def test_a_failure_leaves_the_old_file_and_nothing_beside_it(self, tmp_path, monkeypatch):
        out = tmp_path / "x"
        out.write_text("old")

        def fail(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="No space"):
            write_whole(out, "new")
        assert out.read_text() == "old"
        assert list(tmp_path.iterdir()) == [out]

    @pytest.mark.skipif(not Path("/dev/null").exists(), reason="no /dev/null")
    def test_a_device_is_written_to(self):
        assert run("audit", PAPER, "--out", "/dev/null").returncode == 0
        assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.skipif(os.name != "posix", reason="pipes and signals of POSIX")
class TestInterrupted:
    def start(self, code):
        return subprocess.Popen(
            [sys.executable, "-c", code, "audit", str(PAPER), "--format", "json"],
            cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            # a shell that runs the tests in the background lets them ignore Ctrl-C
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip

    def test_a_closed_pipe_is_silent(self):
        process = self.start(RUN)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0
        process.stderr.close()

    def test_ctrl_c_ends_with_130(self):
        slow = RUN.replace(
            "sys.exit(main",
            "import time, analysis.audit; analysis.audit.audit = lambda p: "
            "(print('ready', flush=True), time.sleep(60)); sys.exit(main",
        )
        process = self.start(slow)
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=30)
        assert (process.returncode, out, error) == (130, b"", b"")


@pytest.mark.parametrize("option", ["--out", "--html", "--bib"])
@pytest.mark.parametrize("name", ["paper.yaml", "table1.csv", "link.yaml"])
def test_what_is_read_is_not_written_over(tmp_path, option, name):
    new_paper(tmp_path / "mine", sheets=True)
    (tmp_path / "mine/link.yaml").symlink_to("paper.yaml")
    file = tmp_path / "mine" / name
    before = file.read_bytes()
    result = run("audit", tmp_path / "mine/paper.yaml", option, file)
    assert (result.returncode, result.stdout) == (2, "")
    assert (
        result.stderr == f"error: {file}: this file is read, another name is needed to write to.\n"
    )
    assert file.read_bytes() == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("arguments", [("audit", PAPER), ("schema",), ("new", "mine")])
def test_a_full_disk_behind_the_output_is_one_sentence(tmp_path, arguments):
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [sys.executable, "-c", RUN, *map(str, arguments)],
            stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=ENVIRONMENT,
        )  # fmt: skip
    assert result.returncode == 2
    assert result.stderr == "error: the output: it cannot be written (No space left on device).\n"
