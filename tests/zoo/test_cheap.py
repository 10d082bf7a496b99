"""What the cheap models scored: written by the tool, read by lessons and manifests."""

import pytest
import torch

from gmcourse import zoo
from gmcourse.zoo import store
from tools.zoo import baselines


@pytest.mark.parametrize("data", baselines.SETS)
def test_every_set_has_its_rows(data):
    rows = zoo.baselines(data)
    floor = rows.pop("training pictures")
    assert set(floor) == {"frechet", "precision", "recall"}
    sizes = {"faces_64": 4, "faces, 2000": 5, "faces": 5, "mnist, binarised": 3}
    assert len(rows) == sizes.get(data, 8)
    own = {"negative_log_probability_nats"} if data == "mnist, binarised" else set()
    for name, row in rows.items():
        assert set(row) == {"bits_per_dim", "density_nats", *floor, "seconds", *own}, name
        assert row["frechet"] > 0.5 * floor["frechet"], name
    name, number = zoo.best_baseline(data)
    assert number == min(row["bits_per_dim"] for row in rows.values()) == rows[name]["bits_per_dim"]


def test_unknown_words_are_named():
    with pytest.raises(
        ValueError, match="expected one of 'digits', 'digits, copies', 'digits, halves', 'digits, orders', "
    ):
        zoo.baselines("cats")


@pytest.mark.parametrize("name", baselines.COMPARED)
def test_manifests_have_the_cheap_models_numbers(name):
    described = zoo.manifest(name)
    assert described.baselines == baselines.compared(described).baselines
    for row in described.baselines.values():
        assert set(row) <= set(described.metrics), "the same measurement"
    assert len(described.baselines) >= {"stylegan2_faces_64": 4, "vae_mnist": 3, "iwae_mnist": 3}.get(name, 5)


def test_a_covariance_that_is_too_large_is_left_out():
    for dims, there in ((baselines.FULL, True), (baselines.FULL + 1, False)):
        fits = baselines.models(baselines.SETS["faces_64"], torch.zeros(2, dims), torch.zeros(2))
        assert ("full normal" in fits) == there
        assert "low-rank normal" in fits


def test_what_is_written_is_what_is_measured_again(tmp_path, monkeypatch):
    """The digits take a second; other processors round otherwise."""
    monkeypatch.setattr(store, "WEIGHTS", tmp_path)
    baselines.write(["digits"])
    found = zoo.baselines("digits")
    monkeypatch.undo()
    for name, row in zoo.baselines("digits").items():
        for key, value in row.items():
            if key in ("bits_per_dim", "frechet"):
                assert found[name][key] == pytest.approx(value, rel=0.02), (name, key)
