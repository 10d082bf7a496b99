"""One face through all families: the pictures in the page are those of the zoo, and its numbers are the package's."""

import pytest
import torch

from gmcourse import zoo
from gmcourse.flows import Dequantized
from gmcourse.metrics.likelihood import bits_per_dim
from tests.site.conftest import TOLERANCE
from tools.live import wire
from tools.live.families import DIMS, FAMILIES, log_bins
from tools.live.one_face import LEG, STOPS, given, way
from tools.live.weights import weights_file

ROUNDING = 1 / 254 + 1e-6  # half of a step of the widest row
NAMES = (
    "one normal",
    "VAE",
    "two levels",
    "NICE",
    "Glow",
    "diffusion",
    "flow matching",
    "DCGAN",
    "StyleGAN2",
)


@pytest.fixture(scope="module")
def page(open_with):
    page = open_with("runtime", "weights/one_face", "one_face")
    page.evaluate("() => { window.all = gm.oneFace(gm.weights('one_face')); }")
    return page


@pytest.fixture(scope="module")
def exported():
    return wire.read(weights_file("one_face").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def walks(exported):
    """Family → what it shows on the way, (16, 3, 32, 32) in [0, 1]."""
    assert tuple(each["name"] for each in exported.described["families"]) == NAMES
    assert len(NAMES) == len(FAMILIES)
    pictures = exported.numbers["walk"].unflatten(2, (3, 32, 32)) + 0.5
    assert pictures.shape[1] == (STOPS - 1) * LEG + 1
    return dict(zip(NAMES, pictures, strict=True))


def test_who_gives_back_what_was_given(walks):
    """Bijections give back anything; what has few numbers, or is searched for, does not, least of all no face."""
    x = given().double() / 255
    assert torch.equal(x[1, :, :12], x[2, :, :12])  # the bar lies over one and the same face
    for name, walk in walks.items():
        error = (walk[::LEG] - x).flatten(1).square().mean(1).sqrt()
        if name in ("one normal", "NICE", "Glow", "flow matching"):
            assert error.max() < 0.004
        else:
            assert error.min() > 0.006
            if name != "diffusion":  # its steps of the first order lose a little of any picture
                assert error[2:].min() > error[:2].max()


@torch.no_grad()
def test_walks_are_those_of_the_models(walks):
    x = given() / 255
    vae, nice, glow = (zoo.load(name) for name in ("vae_faces", "nice_faces", "glow_faces"))
    expected = {
        "one normal": way(x),  # an affine map takes straight lines to straight lines
        "VAE": vae.decode(way(vae.encode(x)[0])),
        "NICE": nice.inverse(way(nice(x.flatten(1))[0])).reshape(-1, 3, 32, 32),
        "Glow": glow.inverse(way(glow(x)[0])),
    }
    for name, pictures in expected.items():
        assert (walks[name] - pictures.clamp(0, 1)).abs().max() < ROUNDING + 2e-4, name


@torch.no_grad()
def test_bits_are_those_of_the_package(exported):
    bits = dict(zip(NAMES, exported.numbers["bits"], strict=True))
    levels = given().long() // 8
    for name, model in (("NICE", "nice_faces"), ("Glow", "glow_faces")):
        torch.manual_seed(5)
        law, pixels = Dequantized(zoo.load(model), 32), levels.flatten(1) if name == "NICE" else levels
        found = torch.stack([bits_per_dim(law.log_prob(pixels), DIMS) for _ in range(8)])
        error = found.std(0) * (2 / 8) ** 0.5
        assert ((found.mean(0) - bits[name]).abs() < 5 * error + 4e-3).all()
    assert (bits["VAE"] > bits["two levels"]).all()
    assert all((bits[name] == -1).all() for name in NAMES[5:])


def test_bins_add_up_to_one():
    every, centres = torch.arange(32)[:, None], torch.linspace(-0.5, 1.5, 41, dtype=torch.float64)
    mass = torch.stack([log_bins(every, centre, torch.tensor(0.05)).exp().sum() for centre in centres])
    assert torch.allclose(mass, torch.ones_like(mass))


def test_the_page_knows_errors_and_fades(page, walks):
    x = given().double() / 255
    for step in (0, 3, 5, 11, 15):
        fade = torch.tensor(page.evaluate("step => [...all.fade(step)]", step))
        assert (fade - way(x)[step].flatten()).abs().max() < TOLERANCE
    for k, name in enumerate(NAMES):
        for stop in range(STOPS):
            expected = (walks[name][stop * LEG] - x[stop]).square().mean().sqrt()
            got = page.evaluate("([k, stop]) => all.error(k, stop)", [k, stop])
            assert got == pytest.approx(float(expected), abs=TOLERANCE)
