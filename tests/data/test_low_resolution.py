"""Low resolutions: what a smooth picture becomes, sizes that do not fit, and nothing aliases."""

import torch

from gmcourse.data.images import Images
from gmcourse.data.low_resolution import downsample, pairs, upsample
from gmcourse.metrics.reconstruction import lr_psnr


def images(n=4, size=16, levels=256):
    pixels = torch.randint(0, levels, (n, 3, size, size), dtype=torch.uint8)
    return Images(pixels, torch.arange(n), levels, ("a",))


def test_a_constant_stays_and_a_ramp_is_sampled_in_its_middle():
    assert torch.allclose(downsample(torch.full((1, 3, 8, 8), 0.3), 4), torch.full((1, 3, 2, 2), 0.3))
    ramp = torch.linspace(0, 1, 32).expand(1, 1, 32, 32)
    low = downsample(ramp, 4)[0, 0, 0]
    middles = ramp[0, 0, 0].reshape(8, 4).mean(1)
    assert torch.allclose(low[2:-2], middles[2:-2], atol=1e-6)  # the kernel is cut at the border


def test_a_pattern_too_fine_to_be_seen_becomes_grey():
    board = (torch.arange(16)[:, None] + torch.arange(16)) % 2
    low = downsample(board.double().expand(1, 1, 16, 16), 4)
    assert (low - 0.5).abs().max() < 0.02  # picking every fourth pixel would give all 0


def test_pairs_fit_together():
    both = pairs(images(), 4)
    assert both.high.shape == (4, 3, 16, 16)
    assert both.low.shape == (4, 3, 4, 4)
    assert torch.equal((both.low * 255).round() / 255, both.low)
    # rounding to 8 bits is all that parts them
    found = lr_psnr(both.unit(), both.low, lambda x: downsample(x, 4))
    assert (found > 55).all()
    assert torch.equal(both[1:3].labels, torch.tensor([1, 2]))
    assert upsample(both.low, 4).shape == both.high.shape
