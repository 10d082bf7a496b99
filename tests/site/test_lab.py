"""The notebooks in JupyterLab, as a class opens them: nothing raw is left, and what the source has is to be seen."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from tools.environment import ROOT
from tools.lab import command
from tools.notebooks import BOXES, KERNEL
from tools.own_folder import update

NOTEBOOKS = [
    path.relative_to(ROOT).as_posix()
    for path in [
        ROOT / "book" / "tools.ipynb",
        *sorted((ROOT / "notebooks").glob("*.ipynb")),
        *sorted((ROOT / "notebooks" / "exercises").glob("*.ipynb")),
    ]
]
# what no reader should see: directives, roles, targets, LaTeX, and what was not taken for Markdown or HTML
RAW = re.compile(r":::|```|\{[\w:]+\}|\w\)=|\$|\\[a-zA-Z]+|\]\(|\*\*|</?\w+[ >]|^#+ ", re.M)
OPEN = """(options) => {
    jupyterapp.commands.execute('application:close-all')
        .then(() => jupyterapp.commands.execute('docmanager:open', options));
}"""
SEEN = """() => {
    const cells = [...document.querySelectorAll('.jp-Notebook:not(.lm-mod-hidden) .jp-MarkdownOutput')];
    const all = (selector) => cells.flatMap((cell) => [...cell.querySelectorAll(selector)]);
    const words = (cell) => {
        const copy = cell.cloneNode(true);
        copy.querySelectorAll('mjx-container, code, pre, .jp-InternalAnchorLink').forEach((each) => each.remove());
        return copy.textContent;
    };
    const look = (box) => [getComputedStyle(box).borderLeft, box.querySelector('strong')?.textContent];
    return {
        text: cells.map(words).join('\\n'),
        displayed: all('mjx-container[display="true"]').length,
        formulas: all('mjx-container').length,
        tagged: all('mjx-labels').length,
        failed: all('mjx-merror, [data-mjx-error], mjx-container [style*="color: red"]').length,
        boxes: all('blockquote').map(look),
        folded: all('details').map((each) => [each.open, each.querySelector('summary').textContent]),
        pictures: all('img').map((each) => [each.alt, each.naturalWidth]),
        links: all('a[href]:not(.jp-InternalAnchorLink)').map((each) => [each.textContent, each.href]),
    };
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A student's folder, as `make lab` opens it."""
    folder = tmp_path_factory.mktemp("my_course")
    update(ROOT, folder)
    return folder


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory, folder):
    """One page of one JupyterLab that shows every cell at once and keeps its settings to itself."""
    home = tmp_path_factory.mktemp("lab")
    settings = home / "settings" / "@jupyterlab"
    for plugin, chosen in {
        "notebook-extension/tracker": {"windowingMode": "none"},
        "apputils-extension/notification": {"fetchNews": "false"},
    }.items():
        file = settings / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(chosen), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    own = {f"JUPYTER_{name}_DIR": str(home / name) for name in ("CONFIG", "RUNTIME")}
    own |= {
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "spaces"),
    }
    server = ["--no-browser", "--allow-root", "--ServerApp.token=", "--ServerApp.ip=127.0.0.1"]
    words = [*server, f"--ServerApp.port={port}", "--LabApp.expose_app_in_browser=True"]
    process = subprocess.Popen(
        command(folder, *words),
        cwd=folder,
        env={**os.environ, **own},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait(f"http://127.0.0.1:{port}/api", process)
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.goto(f"http://127.0.0.1:{port}/lab?reset", wait_until="load", timeout=120_000)
        page.wait_for_function("window.jupyterapp?.restored", timeout=120_000)
        page.evaluate("async () => { await jupyterapp.restored }")
        yield page
        page.close()
    finally:
        process.terminate()
        process.wait(30)


def _wait(address, process):
    for _ in range(240):
        assert process.poll() is None, "JupyterLab ended before it began"
        try:
            urllib.request.urlopen(address).close()
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.25)
    pytest.fail(f"JupyterLab does not answer at {address}")


def show(page, path):
    """Open one notebook and nothing else, without a kernel, and wait until all its formulas are set."""
    cells = sum(cell["cell_type"] == "markdown" for cell in read(path))
    page.evaluate(OPEN, {"path": path, "kernelPreference": {"shouldStart": False, "canStart": False}})
    whole = """([path, cells, formulas]) => jupyterapp.shell.currentWidget?.context?.path === path
        && document.querySelectorAll('.jp-MarkdownOutput').length >= cells
        && document.querySelectorAll('.jp-MarkdownOutput mjx-container').length >= formulas
        && [...document.querySelectorAll('.jp-MarkdownOutput img')].every((each) => each.complete)"""
    page.wait_for_function(whole, arg=[path, cells, len(formulas(path))], timeout=60_000)


def read(path):
    return json.loads((ROOT / path).read_text(encoding="utf-8"))["cells"]


def source(path):
    return "\n\n".join("".join(cell["source"]) for cell in read(path) if cell["cell_type"] == "markdown")


def formulas(path):
    """Every formula of the source, outside of code."""
    spoken = re.sub(r"```.*?```|`[^`\n]*`", "", source(path), flags=re.S)
    return re.findall(r"\$\$.+?\$\$|\$[^$]+\$", spoken, re.S)


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_a_notebook_reads_well(lab, path):
    show(lab, path)
    seen, text = lab.evaluate(SEEN), source(path)
    assert RAW.findall(seen["text"]) == []
    assert seen["failed"] == 0
    assert seen["formulas"] == len(formulas(path))
    assert seen["displayed"] == len([one for one in formulas(path) if one.startswith("$$")])
    assert seen["tagged"] == text.count(r"\tag{")
    kinds = re.findall(r'<blockquote class="(\w+)"', text)
    assert len(seen["boxes"]) == len(kinds)
    for (border, title), kind in zip(seen["boxes"], kinds, strict=True):
        red, green, blue = bytes.fromhex(BOXES[kind][1:])
        assert border == f"6px solid rgb({red}, {green}, {blue})", "a box is to be seen as one"
        assert title == {"predict": "Predict, then run", "expect": "The number to expect"}[kind]
    folded = re.findall(r"<summary>(.*)</summary>", text)
    assert seen["folded"] == [[False, title] for title in folded]
    assert len(seen["pictures"]) == len(re.findall(r"!\[", text))
    assert all(alt and width > 0 for alt, width in seen["pictures"]), seen["pictures"]
    wanted = re.findall(r"(?<!!)\[[^\[\]]+\]\(([^)]+)\)", text)
    assert len(seen["links"]) == len(wanted)
    for (_, reached), address in zip(seen["links"], wanted, strict=True):
        name = address.rsplit("/", 1)[-1].split("#")[0]
        assert name in reached, (reached, address)


def test_a_slider_draws_anew(lab, folder):
    path = "slider.ipynb"
    code = "from gmcourse.viz.widgets import explore\n\nexplore(lambda a: print(f'a is {a:g}'), a=(0, 2, 1, 1))"
    cell = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "source": code,
        "outputs": [],
        "execution_count": None,
    }
    metadata = {"kernelspec": KERNEL}
    notebook = {"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    (folder / path).write_text(json.dumps(notebook), encoding="utf-8")
    lab.evaluate(OPEN, {"path": path})
    lab.wait_for_function(
        "(path) => jupyterapp.shell.currentWidget?.context?.path === path"
        " && jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'",
        arg=path,
        timeout=120_000,
    )
    lab.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells') }")
    handle = lab.locator(".jupyter-widgets [role=slider]")
    handle.wait_for(timeout=120_000)
    lab.get_by_text("a is 1", exact=True).wait_for()
    handle.press("ArrowRight")
    lab.get_by_text("a is 2", exact=True).wait_for()
