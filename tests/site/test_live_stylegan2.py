"""The StyleGAN2 that runs in the page computes what torch does with the same rounded weights."""

import pytest
import torch

from gmcourse import zoo
from gmcourse.models.stylegan2 import Generator, mix
from tests.site.conftest import TOLERANCE
from tools.live.stylegan2 import as_script, rounded


@pytest.fixture(scope="module")
def page(open_with):
    page = open_with("runtime", "style_mixing")
    return page


def small() -> Generator:
    """Untrained, with all widths different, biases and noise that count."""
    torch.manual_seed(0)
    generator = Generator(z_dim=5, w_dim=6, resolution=16, mapping_layers=3, channel_base=112, channel_max=12).eval()
    for name, parameter in generator.named_parameters():
        if name.endswith(("bias", "noise_strength")):
            torch.nn.init.normal_(parameter, std=0.7)
    torch.nn.init.normal_(generator.mapping.w_mean)
    return generator.requires_grad_(False)


def trained() -> Generator:
    generator = zoo.load("stylegan2_faces")
    assert isinstance(generator, Generator)
    return generator


@torch.no_grad()
@pytest.mark.parametrize("which", [small, trained])
def test_pictures_are_those_of_torch(page, which):
    generator = which()
    ours = rounded(generator)
    if which is small:
        page.evaluate(as_script(generator))
    else:
        page.evaluate("gm.load('weights/stylegan2_faces.js')")
    page.evaluate("() => { window.generator = gm.styleGenerator(gm.weights('stylegan2_faces')); }")
    sides = page.evaluate("generator.sides")
    assert len(sides) == ours.synthesis.n_styles

    z = torch.randn(2, ours.mapping.z_dim, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    for truncation, crossover, noise in ((1.0, 3, "fixed"), (0.5, 0, "none"), (-0.7, 5, "fixed")):
        ws = ours.styles(z, truncation=truncation)
        ws = mix(ws[:1], ws[1:], crossover)
        got = page.evaluate(
            """([z, psi, crossover, noisy]) => {
              const [a, b] = z.map((each) => generator.truncate(generator.map(each), psi));
              const ws = generator.sides.map((_, i) => (i < crossover ? a : b));
              const pictures = generator.pictures(ws, noisy).map(({ data }) => [...data]);
              return { ws: ws.map((w) => [...w]), pictures };
            }""",
            [z.tolist(), truncation, crossover, noise == "fixed"],
        )
        assert (torch.tensor(got["ws"], dtype=torch.float64) - ws[0]).abs().max() < TOLERANCE
        expected = ours.synthesis(ws, noise)
        assert expected.std() > 0.1
        last = torch.tensor(got["pictures"][-1], dtype=torch.float64)
        assert (last - expected.flatten()).abs().max() < TOLERANCE
        first = ours.synthesis.contributions(ws, noise)[0][1]
        smallest = torch.tensor(got["pictures"][0], dtype=torch.float64)
        assert (smallest - first.flatten()).abs().max() < TOLERANCE


@torch.no_grad()
def test_rounding_changes_little():
    """A grey level on average: eight bits a weight of the 3×3 convolutions, sixteen of the rest."""
    generator = trained()
    z = torch.randn(20, generator.mapping.z_dim, generator=torch.Generator().manual_seed(0))
    exact = generator(z, truncation=0.7, noise="fixed").clamp(-1, 1)
    coarse = rounded(generator)(z.double(), truncation=0.7, noise="fixed").clamp(-1, 1)
    assert 0 < 127.5 * (exact - coarse).abs().mean() < 1
