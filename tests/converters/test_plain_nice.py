"""A NICE's weights as plain layers give the reference numbers; what does not fit is refused."""

import pytest
import torch

from gmcourse.converters.plain_nice import nice_from_layers
from tests.conftest import assert_close


def some_weights(dim=5, hidden=(4, 3), couplings=3):
    """The layers of a NICE of odd dimension."""
    state = {"log_scale": torch.randn(dim).double()}
    for i in range(couplings):
        even, odd = (dim + 1) // 2, dim // 2
        sizes = [even, *hidden, odd] if i % 2 == 0 else [odd, *hidden, even]
        for j in range(len(sizes) - 1):
            state[f"coupling{i}.layer{j}.weight"] = torch.randn(sizes[j + 1], sizes[j]).double()
            state[f"coupling{i}.layer{j}.bias"] = torch.randn(sizes[j + 1]).double()
    return state


@pytest.mark.parametrize(("prior", "name"), [("logistic", "logistic"), ("normal", "gaussian")])
def test_the_reference_numbers(golden, prior, name):
    g = golden("nice_a")
    model = nice_from_layers(g.weights(), prior)
    with torch.no_grad():
        z, log_det = model(g.x("x"))
        assert_close(z, g.out("z"))
        assert_close(log_det, g.out("logdet").expand(len(z)))
        assert_close(model.log_prob(g.x("x")), g.out(f"loglik_{name}"))
        assert_close(model.inverse(g.x("z_sample")), g.out("x_from_z_sample"))


def test_any_number_of_dimensions_layers_and_couplings():
    state = some_weights()
    model = nice_from_layers(state)
    x = torch.randn(4, 5).double()
    with torch.no_grad():
        even, odd = x[:, 0::2], x[:, 1::2]
        for i in range(3):
            h = even if i % 2 == 0 else odd
            for j in range(3):
                h = h @ state[f"coupling{i}.layer{j}.weight"].T + state[f"coupling{i}.layer{j}.bias"]
                h = h.relu() if j < 2 else h
            even, odd = (even, odd + h) if i % 2 == 0 else (even + h, odd)
        expected = torch.empty_like(x)
        expected[:, 0::2], expected[:, 1::2] = even, odd
        assert_close(model(x)[0], expected * state["log_scale"].exp())


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"coupling0.layer0.weight has shape \(4, 3\); expected \(4, 4\)"):
        nice_from_layers({**some_weights(), "log_scale": torch.zeros(8)})
