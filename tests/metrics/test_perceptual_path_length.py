"""Perceptual path length: the authors' sampler, and a case where the answer is known."""

import pytest
import torch

from gmcourse.converters.nvlabs_stylegan2 import generator_from_nvlabs
from gmcourse.metrics.perceptual import filtered_mean, path_distances
from tests.conftest import assert_close


@pytest.mark.parametrize("space", ["w", "z"])
@pytest.mark.parametrize("sampling", ["end", "full"])
@torch.no_grad()
def test_the_authors_sampler(golden, space, sampling):
    g = golden("metrics_a")
    generator = generator_from_nvlabs(g.weights("G.")).eval()

    def generate(codes):
        w = generator.mapping(codes) if space == "z" else codes
        return generator.synthesis(w[:, None].expand(-1, generator.synthesis.n_styles, -1), "fixed")

    def distance(x, y):
        features = [((p + 1) * 127.5).flatten(1) @ g.x("ppl_proj") for p in (x, y)]
        return (features[0] - features[1]).square().sum(1)

    ends = g.x("ppl_z").chunk(2)
    if space == "w":
        ends = [generator.mapping(z) for z in ends]
    t = g.x("ppl_t") if sampling == "full" else None
    found = path_distances(generate, distance, *ends, t=t, spherical=space == "z")
    # a difference of pictures at 1e-4: what is left of double precision is about 1e-8 of it
    assert_close(found, g.out(f"ppl_dist_{space}_{sampling}"), 1e-6)


def test_the_filter(golden):
    g = golden("metrics_a")
    values = g.x("ppl_dist")
    assert abs(filtered_mean(values) - float(g.out("ppl_filtered_mean"))) < 1e-9
    kept = values[(values >= g.out("ppl_lo")) & (values <= g.out("ppl_hi"))]
    assert abs(filtered_mean(values) - float(kept.mean())) < 1e-9


def test_a_linear_generator_has_the_length_of_its_image():
    torch.manual_seed(0)
    matrix = torch.randn(4, 9, dtype=torch.float64)
    start, end = torch.randn(5, 4, dtype=torch.float64), torch.randn(5, 4, dtype=torch.float64)
    found = path_distances(lambda w: w @ matrix, lambda a, b: (a - b).square().sum(1), start, end)
    assert_close(found, ((end - start) @ matrix).square().sum(1), 1e-6)
