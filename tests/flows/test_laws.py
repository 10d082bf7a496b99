"""Every bijection obeys the laws, and the laws catch what is planted."""

import pytest
import torch

from gmcourse import flows
from gmcourse.flows import LawBroken, assert_bijection_laws
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
    assert concrete_bijections() <= tried, "add a case in tests/flows/cases.py"


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
            return x * self.log_scale.detach().exp(), (self.log_scale.detach().sum() + 0 * x.sum()).expand(
                len(x)
            )

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
