"""What the cheapest models score where no network has the plain task of pictures, which `tools.zoo.sets` has.

Each task is measured by the recipe of the networks that it stands beside: on the same held-out data, with the same
features and as many samples, under the same names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from gmcourse.data import faces
from gmcourse.zoo.cheap import Rows
from gmcourse_recipes import (
    dcgan_digits,
    gan_grid_literature,
    gan_grid_remedies,
    plane_flow_moons,
    plane_flow_rings,
    sr_regression_faces,
    sr_regression_faces_64,
    sr_regression_photos,
    srflow_faces,
    srflow_faces_64,
    srflow_photos,
    stylegan_contest_faces,
)
from tools.zoo.tasks import attributes, characters, codes, enlarging, pictures, plane

Metrics = Mapping[str, str]  # of a manifest → of a row


@dataclass(frozen=True)
class Task:
    """One thing that networks were trained for, and what measures cheap models of it.

    Attributes:
        data: what the models are fitted to and measured on, in words.
        measure: gives the rows, which have the seconds of each fit beside the measurements.
        compared: trained model → which metric of its manifest is which measurement of the rows.
        network: whether the zoo's features are those that distances are taken of.
    """

    data: str
    measure: Callable[[], Rows]
    compared: Mapping[str, Metrics]
    network: bool = False


def same(*names: str) -> Metrics:
    """Say that measurements have the names that they have in manifests."""
    return {name: name for name in names}


ANSWERS = same("test_psnr_db", "test_lr_psnr_db")
DRAWS = same("test_bits_per_dim", "test_psnr_db_at_0.8", "test_lr_psnr_db_at_0.8")
WORDS = ("frechet", "precision", "recall")
RUNS = range(gan_grid_literature.RUNS)
CONTESTANTS = [(name, run) for name in ("adain", "stylegan2") for run in range(stylegan_contest_faces.RUNS)]
GRID = {words.replace("_", " "): words for words in ("fewest_modes", "most_modes", "good_samples")}
KINDS = ("", "clean_", "blurred_", "noisy_", *(f"{name}_" for name in faces.NAMES))
ATTRIBUTES = same(*(f"test_error_{kind}share_of_range" for kind in KINDS))

TASKS: Mapping[str, Task] = {
    "faces, 8 to 32": Task(
        sr_regression_faces.RECIPE.described,
        partial(enlarging.measure, sr_regression_faces.TASK, sr_regression_faces.RECIPE, srflow_faces.PLAIN),
        {**dict.fromkeys(("sr_regression_faces", "sr_adversarial_faces"), ANSWERS), "srflow_faces": DRAWS},
    ),
    "faces, 8 to 64": Task(
        sr_regression_faces_64.RECIPE.described,
        partial(
            enlarging.measure, sr_regression_faces_64.TASK, sr_regression_faces_64.RECIPE, srflow_faces_64.RECIPE
        ),
        {"sr_regression_faces_64": ANSWERS, "srflow_faces_64": DRAWS},
    ),
    "photos, 8 to 32": Task(
        sr_regression_photos.RECIPE.described,
        partial(enlarging.measure, sr_regression_photos.TASK, sr_regression_photos.RECIPE, srflow_photos.RECIPE),
        {"sr_regression_photos": ANSWERS, "srflow_photos": DRAWS},
    ),
    "faces, 32 components": Task(
        "10,000 faces of 32×32 pixels; distances are of 32 principal components, to 1,000 test faces",
        pictures.of_dcgan_faces,
        {"dcgan_faces": same(*pictures.DISTANCES)},
    ),
    "faces_16": Task(
        "10,000 faces of 16×16 pixels; distances are of the zoo's features, to 1,000 test faces",
        pictures.of_stylegan_contest,
        {"stylegan_contest_faces": {f"frechet_{name}_{run}": "frechet" for name, run in CONTESTANTS}},
        network=True,
    ),
    "digits, 16 components": Task(
        "1,437 digits; distances are of 16 principal components, to 360 test digits, means over fifteen draws",
        pictures.of_dcgan_digits,
        {"dcgan_digits": {f"{name}: {word}": word for name in set(dcgan_digits.NAMES) for word in WORDS}},
    ),
    "digits, 1221": Task(
        "1,221 digits, and 200 test digits",
        pictures.of_flow_matching_digits,
        {"flow_matching_digits": same("test_bits_per_dim")},
    ),
    "digits, two numbers": Task(
        "1,437 digits, and 360 test digits",
        codes.two_numbers,
        {"ae_digits_2d": same("test_squared_error")},
    ),
    "digits, ink": Task(
        "1,437 digits, and 360 test digits, whose grey is a probability of ink",
        codes.tables,
        dict.fromkeys(
            ("vae_digits_2d", "vae_digits_2d_beta_4", "vae_digits_2d_beta_tenth"), same("test_negative_elbo_nats")
        ),
    ),
    "digits, clusters": Task(
        "1,437 digits, and 360 test digits",
        codes.clusters,
        {"cluster_gan_digits": same("purity_of_codes", "share_in_cluster_of_own_majority")},
    ),
    "faces, attributes": Task(
        "38,000 faces of 32×32 pixels, blurred and noised a little, and 2,000 test faces",
        attributes.measure,
        {
            "attribute_network": ATTRIBUTES,
            "features": {"test_attribute_error_share_of_range": "test_error_share_of_range"},
        },
    ),
    "prose": Task(
        "177,942 characters, and 20,000 held-out ones",
        characters.measure,
        {"transformer_prose": same("test_bits_per_character")},
    ),
    "two_moons": Task(
        "20,000 points, and 20,000 to choose by",
        partial(plane.from_truth, "two_moons", plane_flow_moons.RECIPE),
        dict.fromkeys(("plane_flow_moons", "plane_nice_moons"), same("kl_to_truth_nats")),
    ),
    "rings": Task(
        "20,000 points, and 20,000 to choose by",
        partial(plane.from_truth, "rings", plane_flow_rings.RECIPE),
        {"plane_flow_rings": same("kl_to_truth_nats")},
    ),
    "twenty_five_gaussians": Task(
        "20,000 points for each of five fits",
        plane.grid,
        {
            "gan_grid_literature": same(*(f"{word}_{run}" for word in ("modes", "good_samples") for run in RUNS)),
            "gan_grid_remedies": {
                f"{name}: {words}": key for name in gan_grid_remedies.SEEDS for words, key in GRID.items()
            },
        },
    ),
}
COMPARED: Mapping[str, tuple[str, Metrics]] = {
    model: (name, metrics) for name, task in TASKS.items() for model, metrics in task.compared.items()
}
