"""What the cheap models scored: written by the tool, read by lessons and manifests."""

import pytest
import torch

from gmcourse import zoo
from gmcourse.zoo import store
from gmcourse_recipes import running
from tools.zoo import baselines, fits

# how many cheap models stand beside a trained one, where these are fewer than five
FEWEST = {
    "stylegan2_faces_64": 4,
    **dict.fromkeys(("vae_mnist", "iwae_mnist", "iwae_mnist_50", "transformer_prose", "dcgan_faces"), 3),
    **dict.fromkeys(("vae_digits_2d", "vae_digits_2d_beta_4", "vae_digits_2d_beta_tenth"), 4),
    **dict.fromkeys(("sr_regression_faces", "sr_regression_faces_64", "sr_regression_photos"), 2),
    **dict.fromkeys(("sr_adversarial_faces", "attribute_network", "features"), 2),
    **dict.fromkeys(("plane_flow_moons", "plane_flow_rings", "plane_nice_moons"), 2),
    **dict.fromkeys(("srflow_faces", "srflow_faces_64", "srflow_photos"), 1),
    **dict.fromkeys(("gan_grid_literature", "gan_grid_remedies", "ae_digits_2d", "cluster_gan_digits"), 1),
}
# trained models that no cheap model stands beside, and why
WITHOUT = {
    "smile_by_skin": "an experiment about data: seventy classifiers that differ in what they were trained on. What "
    "is asked is how far each treatment moves their accuracy, beside the set as it is and beside as many new faces",
}


@pytest.mark.parametrize("data", baselines.SETS)
def test_every_set_has_its_rows(data):
    rows = zoo.baselines(data)
    floor = rows.pop("training pictures")
    assert set(floor) == {"frechet", "precision", "recall"}
    sizes = {"faces_64": 4, "faces, 2000": 5, "faces": 5, "mnist": 9, "mnist, binarised": 3}
    assert len(rows) == sizes.get(data, 8)
    own = {"negative_log_probability_nats"} if data == "mnist, binarised" else set()
    for name, row in rows.items():
        assert set(row) == {"bits_per_dim", "density_nats", *floor, "seconds", *own}, name
        assert row["frechet"] > 0.5 * floor["frechet"], name
    name, number = zoo.best_baseline(data)
    assert number == min(row["bits_per_dim"] for row in rows.values()) == rows[name]["bits_per_dim"]


def test_normals_of_clusters_beat_those_of_digits_and_the_network():
    """They see no labels, so NICE of the paper's size has to be read beside them."""
    rows, nice = zoo.baselines("mnist"), zoo.manifest("nice_mnist_paper")
    clusters = rows["full normal, one a cluster"]["density_nats"]
    assert clusters > max(rows["full normal, one a class"]["density_nats"], nice.metrics["test_density_nats"])
    assert nice.baselines["full normal, one a cluster"]["test_density_nats"] == clusters


def test_unknown_words_are_named():
    with pytest.raises(
        ValueError, match="expected one of 'digits', 'digits, 1221', 'digits, 16 components', 'digits, clusters', "
    ):
        zoo.baselines("cats")


def test_what_is_compared_has_a_recipe():
    """Some of them have no model yet: when it is published, the cheap models' numbers come with it."""
    assert set(baselines.COMPARED) <= set(running.names())


@pytest.mark.parametrize("name", [name for name in baselines.COMPARED if name in zoo.names()])
def test_manifests_have_the_cheap_models_numbers(name):
    described = zoo.manifest(name)
    assert described.baselines == baselines.compared(described).baselines
    for row in described.baselines.values():
        assert set(row) <= set(described.metrics), "the same measurement"
    assert len(described.baselines) >= FEWEST.get(name, 5)


@pytest.mark.parametrize("name", zoo.names())
def test_every_trained_model_has_cheap_ones_beside_it_or_a_reason(name):
    described = zoo.manifest(name)
    assert bool(described.baselines) != (name in WITHOUT)
    for model, row in described.baselines.items():
        assert row, model
        assert set(row) <= set(described.metrics), f"{model}: not the same measurement"


@pytest.mark.parametrize("name", baselines.TASKS)
def test_every_task_has_what_it_compares(name):
    task, rows = baselines.TASKS[name], zoo.baselines(name)
    measured = set().union(*rows.values())
    for model, metrics in task.compared.items():
        assert set(metrics) <= set(zoo.manifest(model).metrics), model
        assert set(metrics.values()) <= measured, model
    fitted = {model for model in rows if model not in ("bicubic", "median")}
    assert all(rows[model]["seconds"] >= 0 for model in fitted)


def test_a_covariance_that_is_too_large_is_left_out():
    for dims, there in ((fits.FULL, True), (fits.FULL + 1, False)):
        found = fits.models(baselines.SETS["faces_64"], torch.zeros(2, dims), torch.zeros(2))
        assert ("full normal" in found) == there
        assert "low-rank normal" in found


DIGITS = ("digits, 1221", "digits, two numbers", "digits, ink", "digits, clusters")


@pytest.mark.parametrize("name", [*DIGITS, pytest.param("prose", marks=pytest.mark.slow)])
def test_a_task_measured_again_has_the_same_numbers(name):
    """These take a second or a few; other processors round otherwise."""
    found = baselines.measure_task(name)["models"]
    for model, row in zoo.baselines(name).items():
        assert set(found[model]) == set(row)
        for key in set(row) - {"seconds"}:
            assert found[model][key] == pytest.approx(row[key], rel=0.02), (model, key)


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
