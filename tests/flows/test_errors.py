"""Bad input to flows: what was got, what was expected."""

import pytest
import torch

from gmcourse import flows
from gmcourse.flows import Dequantized, Flow, Recomputing
from gmcourse.models.change_of_variables import BoxMuller, PlaneFlow
from gmcourse.models.glow import Glow
from gmcourse.models.nice import NICE
from gmcourse.nn.networks import mlp
from tests.flows.cases import WithContext

IMAGE = torch.rand(2, 3, 4, 4)


def small_glow():
    return Glow((3, 4, 4), n_levels=1, n_steps=1, hidden_channels=4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: flows.AffineCoupling(mlp([1, 2]))(torch.rand(2, 3)), "3 channels; expected an even number"),
        (lambda: flows.AffineCoupling(mlp([1, 2]), scale_map="relu"), "scale_map is 'relu'"),
        (lambda: flows.Squeeze()(torch.rand(2, 1, 3, 4)), "even H and W"),
        (lambda: flows.Squeeze().inverse(torch.rand(2, 3, 3, 4)), "4C"),
        (
            lambda: flows.ActNorm(3)(torch.rand(2, 4)),
            r"x of ActNorm has shape \(2, 4\); expected \(B, 3, …\)",
        ),
        (lambda: flows.ActNorm(0), "channels is 0"),
        (lambda: flows.PlainConv1x1(3)(torch.rand(2, 4)), "x of PlainConv1x1"),
        (lambda: flows.PLUConv1x1(0), "channels is 0"),
        (lambda: flows.Scale(3)(torch.rand(2, 4)), r"expected \(B, 3\)"),
        (lambda: flows.Permutation([0, 0, 1]), "each of 0 … 2 once"),
        (lambda: flows.Permutation([1, 0])(torch.rand(2, 3)), "x of Permutation"),
        (lambda: flows.Logit()(torch.tensor([[1.5]])), r"inside \(0, 1\)"),
        (lambda: flows.NormalQuantile()(torch.tensor([[0.0]])), r"inside \(0, 1\)"),
        (lambda: flows.Offset(1.0)(torch.zeros(2, 2, dtype=torch.uint8)), "Dequantized"),
        (lambda: flows.Offset(1.0)(torch.zeros(2, 2), torch.zeros(2, 2)), "takes no context"),
        (
            lambda: flows.AffineCoupling(WithContext([2, 2]), conditional=True)(torch.rand(2, 2)),
            "is conditional",
        ),
        (
            lambda: flows.AffineCoupling(WithContext([2, 2]), conditional=True)(torch.rand(3, 2), torch.rand(2, 1)),
            "context has batch 2, x has 3",
        ),
        (
            lambda: flows.AffineCoupling(WithContext([2, 2]), conditional=True)(torch.rand(2, 2), [torch.rand(2, 1)]),
            "a coupling got several contexts",
        ),
        (lambda: flows.AffineInjector(mlp([1, 2]), scale_map="x"), "scale_map is 'x'"),
        (lambda: flows.AffineInjector(mlp([1, 2]))(torch.rand(2, 1), [torch.rand(2, 1)]), "several contexts"),
        (lambda: flows.Multiscale(flows.Offset(1.0), split=flows.Offset(1.0)), "nothing to split off"),
        (lambda: Glow((3, 6, 8), n_levels=2), "6×8, which cannot be halved 2 times"),
        (lambda: Glow((3, 8, 8), n_levels=0), "n_levels is 0"),
        (lambda: Glow((3, 8, 8), n_steps=0), "n_steps is 0"),
        (lambda: Glow((3, 8, 8), mixing="conv"), "mixing is 'conv'"),
        (
            lambda: flows.AdditiveCoupling(mlp([2, 1]))(torch.rand(3, 4)),
            r"gave shape \(3, 1\); expected \(3, 2\)",
        ),
        (
            lambda: flows.AffineCoupling(mlp([2, 3]))(torch.rand(3, 4)),
            r"gave shape \(3, 3\); expected \(3, 4\)",
        ),
        (
            lambda: flows.AffineInjector(torch.nn.Conv2d(1, 4, 1))(torch.rand(2, 2, 4, 4), torch.rand(2, 1, 1, 1)),
            "does the context have x's height and width",
        ),
        (
            lambda: flows.AffineInjector(mlp([1, 2])).inverse(torch.rand(3, 1), torch.rand(2, 1)),
            "context has batch 2, x has 3",
        ),
        (lambda: small_glow().log_prob(torch.rand(3, 4, 4)), r"expected \(B, 3, 4, 4\)"),
        (lambda: small_glow().log_prob(torch.rand(2, 1, 4, 4)), r"expected \(B, 3, 4, 4\)"),
        (lambda: small_glow().log_prob(torch.rand(2, 3, 5, 4)), r"expected \(B, 3, 4, 4\)"),
        (lambda: small_glow().log_prob(torch.zeros(2, 3, 4, 4, dtype=torch.uint8)), "Dequantized"),
        (lambda: small_glow().log_prob(IMAGE.log() * float("inf")), "NaN or infinite"),
        (lambda: small_glow().log_prob(IMAGE, IMAGE), "takes no context"),
        (lambda: NICE(4, hidden=(4,)).log_prob(torch.rand(2, 4), torch.rand(2, 4)), "takes no context"),
        (lambda: NICE(4, hidden=(4,)).sample(2, torch.rand(2, 4)), "takes no context"),
        (lambda: NICE(1), "dim is 1"),
        (lambda: NICE(4, couplings=0), "couplings is 0"),
        (lambda: NICE(4, prior="cauchy"), "prior is 'cauchy'"),
        (lambda: NICE(4, hidden=(4,)).log_prob(torch.rand(2, 5)), r"expected \(B, 4\)"),
        (lambda: NICE(4, hidden=(4,)).log_prob(torch.zeros(2, 4, dtype=torch.long)), "Dequantized"),
        (lambda: NICE(4, hidden=(4,)).log_prob(torch.full((2, 4), float("nan"))), "NaN"),
        (lambda: NICE(4, hidden=(4,)).sample(0), "n is 0"),
        (lambda: NICE(4, hidden=(4,)).sample(1, temperature=-1.0), "temperature is -1.0"),
        (lambda: PlaneFlow(couplings=0), "couplings is 0"),
        (lambda: BoxMuller()(torch.rand(2, 3)), r"expected \(B, 2\)"),
        (lambda: Dequantized(NICE(4), grey_levels=1), "grey_levels is 1"),
        (lambda: Dequantized(NICE(4)).log_prob(torch.rand(2, 4)), "whole numbers"),
        (lambda: Dequantized(NICE(4), 17).log_prob(torch.full((2, 4), 17)), "expected them ≥ 0 and ≤ 16"),
        (
            lambda: Dequantized(NICE(4), 17).log_prob(torch.zeros(2, 4).int(), noise=torch.rand(1, 4)),
            r"noise has shape \(1, 4\); expected|noise is of shape \(1, 4\)",
        ),
        (
            lambda: Dequantized(NICE(4), 17).log_prob(torch.full((2, 4), -1)),
            "pixels has values from -1 to -1",
        ),
        (lambda: Recomputing([flows.AdditiveCoupling(torch.nn.Dropout(0.5))]), "dropout"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_multiscale_flow_wants_one_context_a_level():
    from tests.flows.cases import make_cases

    bijection, x, contexts = make_cases()["multiscale, context"]
    with pytest.raises(ValueError, match="one context tensor"):
        bijection(x, contexts[0])
    with pytest.raises(ValueError, match="got 1 contexts; expected one for each of the 2"):
        bijection(x, contexts[:1])


def test_inverse_before_the_first_batch():
    for bijection in (flows.ActNorm(3), flows.ActNormConv(flows.ActNorm(3), flows.PlainConv1x1(3))):
        with pytest.raises(RuntimeError, match="not initialised"):
            bijection.inverse(IMAGE)


def test_a_singular_matrix():
    conv = flows.PlainConv1x1(3)
    torch.nn.init.zeros_(conv.weight)
    with pytest.raises(ValueError, match="singular"):
        conv.inverse(IMAGE)
    with pytest.raises(ValueError, match="singular"):
        conv(IMAGE)
    with pytest.raises(ValueError, match="singular"):
        flows.ActNormConv(flows.ActNorm(3), conv)(IMAGE)


def test_a_glow_cannot_sample_before_its_first_batch():
    with pytest.raises(RuntimeError, match="not initialised"):
        small_glow().sample(2)


def test_that_actnorm_has_seen_a_batch_is_saved():
    actnorm = flows.ActNorm(3)
    actnorm(IMAGE)
    again = flows.ActNorm(3)
    again.load_state_dict(actnorm.state_dict())
    assert again.initialised
    assert torch.allclose(again.inverse(again(IMAGE)[0]), IMAGE, atol=1e-5)


def test_a_flow_without_parameters_samples():
    flow = Flow(flows.Offset(1.0), (2,))
    assert flow.sample(3).shape == (3, 2)
