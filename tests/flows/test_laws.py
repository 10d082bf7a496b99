"""Every bijection obeys the laws, and the laws catch what is planted."""

import copy

import pytest
import torch

from gmcourse import flows
from gmcourse.flows import LawBroken, assert_bijection_laws
from gmcourse.flows.continuous import Continuous
from gmcourse.models.glow import Glow
from gmcourse.nn.networks import mlp
from tests.flows.cases import concrete_bijections, make_cases, shake, vector

CASES = make_cases()


@pytest.mark.parametrize("name", list(CASES))
def test_the_laws_hold(name):
    bijection, x, context = CASES[name]
    assert_bijection_laws(bijection, x, context)


def test_no_bijection_is_forgotten():
    tried = {type(module) for bijection, _, _ in CASES.values() for module in bijection.modules()}
    tried.add(Continuous)  # its laws hold up to the solver's error: test_continuous.py
    assert concrete_bijections() <= tried, "add a case in tests/flows/cases.py"


@pytest.mark.parametrize("name", list(CASES))
def test_cases_are_well_conditioned(name):
    """A Jacobian of condition κ costs κ digits of a round trip: 1e4 leaves 1e-9 a wide margin in float64."""
    bijection, x, context = CASES[name]
    bijection, x = copy.deepcopy(bijection).double(), x.double()
    if context is not None:
        context = context.double() if isinstance(context, torch.Tensor) else [c.double() for c in context]
    bijection(x, context)  # data-dependent initialisation
    at = context[:1] if isinstance(context, torch.Tensor) else context and [c[:1] for c in context]
    jacobian = torch.autograd.functional.jacobian(
        lambda one: bijection(one.reshape(x[:1].shape), at)[0].flatten(), x[0].flatten()
    )
    assert torch.linalg.cond(jacobian) < 1e4


def test_shaking_moves_every_parameter():
    for name, (bijection, _, _) in CASES.items():
        for parameter, value in bijection.named_parameters():
            assert value.any(), f"{parameter} of {name} is still zero: a wrong log-determinant could hide there"


@pytest.mark.parametrize("kind", [flows.ActNormConv, flows.AffineCoupling, flows.ConstantAffine, "split"])
@pytest.mark.parametrize("fault", ["sign", "seven", "forgotten"])
def test_one_faulty_layer_deep_inside_a_glow_is_caught(kind, fault):
    """The mild shake of the deep cases still shows it."""
    glow, x, _ = CASES["glow"]
    glow = copy.deepcopy(glow)
    is_split = kind == "split"
    kinds = flows.AffineCoupling if is_split else kind
    layer = [m for m in glow.modules() if isinstance(m, kinds) and (not is_split or m.scale_map == "exp")][-1]
    factor = {"sign": -1.0, "seven": 7.0, "forgotten": 0.0}[fault]
    layer.register_forward_hook(lambda module, args, out: (out[0], factor * out[1]))
    with pytest.raises(LawBroken, match="Jacobian"):
        assert_bijection_laws(glow, x)


class Broken(flows.Bijection):
    """A coupling with one fault."""

    def __init__(self, fault):
        super().__init__()
        self.fault = fault
        self.coupling = shake(flows.AffineCoupling(mlp([2, 8, 4])))

    def forward(self, x, context=None):
        z, log_det = self.coupling(x)
        faults = {
            "sign": lambda: (z, -log_det),
            "seven": lambda: (z, 7 * log_det),
            "scalar": lambda: (z, log_det.mean()),
            "shape": lambda: (z, log_det[:, None]),
            "batch": lambda: (z - z.mean(0), log_det),
            "detached": lambda: (z.detach(), log_det.detach()),
            "half": lambda: (z[:, :2], log_det),
            "inverse": lambda: (z, log_det),
        }
        return faults[self.fault]()

    def inverse(self, z, context=None):
        return self.coupling.inverse(z) * (1.001 if self.fault == "inverse" else 1.0)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("sign", "the autograd Jacobian has"),
        ("seven", "the autograd Jacobian has"),
        ("scalar", r"log_det has shape \(\)"),
        ("shape", r"log_det has shape \(3, 1\)"),
        ("batch", "depends on the other samples"),
        ("half", "keeps the number of dimensions"),
        ("inverse", "round trip"),
    ],
)
def test_planted_faults_are_caught(fault, message):
    with pytest.raises(LawBroken, match=message):
        assert_bijection_laws(Broken(fault), vector(3, 4))


def test_a_gradient_that_does_not_arrive_is_caught():
    class Cut(flows.Scale):
        def forward(self, x, context=None):
            return x * self.log_scale.detach().exp(), (self.log_scale.detach().sum() + 0 * x.sum()).expand(len(x))

    with pytest.raises((LawBroken, RuntimeError), match=r"no gradient|does not require grad"):
        assert_bijection_laws(shake(Cut(4)), vector(3, 4))


def test_a_forgotten_number_of_positions_is_caught():
    class Forgetful(flows.PlainConv1x1):
        def forward(self, x, context=None):
            z, log_det = super().forward(x, context)
            return z, log_det / (x.shape[2] * x.shape[3])

    with pytest.raises(LawBroken, match="Jacobian"):
        assert_bijection_laws(shake(Forgetful(2)), vector(3, 2, 2, 2))


def test_a_split_that_loses_its_half_is_caught():
    class Lossy(flows.Multiscale):
        def inverse(self, z, context=None):
            on, stays = self.squeeze(z)[0].chunk(2, dim=1)
            return super().inverse(self.squeeze.inverse(torch.cat([on, 0 * stays], dim=1)), context)

    glow = shake(Glow((1, 4, 4), n_levels=2, n_steps=1, hidden_channels=4))
    level = next(m for m in glow.modules() if isinstance(m, flows.Multiscale))
    lossy = Lossy(level.steps, level.rest, split=level.split)
    with pytest.raises(LawBroken, match="round trip"):
        assert_bijection_laws(lossy, vector(3, 1, 4, 4))


def test_inverse_is_the_other_direction():
    bijection, x, _ = CASES["affine, images"]
    z, log_det = bijection(x)
    back, minus = flows.Inverse(bijection)(z)
    assert torch.allclose(back, x, atol=1e-5)
    assert torch.allclose(minus, -log_det, atol=1e-5)


def test_one_context_serves_the_whole_batch():
    bijection, x, context = CASES["affine, one context"]
    repeated = bijection(x, context.expand(len(x), -1))
    assert torch.allclose(bijection(x, context)[0], repeated[0])
    assert torch.allclose(bijection(x, context)[1], repeated[1])
