"""Recomputing: any chain of bijections, nested ones too, gives the gradients of `Compose`."""

import pytest
import torch

from gmcourse import flows
from gmcourse.flows import Compose, Recomputing
from gmcourse.nn.networks import mlp
from tests.conftest import assert_close
from tests.flows.cases import WithContext, make_cases, shake, vector


def gradients(chain, x, context=None):
    """Of everything that goes in: parameters, x, context."""
    inputs = [t for t in (x, context) if t is not None]
    inputs = [t.detach().requires_grad_() for t in inputs]
    z, log_det = chain(*inputs)
    total = (z * torch.linspace(-1, 2, z.numel()).to(z).reshape(z.shape)).sum() + log_det.square().sum()
    return torch.autograd.grad(total, [*chain.parameters(), *inputs], materialize_grads=True)


def pair(members):
    """The same members, kept and recomputed."""
    return Compose(members), Recomputing(members)


CASES = {name: case for name, case in make_cases().items() if not isinstance(case[2], list)}


@pytest.mark.parametrize("name", CASES)
def test_every_bijection_can_be_recomputed(name):
    bijection, x, context = CASES[name]
    kept, recomputed = pair([bijection.double()])
    x, context = x.double(), None if context is None else context.double()
    with torch.no_grad():
        kept(x, context)  # actnorm's first batch
    for ours, theirs in zip(gradients(recomputed, x, context), gradients(kept, x, context), strict=True):
        assert_close(ours, theirs, 1e-9)


def test_chains_of_chains():
    def step(flip):
        return Compose(
            [
                flows.PLUConv1x1(4),
                shake(flows.AffineCoupling(WithContext([4, 8, 4]), conditional=True, flip=flip)),
                shake(flows.AffineInjector(mlp([2, 8, 8]))),
            ]
        )

    kept, recomputed = pair(
        [Compose([step(False), step(True)]).double(), flows.Permutation(range(4)[::-1]), step(False).double()]
    )
    x, context = vector(5, 4).double(), vector(5, 2).double()
    for ours, theirs in zip(gradients(recomputed, x, context), gradients(kept, x, context), strict=True):
        assert_close(ours, theirs, 1e-9)


def test_a_shared_layer_collects_both_gradients():
    shared = shake(flows.AdditiveCoupling(mlp([2, 8, 2]))).double()
    kept, recomputed = pair([shared, flows.Permutation(range(4)[::-1]), shared])
    x = vector(5, 4).double()
    for ours, theirs in zip(gradients(recomputed, x), gradients(kept, x), strict=True):
        assert_close(ours, theirs, 1e-9)


def test_dropout_deep_inside_is_refused():
    deep = Compose([Compose([flows.AdditiveCoupling(torch.nn.Sequential(torch.nn.Dropout2d(0.1)))])])
    with pytest.raises(ValueError, match="dropout"):
        Recomputing([flows.Offset(1.0), deep])
