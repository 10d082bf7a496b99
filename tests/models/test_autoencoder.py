"""Autoencoders: the best denoiser follows the density, and codes survive a file."""

import itertools

import pytest
import torch

from gmcourse.models.autoencoder import (
    Autoencoder,
    CodeCompressor,
    add_noise,
    compression,
)
from gmcourse.training import Minimize, fit


@pytest.mark.parametrize("network", ["mlp", "conv"])
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32), (1, 28, 28)])
def test_shapes_and_gradients(network, shape):
    model = Autoencoder(list(shape), 5, network=network, hidden=[8])
    x = torch.rand(3, *shape)
    assert model.encode(x).shape == (3, 5)
    assert model(x).shape == x.shape
    assert model.squared_error(x).shape == (3,)
    model.loss(x, sigma=0.3)["loss"].backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_the_error_is_a_sum_over_pixels_against_the_clean_image():
    model = Autoencoder((1, 4, 4), 2, hidden=(8,))
    x, noise = torch.rand(2, 1, 4, 4), torch.randn(2, 1, 4, 4)
    expected = (x - model(x + 0.5 * noise)).square().sum((1, 2, 3))
    assert torch.allclose(model.squared_error(x, 0.5, noise), expected)


def test_it_learns():
    torch.manual_seed(0)
    x = torch.rand(64, 2).round()[:, :, None, None].expand(-1, -1, 2, 2)[:, :1].contiguous()
    model = Autoencoder((1, 2, 2), 1, hidden=(16,))
    before = float(model.squared_error(x).mean().detach())
    step = Minimize(model.loss, model, torch.optim.Adam(model.parameters(), lr=1e-2))
    fit(step, x, steps=150, batch_size=32, progress=False)
    assert float(model.squared_error(x).mean().detach()) < 0.05 * before


def test_noise():
    x = torch.rand(400, 3, 4, 4)
    assert abs(float((add_noise(x, 0.3) - x).std()) - 0.3) < 0.01


def test_entropy_coding_is_lossless_and_as_short_as_shannon_says():
    table = (40_000, 20_000, 5_000, 535, 1)
    g = torch.Generator().manual_seed(0)
    p = torch.tensor(table, dtype=torch.float64) / 2**16
    symbols = torch.multinomial(p, 3000, replacement=True, generator=g)
    data = compression.encode(symbols.tolist(), [table] * 3000)
    assert compression.decode(data, [table] * 3000) == symbols.tolist()
    shannon = float(-p.log2()[symbols].sum())
    assert 0 <= 8 * len(data) - shannon < 24  # three bytes for the start
    assert compression.decode(compression.encode([], []), []) == []


def test_damaged_messages_and_bad_tables():
    table = (60_000, 5_536)
    data = compression.encode([0, 1, 0, 1] * 20, [table] * 80)
    with pytest.raises(ValueError, match="those that were written with these tables"):
        compression.decode(data[:-1], [table] * 80)
    for count in (79, 81, 800):
        with pytest.raises(ValueError, match="written with these tables"):
            compression.decode(data, [table] * count)
    with pytest.raises(ValueError, match="sum 65536"):
        compression.encode([0], [(1, 2)])
    with pytest.raises(ValueError, match="symbol 2"):
        compression.encode([2], [table])
    with pytest.raises(ValueError, match="2 symbols and 1 tables"):
        compression.encode([0, 1], [table])


def test_codes_through_a_file():
    g = torch.Generator().manual_seed(0)
    train, test = torch.randn(500, 4, generator=g), torch.randn(60, 4, generator=g)
    sizes = []
    for step in (1.0, 0.5, 0.25):
        compressor = CodeCompressor(train, step)
        assert all(sum(table) == 2**16 for table in compressor.tables)
        data = compressor.compress(test)
        back = compressor.decompress(data, len(test))
        inside = (test > train.amin(0)) & (test < train.amax(0))
        assert ((back - test).abs()[inside] <= step / 2 + 1e-6).all()
        assert 0 <= 8 * len(data) - float(compressor.bits(test).sum()) < 24  # three bytes for the start
        sizes.append(8 * len(data) / len(test))
    # half the step costs one bit more in each of four dimensions
    assert all(3 < later - earlier < 5 for earlier, later in itertools.pairwise(sizes))


def test_codes_beyond_the_training_range_are_cut_to_it():
    compressor = CodeCompressor(torch.tensor([[0.0], [1.0], [2.0]]), 0.5)
    far = torch.tensor([[-40.0], [40.0]])
    assert compressor.decompress(compressor.compress(far), 2).tolist() == [[0.0], [2.0]]
