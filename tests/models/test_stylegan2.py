"""StyleGAN2: the authors' numbers, what each mechanism claims, and errors that say what to do."""

import math

import pytest
import torch
from torch.nn import functional as F

from gmcourse.adversarial import losses, path_lengths, r1_penalty
from gmcourse.adversarial.penalties import input_gradients, path_length_penalty
from gmcourse.converters.nvlabs_stylegan2 import discriminator_from_nvlabs, generator_from_nvlabs
from gmcourse.models.stylegan2 import (
    Discriminator,
    Generator,
    Mapping,
    adain,
    as_pictures,
    demodulation,
    minibatch_std,
    mix,
    modulated_conv2d,
    normalize_second_moment,
)
from gmcourse.models.stylegan2.game import game
from gmcourse.models.stylegan2.projection import project
from gmcourse.nn.resample import fir_kernel, upsample
from tests.conftest import assert_close, stop_after

SMALL = {"resolution": 16, "channel_base": 128, "channel_max": 8}


@pytest.fixture
def authors(golden):
    g = golden("stylegan2_a")
    generator = generator_from_nvlabs(g.weights("G.")).eval()
    discriminator = discriminator_from_nvlabs(g.weights("D."), group=g.config["mbstd_group"])
    return g, generator, discriminator


@pytest.fixture
def generator():
    torch.manual_seed(0)
    return Generator(z_dim=5, w_dim=7, mapping_layers=2, **SMALL).eval()


# ---- the authors' numbers -------------------------------------------------------------------------------


@torch.no_grad()
def test_mapping_and_truncation(authors):
    g, generator, _ = authors
    z, psi, cutoff = g.x("z"), g.config["psi"], g.config["cutoff"]
    w = generator.mapping(z)
    assert_close(w, g.out("w"))
    assert_close(generator.mapping.truncate(w, psi), g.out("ws_psi"))
    assert_close(generator.styles(z, truncation=psi, cutoff=cutoff), g.out("ws_psi_cutoff"))


@torch.no_grad()
def test_a_short_mapping_network(golden):
    g = golden("stylegan2_a")
    mapping = Mapping(g.config["z_dim"], g.config["w_dim"], n_layers=g.config["num_layers_short"]).double()
    names = {"w_mean": "w_avg"}
    names |= {f"layers.{i}.{part}": f"fc{i}.{part}" for i in range(2) for part in ("weight", "bias")}
    mapping.load_state_dict({ours: g.w(f"mapping_short.{theirs}") for ours, theirs in names.items()})
    w = mapping.eval()(g.x("z"))
    assert_close(w, g.out("w_short"))
    assert_close(mapping.truncate(w, g.config["psi"]), g.out("w_short_psi"))


def test_the_moving_average_of_w(authors):
    g, generator, _ = authors
    before = generator.mapping.w_mean.clone()
    generator.mapping(g.x("z"))
    assert torch.equal(generator.mapping.w_mean, before), "evaluation must not move it"
    generator.mapping.train()(g.x("z"))
    assert_close(generator.mapping.w_mean, g.out("w_avg_after_one_train_step"))


@torch.no_grad()
def test_pictures_and_blocks(authors):
    g, generator, _ = authors
    z = g.x("z")
    assert_close(generator(z, noise="fixed"), g.out("img_const"))
    psi = generator(z, truncation=g.config["psi"], noise="fixed")
    assert_close(psi[:1], g.out("img_const_psi_first"))
    assert_close(generator(z, noise="none")[:1], g.out("img_none_first"))
    mixed = mix(generator.styles(z), generator.styles(g.x("z2")), g.config["mix"])
    assert_close(generator.synthesis(mixed, "fixed")[:1], g.out("img_mix_const_first"))
    picture = None
    for side, (x, added) in zip(
        (4, 8, 16, 32), generator.synthesis.contributions(generator.styles(z), "fixed"), strict=True
    ):
        assert_close(x[:1], g.out(f"block_b{side}_x_sample0"))
        picture = added if picture is None else upsample(picture, generator.synthesis.kernel) + added
        if side < 32:
            assert_close(picture, g.out(f"block_b{side}_img"))
    first, second = generator.synthesis.blocks[:2]
    w = generator.mapping(z)
    assert_close(second.layers[0].style(w), g.out("styles_b8_conv0"))
    assert_close(first.to_rgb.style(w) / math.sqrt(16), g.out("styles_b4_torgb_scaled"))


@torch.no_grad()
def test_discriminator(authors):
    g, _, discriminator = authors
    real = g.x("real")
    assert_close(discriminator(real), g.out("d_logits_real").squeeze(1))
    assert_close(discriminator(real[:4]), g.out("d_logits_real_first4").squeeze(1))
    assert_close(discriminator(g.out("img_const")), g.out("d_logits_fake").squeeze(1))
    h = discriminator.from_rgb(real)
    for side, block in zip((32, 16, 8), discriminator.blocks, strict=True):
        h = block(h)
        assert_close(h[:1], g.out(f"d_block_b{side}_x_sample0"))
    std = minibatch_std(h, g.config["mbstd_group"], g.config["mbstd_channels"])
    assert_close(std.squeeze(1), g.out("d_mbstd_channel_value"))
    with_std = torch.cat([h, std[:, :, None, None].expand(-1, -1, 4, 4)], 1)
    assert_close(discriminator.conv(with_std)[:1], g.out("d_epilogue_conv_sample0"))


def named_gradients(module, names):
    """The gradients under the authors' names; `names` is the converter's table."""
    parameters = dict(module.named_parameters())
    return {theirs: parameters[ours].grad for ours, theirs in names.items() if ours in parameters}


def assert_gradients(g, phase, found):
    wanted = [key.split(".", 2)[2] for key in g.tensors if key.startswith(f"out.grad_{phase}.")]
    assert wanted
    for name in wanted:
        got = found[name]
        got = torch.zeros_like(g.out(f"grad_{phase}.{name}")) if got is None else got
        want = g.out(f"grad_{phase}.{name}")
        if want.abs().max() == 0:
            assert got.abs().max() < 1e-12, name
        else:
            assert_close(got, want, 1e-6)


def generator_gradients(generator):
    from gmcourse.converters.nvlabs_stylegan2 import _generator_names

    return named_gradients(generator, _generator_names(generator, [4, 8, 16, 32]))


def discriminator_gradients(discriminator):
    from gmcourse.converters.nvlabs_stylegan2 import _discriminator_names

    return named_gradients(discriminator, _discriminator_names([4, 8, 16, 32]))


def test_losses_and_gradients_of_the_generator(authors):
    g, generator, discriminator = authors
    _, generator_loss = losses("non_saturating")
    loss = generator_loss(discriminator(generator(g.x("z"), noise="fixed")))
    assert_close(loss.detach(), g.out("loss_Gmain"))
    loss.backward()
    assert_gradients(g, "Gmain", generator_gradients(generator))


def test_path_length_and_its_gradients(authors):
    g, generator, _ = authors
    ws = generator.styles(g.x("z")[: len(g.x("pl_y"))])
    images = generator.synthesis(ws, "fixed")
    y = g.x("pl_y")
    gradients = torch.autograd.grad((images * y / 32).sum(), ws, retain_graph=True)[0]
    assert_close(gradients, g.out("pl_grads_ws"))
    lengths = path_lengths(images, ws, y)
    assert_close(lengths.detach(), g.out("pl_lengths"))
    mean = torch.tensor(g.config["pl_mean0"], dtype=torch.float64)
    penalty, moved = path_length_penalty(lengths, mean, g.config["pl_decay"])
    assert_close(moved, g.out("pl_mean_after"))
    assert_close((lengths - moved).square().detach(), g.out("pl_penalty_per_sample"))
    loss = g.config["pl_weight"] * penalty
    assert_close(loss.detach(), g.out("loss_Gpl"))
    loss.backward()
    assert_gradients(g, "Gpl", generator_gradients(generator))


def test_losses_and_gradients_of_the_discriminator(authors):
    g, generator, discriminator = authors
    discriminator_loss, _ = losses("non_saturating")
    fake = generator(g.x("z"), noise="fixed").detach()
    loss = discriminator_loss(discriminator(g.x("real")[: len(fake)]), discriminator(fake))
    assert_close(loss.detach(), g.out("loss_Dmain"))
    loss.backward()
    assert_gradients(g, "Dmain", discriminator_gradients(discriminator))
    with torch.no_grad():
        assert_close(F.softplus(discriminator(fake)).mean(), g.out("loss_Dgen"))
        assert_close(F.softplus(-discriminator(g.x("real"))).mean(), g.out("loss_Dreal"))


def test_r1_and_its_gradients(authors):
    g, _, discriminator = authors
    real = g.x("real")
    slopes = input_gradients(discriminator, real).flatten(1).square().sum(1)
    assert_close(slopes.detach(), g.out("r1_penalty_per_sample"))
    loss = r1_penalty(discriminator, real, g.config["r1_gamma"])
    assert_close(loss.detach(), g.out("loss_Dr1"))
    loss.backward()
    assert_gradients(g, "Dr1", discriminator_gradients(discriminator))


@torch.no_grad()
def test_primitives(golden):
    g = golden("stylegan2_primitives_a")
    x, styles, kernel = g.x("xs"), g.x("styles"), fir_kernel().double()
    w3, w1 = g.x("weight3"), g.x("weight1")
    assert_close(modulated_conv2d(x, w3, styles), g.out("modconv_k3_demod"))
    assert_close(modulated_conv2d(x, w3, styles, demodulate=False), g.out("modconv_k3_nodemod"))
    assert_close(modulated_conv2d(x, w1, styles, demodulate=False), g.out("modconv_k1_nodemod"))
    up = modulated_conv2d(x, w3, styles, kernel=kernel)
    assert_close(up + g.x("noise_up"), g.out("modconv_k3_up2_demod_noise"))
    assert_close(up, g.out("modconv_k3_up2_demod_unfused"))
    assert_close(modulated_conv2d(x, w3, styles * 1e-5), g.out("modconv_k3_demod_tiny_styles"))
    assert_close(normalize_second_moment(g.x("v")), g.out("normalize_2nd_moment"))
    assert_close(normalize_second_moment(g.x("v") * 1e-4), g.out("normalize_2nd_moment_tiny"))
    batch = g.x("mb")
    assert_close(minibatch_std(batch, 4, 1), g.out("minibatch_std_group4_F1"))
    assert_close(minibatch_std(batch, 4, 2), g.out("minibatch_std_group4_F2"))
    assert_close(minibatch_std(batch, 8), g.out("minibatch_std_groupNone"))
    assert_close(minibatch_std(batch[:1].expand(8, -1, -1, -1)), g.out("minibatch_std_identical"))


# ---- what each mechanism claims -------------------------------------------------------------------------


def grouped(x, weight, styles, eps=1e-8):
    """The paper's words: every picture has weights of its own, and is a group of one big convolution."""
    w = weight[None] * styles[:, None, :, None, None]
    w = w * (w.square().sum((2, 3, 4), keepdim=True) + eps).rsqrt()
    batch, channels, height, width = x.shape
    out = F.conv2d(x.reshape(1, batch * channels, height, width), w.flatten(0, 1), padding=1, groups=batch)
    return out.reshape(batch, -1, height, width)


def test_scaling_activations_is_the_grouped_convolution():
    torch.manual_seed(0)
    x, styles = torch.randn(3, 4, 6, 5).double(), torch.randn(3, 4).double()
    weight = torch.randn(7, 4, 3, 3).double()
    assert_close(modulated_conv2d(x, weight, styles), grouped(x, weight, styles), 1e-12)


def test_demodulation_gives_unit_variance_on_white_noise_without_looking():
    torch.manual_seed(0)
    weight, styles = torch.randn(6, 8, 3, 3), torch.rand(2, 8) * 5
    x = torch.randn(2, 8, 200, 200)
    inside = modulated_conv2d(x, weight, styles)[:, :, 1:-1, 1:-1]
    assert ((inside.std((2, 3)) - 1).abs() < 0.05).all()
    # twice the activation gives twice the output: the statistics of x are not looked at
    assert_close(modulated_conv2d(2 * x, weight, styles), 2 * modulated_conv2d(x, weight, styles), 1e-5)
    assert demodulation(weight, styles).shape == (2, 6)


def test_adain_sets_mean_and_deviation_and_lets_a_spike_dim_the_rest():
    torch.manual_seed(0)
    x, scale, shift = (
        torch.randn(2, 3, 8, 8).double(),
        torch.rand(2, 3).double() + 1,
        torch.randn(2, 3).double(),
    )
    out = adain(x, scale, shift)
    assert_close(out.mean((2, 3)), shift, 1e-12)
    assert_close(out.std((2, 3), correction=0), scale, 1e-6)
    spiked = x.clone()
    spiked[..., 0, 0] = 1000.0
    rest = adain(spiked, scale, shift)[..., 4:, 4:]
    assert (rest.std((2, 3)) < 0.05).all()


def test_noise_is_one_picture_for_all_channels(generator):
    layer = generator.synthesis.blocks[1].layers[1]
    x, w = torch.randn(2, 8, 8, 8), torch.randn(2, 7)
    with torch.no_grad():
        torch.manual_seed(1)
        assert torch.equal(layer(x, w, "random"), layer(x, w, "none")), "strength starts at zero"
        layer.noise_strength.fill_(0.3)
        layer.bias.fill_(100.0)  # far on the right, where the leaky ReLU is linear
        torch.manual_seed(1)
        change = layer(x, w, "random") - layer(x, w, "none")
        assert torch.allclose(change, change[:, :1].expand_as(change), atol=1e-3)
        assert not torch.allclose(change[0], change[1], atol=1e-2), "each picture has its own"
        assert torch.equal(layer(x, w, "fixed"), layer(x, w, "fixed"))


def test_noise_can_be_chosen_by_layer(generator):
    for parameter in generator.parameters():
        if parameter.ndim == 0:
            parameter.data.fill_(0.5)
    ws = generator.styles(torch.randn(1, 5))
    with torch.no_grad():
        only_last = ["none"] * 4 + ["fixed"]
        assert not torch.equal(generator.synthesis(ws, only_last), generator.synthesis(ws, "none"))
        assert torch.equal(generator.synthesis(ws, ["fixed"] * 5), generator.synthesis(ws, "fixed"))


def test_widths_and_the_number_of_styles(generator):
    assert generator.synthesis.n_styles == 6
    ws = generator.styles(torch.randn(2, 5))
    assert ws.shape == (2, 6, 7)
    assert generator(torch.randn(2, 5)).shape == (2, 3, 16, 16)
    assert generator.sample(3).shape == (3, 3, 16, 16)
    assert Discriminator(**SMALL)(torch.randn(4, 3, 16, 16)).shape == (4,)


def test_truncation_ends_at_the_average_and_leaves_the_rest(generator):
    generator.mapping.w_mean.copy_(torch.randn(7))
    z = torch.randn(2, 5)
    assert torch.allclose(generator.styles(z, truncation=0.0)[0, 0], generator.mapping.w_mean)
    half = generator.styles(z, truncation=0.0, cutoff=2)
    assert torch.equal(half[:, 2:], generator.styles(z)[:, 2:])
    assert not torch.equal(half[:, :2], generator.styles(z)[:, :2])


def test_the_skip_sum_is_the_picture(generator):
    ws = generator.styles(torch.randn(2, 5))
    with torch.no_grad():
        parts = [added for _, added in generator.synthesis.contributions(ws, "none")]
        total = parts[0]
        for part in parts[1:]:
            total = upsample(total, generator.synthesis.kernel) + part
        assert torch.equal(total, generator.synthesis(ws, "none"))


def test_mixing_in_training_only():
    torch.manual_seed(0)
    generator = Generator(z_dim=5, w_dim=7, mapping_layers=1, style_mixing=1.0, **SMALL)
    z = torch.randn(2, 5)
    with torch.no_grad():
        plain = generator.synthesis(generator.styles(z), "none")
        assert not torch.equal(generator(z, noise="none"), plain)
        assert torch.equal(generator.eval()(z, noise="none"), plain)
        ws = torch.zeros(2, 6, 7)
        counts = [int((generator.mixed(z, ws)[0, :, 0] != 0).sum()) for _ in range(200)]
    assert set(counts) == {1, 2, 3, 4, 5}, "the crossover lies inside"


def test_every_parameter_gets_a_finite_gradient(generator):
    discriminator = Discriminator(**SMALL)
    generator.train()
    discriminator(generator(torch.randn(4, 5))).sum().backward()
    for module in (generator, discriminator):
        for name, parameter in module.named_parameters():
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name


def test_the_discriminator_sees_a_batch_that_repeats_itself():
    x = torch.randn(8, 4, 4, 4)
    apart = minibatch_std(x)
    assert (minibatch_std(x[:1].expand(8, -1, -1, -1)) < 1e-3).all()
    assert (apart > 0.5).all()
    assert torch.equal(apart[0], apart[2]), "with groups of 4 out of 8, pictures 0, 2, 4, 6 are one group"


def test_pictures_are_for_the_eye():
    assert as_pictures(torch.tensor([-3.0, -1.0, 0.0, 1.0])).tolist() == [0.0, 0.0, 0.5, 1.0]


@pytest.mark.parametrize("normalization", ["demodulation", "adain"])
def test_a_few_steps_of_the_game_can_be_resumed(normalization, tmp_path):
    from gmcourse.training import fit

    def players():
        torch.manual_seed(0)
        network = Generator(
            z_dim=5, w_dim=7, mapping_layers=2, style_mixing=0.9, normalization=normalization, **SMALL
        )
        return game(network, Discriminator(**SMALL), r1_gamma=0.1, r1_every=2, path_every=2)

    data = torch.rand(16, 3, 16, 16) * 2 - 1
    kwargs = {"batch_size": 4, "progress": False, "checkpoint": tmp_path / "game.safetensors"}
    whole = players()
    history = fit(whole, data, steps=4, batch_size=4, progress=False)
    assert {"discriminator", "generator", "r1", "path_length"} <= set(history)
    fit(players(), data, steps=4, callbacks=[stop_after(2)], **kwargs)
    resumed = players()
    fit(resumed, data, steps=4, resume=True, **kwargs)
    for name, value in whole.ema.module.state_dict().items():
        assert torch.equal(value, resumed.ema.module.state_dict()[name]), name


@pytest.mark.parametrize("each_layer", [False, True])
def test_projection_finds_a_picture_that_the_network_can_draw(generator, each_layer):
    generator.requires_grad_(False)
    with torch.no_grad():
        generator.mapping.w_mean.copy_(generator.mapping(torch.randn(500, 5)).mean(0))
        target = generator(torch.randn(2, 5), noise="none")
    found = project(generator, target, steps=150, each_layer=each_layer)
    assert found.ws.shape == (2, 6, 7)
    assert (found.distances.min(0).values < 0.1 * found.distances[0]).all()
    picture = generator.synthesis(found.ws, "none")
    error = (picture - target).square().flatten(1).mean(1)
    assert torch.allclose(error, found.distances.min(0).values, rtol=1e-3)


# ---- bad input ------------------------------------------------------------------------------------------


def test_what_enters_the_mapping_and_what_the_minibatch_adds_by_hand():
    z = torch.randn(5, 7, dtype=torch.float64)
    assert torch.allclose(normalize_second_moment(z), z * math.sqrt(7) / z.norm(dim=1, keepdim=True))
    batch = torch.randn(8, 6, 3, 3, dtype=torch.float64)  # picture i is in group i mod 2
    by_hand = [batch[first::2].std(0, correction=0).mean() for first in (0, 1)]
    assert torch.allclose(minibatch_std(batch, 4)[:, 0], torch.stack(by_hand * 4))
