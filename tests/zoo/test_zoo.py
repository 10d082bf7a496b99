"""The zoo: what is saved comes back, own and shipped models are never mixed up, and damage is told."""

import errno
import hashlib
import json
import os
import re
from dataclasses import replace

import pytest
import torch

from gmcourse import zoo
from gmcourse.__main__ import main
from gmcourse.models.nice import NICE
from gmcourse.training import History, load_checkpoint, save_checkpoint
from gmcourse.zoo import store

TINY = zoo.Manifest(
    name="tiny",
    model="gmcourse.models.nice:NICE",
    arguments={"dim": 4, "hidden": [3]},
    recipe="nice_tiny",
    seed=0,
    steps=1,
    data="none",
    hardware="none",
    hours=0.0,
    metrics={"loss_nats": 1.0},
)


def save(module=None, folder=None, described=TINY, **options):
    history = History()
    history.record(0, {"loss": 1.0})
    return zoo.save(described, module or NICE(4, hidden=(3,)), history=history, folder=folder, **options)


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A package that ships one model of its own making."""
    monkeypatch.setattr(store, "WEIGHTS", tmp_path / "weights")
    save(folder=store.WEIGHTS)
    return store.WEIGHTS


def contents(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.mark.parametrize("place", ["own", "path"])
def test_round_trip(tmp_path, own_zoo, place, capsys):
    module = NICE(4, hidden=(3,))
    own = True if place == "own" else tmp_path
    written = save(module, None if place == "own" else tmp_path, samples=b"png")
    again = zoo.load("tiny", own=own)
    assert re.search(r"tiny is your own, 1 steps of nice_tiny, from .*tiny\.safetensors", capsys.readouterr().out)
    x = torch.rand(3, 4)
    assert torch.equal(module.log_prob(x), again.log_prob(x))
    assert not again.training
    assert not any(p.requires_grad for p in again.parameters())
    assert zoo.log("tiny", own=own)["loss"] == [1.0]
    assert zoo.names(own=own) == ["tiny"]
    assert zoo.manifest("tiny", own=own) == written == replace(TINY, sha256=written.sha256, samples="tiny.png")
    folder = own_zoo if place == "own" else tmp_path
    assert zoo.where("tiny", own=own) == folder / "tiny.manifest.json"
    assert (folder / "tiny.png").read_bytes() == b"png"


def test_a_full_disk_leaves_the_model_that_was_there(tmp_path, monkeypatch):
    """The new weights replaced the old ones before the curves found no room: neither model could be loaded."""
    written = save(folder=tmp_path, samples=b"png")
    before, calls, fsync = contents(tmp_path), [], os.fsync

    def full(handle):
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"tiny\.log\.json cannot be written: No space left on device"):
        save(folder=tmp_path)
    assert contents(tmp_path) == before
    assert zoo.manifest("tiny", own=tmp_path) == written
    zoo.load("tiny", own=tmp_path)


def test_an_own_model_is_never_taken_for_a_shipped_one(shipped, capsys):
    before = contents(shipped)
    mine = NICE(4, hidden=(3,))
    with torch.no_grad():
        mine.scale.log_scale += 1
    save(mine)
    assert contents(shipped) == before
    assert torch.equal(zoo.load("tiny").scale.log_scale, mine.scale.log_scale - 1)
    assert zoo.where("tiny").parent == shipped
    assert capsys.readouterr().out == "", "what is shipped loads without a word"
    assert torch.equal(zoo.load("tiny", own=True).scale.log_scale, mine.scale.log_scale)


def test_a_name_that_only_an_own_model_has(shipped):
    save(described=replace(TINY, name="mine"))
    with pytest.raises(ValueError, match=r"'mine', no model of the zoo; .*tiny; own=True takes yours"):
        zoo.load("mine")
    with pytest.raises(ValueError, match=r"'big', no model of the zoo; expected one of tiny$"):
        zoo.load("big")
    with pytest.raises(ValueError, match=r"'tiny', no model of your own in .*: mine"):
        zoo.load("tiny", own=True)


@pytest.mark.parametrize("name", ["../x", "a/b", "a\\b", "", ".", "..", "a\0b", "-x", "é", "a b", "x" * 101, None, 3])
def test_names_that_are_no_files_name(name, own_zoo):
    for call in (
        lambda: save(described=replace(TINY, name=name)),
        lambda: zoo.load(name),
        lambda: zoo.log(name),
    ):
        with pytest.raises(ValueError, match=r"name is .*; expected (1 to 100 of the signs|a string)"):
            call()
    assert not own_zoo.exists()
    assert not (own_zoo.parent / "x.manifest.json").exists()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: zoo.load("vae_digits_2d", "nowhere"), "device is 'nowhere'; expected a device"),
        (lambda: zoo.load("vae_digits_2d", None), "device is None; expected a device"),
        (lambda: zoo.load("vae_digits_2d", own=3), "own is 3; expected True or False or a string or a Path"),
        (lambda: zoo.save(TINY, None), "module is None; expected a Module"),
        (lambda: zoo.save({}, NICE(4, hidden=(3,))), "described is a dict; expected a Manifest"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("curve", [([0, 1], [2.0]), ([0.5], [2.0]), ([-1], [2.0]), (["0"], [2.0])])
def test_a_log_whose_steps_are_none(own_zoo, curve):
    """They were rounded, and curves of unequal lengths were drawn as far as both went."""
    save()
    log = {"seconds": 1.0, "interrupted": False, "curves": {"loss": {"steps": curve[0], "values": curve[1]}}}
    store.file_of("tiny", ".log.json", True).write_text(json.dumps(log))
    with pytest.raises(ValueError, match=r"log .* is damaged: text is no history"):
        zoo.log("tiny", own=True)


def test_the_home_folder_is_written_out(tmp_path, monkeypatch):
    """A folder with the name "~" was made, and a home that nobody knows was refused without a word of where."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    save(folder="~/models")
    assert zoo.names(own="~/models") == zoo.names(own=tmp_path / "models") == ["tiny"]
    save_checkpoint("~/run.safetensors", {"x": 1})
    assert load_checkpoint(tmp_path / "run.safetensors") == {"x": 1}
    monkeypatch.setenv("GMCOURSE_ZOO", "~nobody-of-this-name/zoo")
    with pytest.raises(
        ValueError, match=r"GMCOURSE_ZOO is '~nobody-of-this-name/zoo'; expected a path: the home folder"
    ):
        zoo.load("tiny", own=True)


def test_a_changed_byte_a_missing_file(shipped):
    weights = shipped / "tiny.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ValueError, match="changed or cut short"):
        zoo.load("tiny")
    weights.unlink()
    with pytest.raises(ValueError, match="are missing"):
        zoo.load("tiny")
    (shipped / "tiny.log.json").write_text("{")
    with pytest.raises(ValueError, match=r"log .* is damaged"):
        zoo.log("tiny")
    (shipped / "tiny.log.json").unlink()
    with pytest.raises(ValueError, match=r"log .* is missing"):
        zoo.log("tiny")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d | {"format": 1}, "format is 1"),
        (lambda d: {k: v for k, v in d.items() if k != "seed"}, r"missing fields \['seed'\]"),
        (lambda d: d | {"more": 1}, r"unknown fields \['more'\]"),
        (lambda d: d | {"steps": -1}, "steps is -1; expected a whole number ≥ 0"),
        (lambda d: d | {"hours": -0.5}, "hours is -0.5; expected a finite number ≥ 0"),
        (lambda d: d | {"steps": "1"}, "steps is '1'; expected a whole number"),
        (lambda d: d | {"metrics": {"loss": None}}, r"metrics\['loss'\] is None; expected a number"),
        (lambda d: d | {"hours": True}, "hours is True; expected a finite number"),
        (lambda d: d | {"name": "other"}, "is that of 'other'"),
        (lambda d: d | {"arguments": {"dim": 4, "width": 3}}, "do not fit gmcourse.models.nice:NICE"),
        (lambda d: d | {"model": "gmcourse.models.nice:Nothing"}, "do not fit"),
        (lambda d: [], "expected a JSON object"),
    ],
)
def test_a_damaged_manifest_is_named(shipped, change, message):
    path = shipped / "tiny.manifest.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(ValueError, match=message) as error:
        zoo.load("tiny")
    assert str(path.with_name("tiny")).removesuffix("tiny") in str(error.value)


def test_what_a_manifest_may_say_beside():
    more = {"samples": "tiny.png", "baselines": {"full normal": {"loss_nats": 2.0}}, "seeds": [0, 1]}
    rich = replace(TINY, **more)
    assert zoo.Manifest.from_json(rich.to_json()) == rich
    assert not set(more) & set(json.loads(TINY.to_json()))
    with pytest.raises(ValueError, match="baselines"):
        replace(TINY, baselines={"full normal": 2.0})
    with pytest.raises(ValueError, match="seeds"):
        replace(TINY, seeds=[0.5])


def test_a_manifest_cannot_name_code_elsewhere(own_zoo):
    with pytest.raises(ValueError, match=r"expected 'gmcourse.models"):
        save(described=replace(TINY, model="os:system"))
    assert not own_zoo.exists()


def test_weights_of_another_architecture():
    with pytest.raises(ValueError, match="module has other weights"):
        save(described=replace(TINY, arguments={"dim": 6, "hidden": [3]}))


def test_weights_too_large_to_travel(shipped):
    without = replace(save(folder=shipped), sha256="")
    (shipped / "tiny.manifest.json").write_text(without.to_json(), encoding="utf-8")
    assert zoo.manifest("tiny").metrics == {"loss_nats": 1.0}
    with pytest.raises(ValueError, match=r"too large to travel.*own=True"):
        zoo.load("tiny")


def test_half_weights_come_back_as_float32():
    module = NICE(4, hidden=(3,))
    save(module, half=True)
    again = zoo.load("tiny", own=True)
    for kept, whole in zip(again.parameters(), module.parameters(), strict=True):
        assert kept.dtype == torch.float32
        assert torch.equal(kept, whole.half().float())


@pytest.mark.parametrize(("value", "half"), [(float("nan"), False), (1e5, True)])
def test_weights_that_are_not_finite_are_not_kept(own_zoo, value, half):
    """Neither those of the module nor what rounding makes of them: float16 ends at 65,504."""
    module = NICE(4, hidden=(3,))
    torch.nn.init.constant_(module.scale.log_scale, value)
    with pytest.raises(ValueError, match=r"log_scale of module is NaN or infinite in 4 of 4 values"):
        save(module, half=half)
    assert not zoo.names(own=True)


def test_torchs_defaults_do_not_change_what_is_loaded():
    expected = zoo.load("vae_digits_2d").state_dict()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.device("meta"):
            found = zoo.load("vae_digits_2d").state_dict()
    finally:
        torch.set_default_dtype(torch.float32)
    for name, value in expected.items():
        assert found[name].dtype == value.dtype
        assert torch.equal(found[name], value), name


def test_the_command(shipped, capsys):
    save(described=replace(TINY, name="mine"))
    (store.own_folder() / "broken.manifest.json").write_text("{")
    assert main(["zoo"]) == 0
    package, own = capsys.readouterr().out.split("\n\n")
    for part, names in ((package, ["tiny"]), (own, ["broken", "mine"])):
        _, headings, *lines = part.splitlines()
        assert headings.split()[:4] == ["model", "weights", "steps", "minutes"]
        assert [line.split()[0] for line in lines] == names
    assert "broken.manifest.json is damaged: text is not JSON" in own
    assert main(["zoo", "mine", "--own"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == 1
    assert main(["zoo", "mine"]) == 2
    assert "name is 'mine', no model of the zoo" in capsys.readouterr().err


@pytest.mark.parametrize(
    "spoil", [lambda x: x.to_sparse(), lambda x: x.to("meta"), lambda x: x.to(torch.float8_e5m2)]
)
def test_weights_that_no_file_holds_are_refused(spoil, own_zoo):
    module = NICE(4, couplings=2, hidden=[8])
    module.scale.log_scale = torch.nn.Parameter(spoil(module.scale.log_scale.detach()), requires_grad=False)
    described = zoo.Manifest("odd", "gmcourse.models.nice:NICE", {"dim": 4}, "r", 0, 0, "", "", 0.0, {})
    with pytest.raises(ValueError, match=r"log_scale of module (is|has) .*; expected "):
        zoo.save(described, module)
