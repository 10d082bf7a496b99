"""Trained models in the repository: what depends on them, what is stale, and publishing."""

import json
import re
import shutil
from dataclasses import replace

import pytest

from gmcourse import zoo
from gmcourse.training import History
from gmcourse.zoo import published, store
from gmcourse_recipes import running
from tools import book, lessons, pictures
from tools.environment import ROOT
from tools.live import __main__ as live
from tools.live import weights
from tools.live.weights import LIVE
from tools.pictures import FOLDER
from tools.zoo import __main__, baselines, dependents, publish, remake, sources, stamp

KNOWN = {"vae_faces", "glow_faces", "features", "srflow_faces", "srflow_faces_64"}


def test_nothing_was_left_behind_by_a_changed_model():
    assert stamp.stale() == []


def test_every_generated_file_has_its_line():
    made = [*LIVE.glob("weights/*.js"), *FOLDER.iterdir()]
    assert {path.relative_to(ROOT).as_posix() for path in made} <= set(stamp.lines())


@pytest.mark.parametrize(
    ("folder", "pattern"),
    [("pictures", "*pictures.py"), ("live/weights", "live/*.py"), ("stills", "live/*.py")],
)
def test_the_lines_name_what_the_code_loads(folder, pattern):
    """If the code that draws loads another model than when it last ran, its files are to be made again."""
    code = [path.read_text(encoding="utf-8") for path in (ROOT / "tools").glob(pattern)]
    loaded = set().union(*(sources.in_code(text, zoo.names()) for text in code))
    noted = {name for path, models in stamp.lines().items() if f"/{folder}/" in path for name in models}
    assert loaded == noted


def test_manifests_say_with_which_models_they_were_measured():
    expected = {name: models for name in zoo.names() if (models := dependents.measured_with({name}))}
    noted = {name: stamp.models_of(store.file_of(name, ".manifest.json")) for name in zoo.names()}
    assert expected == {name: models for name, models in noted.items() if models}
    assert expected["stylegan_contest_faces"] == {"features"}
    assert expected["vae_faces_two_levels"] == {"features"}, "in a module that recipes share"
    assert expected["glow_faces"] == {"features"}, "in a recipe that is imported as a whole"
    assert "features" not in expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('zoo.load("vae_faces", device)', {"vae_faces"}),
        ('x = {"vae_faces": 1}', set()),
        ('A = ["vae_faces", "no_model"]\nfor name in A:\n    zoo.manifest(name)', {"vae_faces"}),
        ('%matplotlib inline\nlog = zoo.log("srflow_faces_64").thinned(80)', {"srflow_faces_64"}),
        ('json.load("vae_faces")', set()),
        ('load("features")', set()),
    ],
)
def test_what_code_takes_from_the_zoo(code, expected):
    assert sources.in_code(code, KNOWN) == expected


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("the features of faces", set()),
        ("the network `features` sees", {"features"}),
        ("`gmcourse zoo features` prints", {"features"}),
        ("`gmcourse train srflow_faces_64`: a row", {"srflow_faces_64"}),
        ('data-from="zoo:glow_faces.bits"', {"glow_faces"}),
    ],
)
def test_what_prose_names(prose, expected):
    assert sources.in_prose(prose, KNOWN) == expected


@pytest.mark.slow
def test_a_planted_dependence_is_found(tmp_path):
    def notebook(path, kind, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"cells": [{"cell_type": kind, "source": [text]}]}), encoding="utf-8")

    notebook(tmp_path / "notebooks" / "a.ipynb", "code", 'model = zoo.load("vae_faces")')
    notebook(tmp_path / "notebooks" / "b.ipynb", "markdown", "its `vae_faces` scores 3")
    notebook(tmp_path / "notebooks" / "c.ipynb", "code", "from gmcourse_recipes.stylegan2_faces import measure")
    notebook(tmp_path / "notebooks" / "solutions" / "a_solutions.ipynb", "code", 'zoo.log("vae_faces")')
    (tmp_path / "book" / "deep").mkdir(parents=True)
    (tmp_path / "book" / "deep" / "page.md").write_text("| vae_faces | 2.63 |", encoding="utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_x.py").write_text('zoo.load("vae_faces")', encoding="utf-8")
    found = {(each.kind, each.path) for each in dependents.of("vae_faces", tmp_path)}
    assert found >= {
        ("lesson", "notebooks/a.ipynb"),
        ("prose", "notebooks/b.ipynb"),
        ("solution", "notebooks/solutions/a_solutions.ipynb"),
        ("prose", "book/deep/page.md"),
        ("test", "tests/test_x.py"),
    }
    assert ("picture", "book/_static/pictures/families_light.webp") in {
        (each.kind, each.path) for each in dependents.of("vae_faces_two_levels")
    }
    assert not any("c.ipynb" in path for _, path in found)
    assert ("lesson", "notebooks/c.ipynb") in {(each.kind, each.path) for each in dependents.of("features", tmp_path)}
    begins = {each.path for each in dependents.of("sr_regression_faces") if each.kind.startswith("recipe")}
    assert begins == {f"gmcourse_recipes/{name}.py" for name in ("sr_adversarial_faces", "srflow_faces")}
    with pytest.raises(ValueError, match="no recipe is called 'x'"):
        dependents.of("x")


@pytest.mark.parametrize("name", publish.SEEDS)
def test_manifests_have_the_seeds_of_several_runs(name):
    """As many as the module that was trained has: of the digits five for each of three set-ups."""
    described = zoo.manifest(name)
    runs, arguments = described.arguments["runs"], described.arguments
    several = {"dcgan_digits": arguments.get("seeds"), "smile_by_skin": runs // arguments.get("per_seed", 1)}
    assert described.seeds == [*range(several.get(name, runs))]
    assert publish.with_seeds(replace(described, seeds=[])) == described
    assert publish.with_seeds(zoo.manifest("glow_faces")).seeds == [], "one run"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package's zoo and of the stamp, that may be spoilt."""
    monkeypatch.setattr(store, "WEIGHTS", shutil.copytree(store.WEIGHTS, tmp_path / "weights"))
    monkeypatch.setattr(stamp, "STAMP", shutil.copy(stamp.STAMP, tmp_path / "made_from.json"))
    return store.WEIGHTS


@pytest.fixture
def trained(own_zoo):
    """A model of one's own that has all its steps, by a recipe that would take a while."""
    recipe = running.find("vae_digits_2d")
    described = replace(zoo.manifest(recipe.name), metrics={"nats": 1.0})
    history = History()
    history.record(0, {"loss": 1.0})
    module = zoo.load(recipe.name).requires_grad_(True)
    next(module.parameters()).data += 1

    def make(**changes):
        history.interrupted = changes.pop("interrupted", False)
        zoo.save(replace(described, **changes), module, history=history)

    make()
    return make


@pytest.mark.slow
def test_a_published_model_leaves_stale_things_behind_until_they_are_made_again(package, trained, capsys):
    before = zoo.manifest("vae_digits_2d").sha256
    assert __main__.main(["publish", "vae_digits_2d"]) == 0
    assert "book/_static/live/stills/vae_plane.png" in capsys.readouterr().out
    assert zoo.manifest("vae_digits_2d").sha256 != before
    assert published.problem("vae_digits_2d") == ""
    told = stamp.stale()
    script = "book/_static/live/weights/vae_digits_2d.js"
    assert f"{script} was made from another vae_digits_2d: python -m tools.zoo remake vae_digits_2d" in told
    assert any("families_dark.webp" in each for each in told)
    assert sum("nobody has read" in each for each in told) == 1
    assert not any("glow_faces" in each for each in told)
    with stamp.making(ROOT / script):
        zoo.load("vae_digits_2d")
    assert stamp.models_of(ROOT / script) == {"vae_digits_2d"}
    assert __main__.main(["read", "vae_digits_2d"]) == 0
    told = stamp.stale()
    assert told
    assert all(re.search("families|cards|vae_plane|draw_digit", each) for each in told)


@pytest.mark.slow
def test_one_command_makes_them_all_again(package, trained, monkeypatch, capsys):
    """What takes minutes (lessons, site, browser) is only noted here; measurements, scripts and pictures are real."""
    done = []
    monkeypatch.setattr(book, "drop_stale_cache", lambda: done.append("cache"))
    monkeypatch.setattr(book, "main", lambda words: done.append("site") or 0)
    monkeypatch.setattr(lessons, "execute", lambda paths: done.append([path.name for path in paths]) or [])
    monkeypatch.setattr(live, "write_stills", lambda figures: done.append(figures))
    monkeypatch.setattr(weights, "write_weights", lambda scripts: done.append(scripts))
    monkeypatch.setattr(pictures, "draw", lambda names: done.append(names))
    assert __main__.main(["remake", "vae_digits_2d"]) == 0
    assert done == [
        ["draw_digit", "vae_digits_2d"],
        ["cards_dark", "cards_light", "families_dark", "families_light"],
        "cache",
        ["04_vae.ipynb", "12_diffusion.ipynb", "13_flow_matching.ipynb"],
        "site",
        ["draw_digit", "vae_plane"],
    ]
    told = capsys.readouterr().out
    assert "tools.zoo read vae_digits_2d" in told
    assert "README.md" in told
    assert "notebooks/04_vae.ipynb" in told
    assert "notebooks/12_diffusion.ipynb" in told


def test_what_another_model_measured_is_measured_again(package, monkeypatch):
    """Its manifest has the new numbers, the list of hashes the new manifest, and the prose is to be read again."""
    recipe = replace(running.find("stylegan2_faces"), measure=lambda module, device: {"frechet": 0.5})
    monkeypatch.setattr(running, "find", lambda name: recipe)
    monkeypatch.setattr(stamp, "ROOT", package.parent)
    assert __main__.main(["measure", "stylegan2_faces"]) == 0
    assert zoo.manifest("stylegan2_faces").baselines["full normal"].keys() == {"frechet"}
    assert zoo.manifest("stylegan2_faces").metrics == {"frechet": 0.5}
    assert published.problem("stylegan2_faces") == ""
    assert stamp.lines()["weights/stylegan2_faces.manifest.json"].keys() == {"features"}
    assert any("nobody has read what the prose says of the new stylegan2_faces" in each for each in stamp.stale())


@pytest.mark.slow
def test_cheap_models_are_measured_again_where_features_measured_them(monkeypatch):
    done, row = [], dependents.Dependent("baselines", "gmcourse/zoo/weights/baselines.json")
    assert row in dependents.of("features")
    monkeypatch.setattr(dependents, "of", lambda name: [row])
    monkeypatch.setattr(baselines, "write", done.extend)
    monkeypatch.setattr(publish, "write_hashes", lambda: done.append("hashes"))
    monkeypatch.setattr(remake, "_site", lambda notebooks: False)
    assert remake.remake(["features"]) == 0
    assert done == ["faces", "faces, 2000", "faces_64", "photos", "faces_16", "hashes"]


@pytest.mark.parametrize(
    ("changes", "limits", "message"),
    [
        ({"steps": 5}, {}, "had 5 of 6000 steps; finish it"),
        ({"interrupted": True}, {}, "had 6000 of 6000 steps; finish it"),
        ({}, {"LARGEST": 1000}, "MB; at most 0 travel"),
        ({}, {"TOGETHER": 30_000_000}, "there is room for 30 MB in all"),
    ],
)
def test_what_is_not_published(package, trained, monkeypatch, changes, limits, message):
    trained(**changes)
    for name, value in limits.items():
        monkeypatch.setattr(publish, name, value)
    before = sorted((path.name, path.read_bytes()) for path in package.iterdir())
    with pytest.raises(ValueError, match=message):
        publish.publish("vae_digits_2d")
    assert sorted((path.name, path.read_bytes()) for path in package.iterdir()) == before
    assert __main__.main(["publish", "glow_faces"]) == 2, "of which there is none of one's own"


def test_publishing_fewer_steps_by_name_and_a_log_alone(package, trained, monkeypatch):
    trained(steps=5)
    publish.publish("vae_digits_2d", steps=5)
    assert zoo.manifest("vae_digits_2d").steps == 5
    monkeypatch.setattr(running, "find", lambda name, find=running.find: replace(find(name), ship=False))
    publish.publish("vae_digits_2d", steps=5)
    assert not (package / "vae_digits_2d.safetensors").exists()
    assert zoo.manifest("vae_digits_2d").sha256 == ""
    assert published.problem("vae_digits_2d") == ""
