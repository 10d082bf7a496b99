"""Recorded runs of small networks: what trains them keeps its laws, and what was recorded is what lessons read."""

import math

import pytest
import torch

from gmcourse import zoo
from gmcourse.data import toy
from gmcourse.densities import COSINE, STRAIGHT, NoisedMixture
from gmcourse.zoo import store
from tools.zoo import __main__, chains, denoisers, digit_flows, paths, publish, repeats


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
    assert denoisers.copying(made, seen) == 0.75


def test_what_was_recorded_has_every_row():
    outputs, orders, copies, halves, plane, both, flows = (zoo.baselines(name) for name in repeats.SETS)
    kinds = ("softmax", "logistics", "histograms")
    assert set(outputs) == {f"{kind}, {size} digits" for kind in kinds for size in chains.SIZES}
    assert set(orders) == {"row by row", "from below", "random order"}
    for row in (*outputs.values(), *orders.values()):
        assert 1.5 < row["bits_per_dim"] < 4.1
        assert row["bits_per_dim_spread"] < 0.1
    assert set(copies) == {"20 digits", "200 digits", "1221 digits"}
    assert all(row["copies_of_test"] < 0.001 for row in copies.values())  # one digit of 360 in five seeds
    assert set(halves) == {"20 digits", "610 digits"}
    assert all(row["pair"] < row["no_pair"] for row in halves.values())
    assert set(plane) == set(denoisers.KINDS)
    assert all(row["gap"] > row["gap_of_exact"] for row in plane.values())  # no network beats the exact denoiser
    for path in paths.PATHS:
        assert both[f"{path}, velocity"]["energy_4"] < both[f"{path}, noise"]["energy_4"]
    best = [flows[name]["bits_per_dim"] for name in ("NICE", "affine couplings", "Glow", "Glow with a table")]
    assert best == sorted(best, reverse=True)
    way = range(digit_flows.EVERY, digit_flows.STEPS + 1, digit_flows.EVERY)
    assert {f"Glow, {step} steps" for step in way} < set(flows)
    assert {row["seeds"] for found in (copies, halves, plane, both, flows) for row in found.values()} == {5}


@pytest.mark.parametrize("name", paths.PATHS)
def test_the_noise_and_the_velocity_are_one_field(name):
    """The best prediction of the noise carries points along the exact velocity, from either end."""
    path, begin, end = paths.PATHS[name]
    moons = toy.load("two_moons")
    exact = NoisedMixture(moons.centres.double(), moons.sigma, path)
    x = torch.randn(20, 2, generator=torch.Generator().manual_seed(0)).double()
    velocity = paths.by_noise(lambda x, t: -path.at(t, x)[1] * exact.score(x, t), path)
    for t in (begin, 0.5, end):
        when = torch.full((20,), t).double()
        assert torch.allclose(velocity(x, when), exact.velocity(x, when), atol=1e-6)
    assert COSINE.log_snr(torch.tensor(1.0)).item() == pytest.approx(
        STRAIGHT.log_snr(torch.tensor(paths.FAINT)).item(), abs=1e-3
    )


def test_networks_side_by_side_learn_each_its_own(monkeypatch):
    """Each comes to its one point, and changing the data of one leaves the other as it was, to rounding."""
    monkeypatch.setattr(denoisers, "STEPS", 60)
    one, two, other = (value * torch.ones(4, 1, 8, 8) for value in (0.5, -0.5, 0.1))
    models = denoisers.denoisers([one, two], 0)
    x = torch.randn(4, 1, 8, 8)
    for model, seen in zip(models, (one, two), strict=True):
        assert float((model.denoiser()(x, 0.7) - seen).abs().mean()) < 0.25
    (_, again) = denoisers.denoisers([other, two], 0)
    assert torch.allclose(again.denoiser()(x, 0.7), models[1].denoiser()(x, 0.7), atol=1e-2)


def test_times_of_the_loss():
    """Even log SNR has its quantiles at even log SNR, EDM's has a normal log σ; all of them lie in [0, 1]."""
    u = torch.tensor([0.001, 0.25, 0.5, 0.75, 0.999])
    found = {name: spread(u) for name, (_, spread) in denoisers.KINDS.items()}
    assert all(bool((t > 0).all() and (t <= 1).all()) for t in found.values())
    assert torch.allclose(COSINE.log_snr(found["noise, even log SNR"]), 9 - 19 * u, atol=1e-2)
    deviations = (-0.5 * COSINE.log_snr(found["v, times of EDM"]) + 1.2 - math.log(2)) / 1.2
    assert torch.allclose(torch.special.ndtr(deviations), u, atol=1e-3)


@pytest.mark.slow
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
