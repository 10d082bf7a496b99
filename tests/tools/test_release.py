"""What a release must agree about, and the form of commits."""

from __future__ import annotations

import re
import tomllib

import pytest
import yaml

import gmcourse
from tools import environment, subject
from tools.environment import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_version_stands_once_and_what_repeats_it_agrees():
    assert "version" not in PROJECT
    assert "version" in PROJECT["dynamic"]
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == gmcourse.__version__
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    entries = re.findall(r"^## (\d+\.\d+\.\d+) – (\d{4}-\d{2}-\d{2})$", changelog, re.M)
    assert entries, "the changelog has no dated entry"
    assert entries[0] == (gmcourse.__version__, str(cited["date-released"]))
    assert entries == sorted(entries, key=lambda each: tuple(map(int, each[0].split("."))), reverse=True)


def test_the_package_has_authors_and_addresses():
    assert PROJECT["authors"][0]["name"]
    assert {"Repository", "Changelog"} <= set(PROJECT["urls"])


def test_an_address_that_is_not_real_yet_makes_no_button(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    for address, found in (("https://example.org/x", ""), ("https://forge.test/x", "https://forge.test/x")):
        (tmp_path / "pyproject.toml").write_text(f'[project.urls]\nRepository = "{address}"\n')
        assert environment.repository() == found


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ("Glow: zero initialisation\n\nWithout it the first step is lost.\n", ""),
        ("x" * 72, ""),
        ("x" * 73, "73 characters"),
        ("", "no subject"),
        ("Subject\nand on it goes", "second line"),
    ],
)
def test_a_subject_is_short(message, problem):
    assert problem in subject.problem(message)
    assert bool(problem) == bool(subject.problem(message))


def test_every_hook_calls_what_there_is():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    for hook in hooks:
        for module in re.findall(r"-m ([\w.]+)", hook["entry"]):
            path = ROOT / module.replace(".", "/")
            assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module
    for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"):
        assert {"name", "description", "body"} <= set(yaml.safe_load(path.read_text(encoding="utf-8")))
