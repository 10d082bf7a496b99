"""`gmcourse convert`: each reader writes a model with a manifest, and what cannot be read is told in a line."""

import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

from gmcourse import zoo
from gmcourse.__main__ import main
from gmcourse.zoo.convert import READERS
from tests.conftest import Golden

# The file of reference numbers, its prefix, and what the command line has to say beside.
CASES = {
    "nvlabs_stylegan2": ("stylegan2_a", "G.", []),
    "nvlabs_stylegan2_discriminator": ("stylegan2_a", "D.", ["--group", "2"]),
    "official_srflow": ("srflow_a", "", ["--stacked", "0,1"]),
    "official_srflow_regression": ("srflow_a", "", []),
    "plain_nice": ("nice_a", "", ["--prior", "normal"]),
    "rosinality_glow": ("glow_a_lu_affine", "", ["--shape", "3,8,12"]),
}


@pytest.fixture
def there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GMCOURSE_ZOO", str(tmp_path / "zoo"))
    return tmp_path


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", ["pt", "safetensors"])
def test_a_checkpoint_becomes_a_model_of_the_zoo(reader, kind, there, capsys):
    file, prefix, words = CASES[reader]
    state = {name: value.contiguous() for name, value in Golden(file).weights(prefix).items()}
    if kind == "pt":
        torch.save({"ema": {f"module.{name}": value for name, value in state.items()}, "step": 3}, "w.pt")
        words = [*words, "--entry", "ema"]
    else:
        save_file({**state, "n_averaged": torch.tensor(3)}, "w.safetensors")
        words = [*words, "--ignore", "n_averaged"]
    assert main(["convert", f"w.{kind}", "--from", reader, "--output", "out/own.safetensors", *words]) == 0
    manifest, model = zoo.manifest("own", own="out"), zoo.load("own", own="out")
    written = load_file("out/own.safetensors")
    assert torch.float64 not in {value.dtype for value in written.values()}
    function, unsaid = READERS[reader]
    given = (
        {unsaid: {"group": 2, "stacked": [0, 1], "prior": "normal", "shape": [3, 8, 12]}[unsaid]} if unsaid else {}
    )
    for name, value in function(state, **given).float().state_dict().items():
        assert torch.equal(model.state_dict()[name], value), name
    assert unsaid not in manifest.arguments or manifest.arguments[unsaid] == given[unsaid]
    assert reader in manifest.data
    told = capsys.readouterr().out
    assert "own.safetensors" in told
    assert ("n_averaged" in told) == (kind == "safetensors")


NICE = {name: value.float() for name, value in Golden("nice_a").weights().items()}


@pytest.mark.parametrize(
    ("content", "words", "message"),
    [
        (None, [], "path is w.pt; expected a file that is there"),
        (pickle.dumps({"a": print}), [], "is a pickle that asks to run"),
        (NICE, ["--from", "rosinality_glow"], "state is not a rosinality Glow"),
        (NICE, ["--group", "4"], "--from plain_nice takes no --group"),
        (NICE, ["--output", "w.npz"], "does not end in .safetensors"),
        (NICE, ["--output", "there.safetensors"], "is there already"),
        (None, ["--output", "a.b.safetensors"], "name is 'a.b'"),
        (NICE, ["--prior", "flat"], "prior is 'flat'"),
        (
            {**NICE, "optimizer": {"lr": 1.0}},
            [],
            "entry 'optimizer' of the state is a dict; expected a tensor",
        ),
    ],
)
def test_what_cannot_be_converted_is_told_in_a_line(content, words, message, there, capsys):
    (there / "there.safetensors").touch()
    if isinstance(content, bytes):
        (there / "w.pt").write_bytes(content)
    elif content is not None:
        torch.save(content, "w.pt")
    assert main(["convert", "w.pt", "--from", "plain_nice", *words]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1
    assert not list(there.rglob("*.manifest.json"))


def test_without_an_output_it_is_a_model_of_ones_own(there, capsys):
    torch.save(NICE, "a net.v2.pt")
    words = ["convert", "a net.v2.pt", "--from", "plain_nice"]
    assert main(words) == 0
    assert zoo.names(own=True) == ["a_net_v2-plain_nice"]
    assert zoo.manifest("a_net_v2-plain_nice", own=True).arguments["prior"] == "logistic"
    assert main(words) == 2
    assert "is there already" in capsys.readouterr().err


def test_where_nothing_can_be_written_nothing_is_read(there, capsys):
    (there / "file").touch()
    assert main(["convert", "none.pt", "--from", "plain_nice", "--output", "file/own.safetensors"]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_it_is_in_the_list_of_commands(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "convert" in capsys.readouterr().out
