"""Recorded runs of small networks: what trains them keeps its laws, and what was recorded is what lessons read."""

import pytest
import torch

from gmcourse import zoo
from gmcourse.zoo import store
from tools.zoo import __main__, chains, publish, repeats


def test_a_mixture_of_logistics_is_causal_and_sums_to_one():
    torch.manual_seed(0)
    x = torch.randint(17, (3, 64))
    model = chains.LogisticPixelCNN(**chains.SIZE).eval()
    with torch.no_grad():
        logits = model(x)
        assert torch.allclose(logits.exp().sum(2), torch.ones(3, 64), atol=1e-5)
        later = x.clone()
        later[:, 40:] = (x[:, 40:] + 1) % 17
        changed = (model(later) - logits).abs().amax((0, 2)) > 1e-6
    assert not changed[:41].any()
    assert changed[41:].any()


def test_what_a_copy_is():
    seen = torch.tensor([[0.0, 0.0], [3.0, 0.0], [9.0, 0.0]])
    made = torch.tensor([[0.0, 0.0], [0.7, 0.0], [0.8, 0.0], [3.5, 0.0]])  # ratios 0, 0.30, 0.36, 0.14
    assert repeats.copying(made, seen) == 0.75


def test_what_was_recorded_has_every_row():
    outputs, orders, copies = (
        zoo.baselines(name) for name in ("digits, outputs", "digits, orders", "digits, copies")
    )
    kinds = ("softmax", "logistics", "histograms")
    assert set(outputs) == {f"{kind}, {size} digits" for kind in kinds for size in chains.SIZES}
    assert set(orders) == {"row by row", "from below", "random order"}
    for row in (*outputs.values(), *orders.values()):
        assert 1.5 < row["bits_per_dim"] < 4.1
        assert row["bits_per_dim_spread"] < 0.1
    assert set(copies) == {"20 digits", "200 digits", "1221 digits"}
    assert all(row["copies_of_test"] == 0 for row in copies.values())


def test_a_network_learns_its_digits(monkeypatch):
    seen = torch.rand(4, 1, 8, 8) * 2 - 1
    errors = []
    for steps in (1, 40):
        monkeypatch.setattr(repeats, "STEPS", steps)
        model = repeats.denoiser(seen, 0)
        torch.manual_seed(0)
        errors.append(float(model.loss(seen.repeat(50, 1, 1, 1))))
    assert errors[1] < 0.9 * errors[0]


def test_the_word_trains_and_writes_from_end_to_end(tmp_path, monkeypatch):
    """Two seeds of a few steps, into a folder of their own; what was there of other sets stays."""
    before = zoo.baselines("faces")
    (tmp_path / "baselines.json").write_bytes((store.WEIGHTS / "baselines.json").read_bytes())
    monkeypatch.setattr(store, "WEIGHTS", tmp_path)
    for module, name, value in (
        (chains, "SEEDS", 2),
        (chains, "SIZES", (64,)),
        (chains, "HOW", {kind: (rate, how, 10, 32) for kind, (rate, how, *_) in chains.HOW.items()}),
    ):
        monkeypatch.setattr(module, name, value)
    assert __main__.main(["repeats", "digits, outputs", "digits, orders"]) == 0
    found = zoo.baselines("digits, outputs")
    assert set(found) == {f"{kind}, 64 digits" for kind in ("histograms", "softmax", "logistics")}
    assert all(row["bits_per_dim"] > 0 and row["bits_per_dim_spread"] > 0 for row in found.values())
    assert zoo.baselines("digits, orders")["row by row"]["bits_per_dim"] < 4.1
    assert zoo.baselines("faces") == before
    assert (tmp_path / "SHA256SUMS").is_file()


def test_the_word_knows_its_sets(monkeypatch):
    done = []
    monkeypatch.setattr(repeats, "write", lambda names: done.append(list(names)))
    monkeypatch.setattr(publish, "write_hashes", lambda: done.append("hashes"))
    assert __main__.main(["repeats"]) == __main__.main(["repeats", "digits, copies"]) == 0
    assert done == [list(repeats.SETS), "hashes", ["digits, copies"], "hashes"]
    with pytest.raises(SystemExit):
        __main__.main(["repeat"])
