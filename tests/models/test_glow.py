"""Glow: identity at the start, any size of image, memory that does not grow with depth."""

import pytest
import torch

from gmcourse.densities import Histogram
from gmcourse.flows import Compose, Flow, Gaussianization, Recomputing
from gmcourse.models.glow import Glow
from tests.conftest import assert_close
from tests.flows.cases import WithContext, shake, vector

SMALL = {"n_levels": 2, "n_steps": 3, "hidden_channels": 8}


def test_any_size_that_can_be_halved():
    model = Glow((3, 8, 8), **SMALL, any_size=True)
    model(torch.rand(4, 3, 8, 8))
    assert model(torch.rand(2, 3, 8, 12))[0].shape == (2, 3, 8, 12)
    assert model.sample(2, shape=(3, 16, 8)).shape == (2, 3, 16, 8)
    with pytest.raises(ValueError, match="even H and W"):
        model(torch.rand(2, 3, 6, 6))


def test_a_glow_is_made_for_one_size_and_for_0_to_1():
    model = Glow((1, 8, 8), **SMALL)
    model(torch.rand(4, 1, 8, 8))
    for x, said in (
        (torch.rand(2, 1, 16, 16), r"x has shape \(2, 1, 16, 16\); expected \(B, 1, 8, 8\)"),
        (torch.rand(2, 1, 8, 8) * 255, "expected pictures in"),
        (torch.rand(2, 1, 8, 8) - 1, "expected pictures in"),
    ):
        with pytest.raises(ValueError, match=said):
            model.log_prob(x)


def test_a_table_in_front_of_a_flow_is_the_density_of_the_table():
    shares = torch.tensor([[0.8, 0.0, 0.05, 0.15]]).double()
    table, x = Gaussianization(4).double(), torch.rand(6, 5).double()
    even = 0.999 * shares + 0.001 / 4
    for given, known in ((None, torch.full((1, 4), 0.25)), (shares, even)):
        if given is not None:
            table.set_histogram(given.log().clamp(min=-1e3))
        wanted = Histogram(known.double().log().expand(5, 4)).log_prob(x)
        assert (Flow(table, (5,)).log_prob(x) - wanted).abs().max() < 2e-5, "a tail of 1e-6 at both ends of 5 pixels"
    assert table(torch.tensor([[0.0, 1.0]]).double())[0].abs().max() < 5, "the ends of [0, 1] are not infinite"
    assert_close(table.inverse(table(x)[0]), x, 1e-9)
    rounded = table.half()(x.half())
    assert all(part.dtype == torch.float16 and part.isfinite().all() for part in rounded)


def test_the_first_batch_is_normalised():
    model = Glow((3, 8, 8), n_levels=1, n_steps=2, hidden_channels=8)
    z, _ = model(torch.rand(200, 3, 8, 8) * 7 + 3)
    assert abs(float(z.mean())) < 0.1
    assert abs(float(z.std()) - 1) < 0.2


def test_round_trip_in_float32():
    model = shake(Glow((3, 8, 8), **SMALL), 0.05)
    x = torch.rand(4, 3, 8, 8)
    with torch.no_grad():
        z, _ = model(x)
        assert_close(model.inverse(z), x, 1e-3)


def test_192_steps():
    from gmcourse.flows import ActNorm

    model = Glow((3, 64, 64), n_levels=6, n_steps=32, hidden_channels=1)
    assert sum(isinstance(m, ActNorm) for m in model.modules()) == 192


def gradients(model, x, context=None):
    model.zero_grad()
    z, log_det = model(x, context)
    (z.square().sum() * 0.5 - log_det.sum()).backward()
    return [torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in model.parameters()]


def plain_and_recomputing(affine, dtype):
    torch.manual_seed(0)
    plain = shake(Glow((3, 8, 8), affine=affine, **SMALL), 0.05).to(dtype)
    x = torch.rand(4, 3, 8, 8, dtype=dtype)
    plain(x)
    saving = Glow((3, 8, 8), affine=affine, recompute=True, **SMALL).to(dtype)
    saving.load_state_dict(plain.state_dict())
    return plain.bijection, saving.bijection, x


@pytest.mark.parametrize("affine", [True, False])
def test_recomputed_gradients_are_equal(affine):
    plain, saving, x = plain_and_recomputing(affine, torch.float64)
    for ours, theirs in zip(gradients(saving, x), gradients(plain, x), strict=True):
        assert_close(ours, theirs, 1e-9)


def test_recomputed_gradients_in_float32():
    plain, saving, x = plain_and_recomputing(True, torch.float32)
    ours, theirs = (torch.cat([g.flatten() for g in gradients(m, x)]) for m in (saving, plain))
    assert (ours - theirs).norm() / theirs.norm() < 1e-4


def test_recomputing_with_a_context_that_needs_a_gradient():
    from gmcourse.flows import ActNorm, AffineCoupling, AffineInjector
    from gmcourse.nn.networks import mlp

    def members():
        torch.manual_seed(1)
        return [
            ActNorm(4),
            shake(AffineInjector(mlp([2, 8, 8]))),
            shake(AffineCoupling(WithContext([4, 8, 4]), conditional=True)),
            shake(AffineCoupling(WithContext([4, 8, 4]), conditional=True, flip=True)),
        ]

    x = vector(5, 4).double().requires_grad_()
    results = []
    for chain in (Compose(members()).double(), Recomputing(members()).double()):
        for context in (vector(5, 2), vector(1, 2)):
            context = context.double().requires_grad_()
            found = gradients(chain, x, context)
            results.append([*found, context.grad.clone(), x.grad.clone()])
            x.grad = None
    for plain, saving in ((results[0], results[2]), (results[1], results[3])):
        for ours, theirs in zip(saving, plain, strict=True):
            assert_close(ours, theirs, 1e-9)


def kept_bytes(model, x):
    """Bytes that autograd keeps for the backward pass, parameters left out."""
    own = {p.data_ptr() for p in model.parameters()}
    kept = {}

    def pack(tensor):
        if tensor.data_ptr() not in own:
            kept[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        out = model(x)
    del out
    return sum(kept.values())


@pytest.mark.slow
def test_kept_memory_does_not_grow_with_depth():
    x = torch.rand(16, 3, 32, 32)
    sizes = {}
    for steps in (2, 8):
        for recompute in (False, True):
            model = Glow((3, 32, 32), n_levels=3, n_steps=steps, hidden_channels=128, recompute=recompute).bijection
            with torch.no_grad():
                model(x)
            sizes[steps, recompute] = kept_bytes(model, x)
    added_steps = 3 * (8 - 2)
    assert (sizes[8, True] - sizes[2, True]) / added_steps < 0.05e6
    assert (sizes[8, False] - sizes[2, False]) / added_steps > 1e6
