"""Chapter 05: samplers as flows, and a density that integrates to one."""

import torch

from gmcourse.flows import Flow, Inverse, NormalQuantile
from gmcourse.models.change_of_variables import BoxMuller, PlaneFlow, mass_on_grid
from tests.conftest import assert_close


def test_box_muller_makes_normal_numbers_from_uniform_ones():
    torch.manual_seed(0)
    x = BoxMuller().inverse(torch.rand(100_000, 2))
    assert abs(float(x.mean())) < 0.01
    assert_close(torch.cov(x.T), torch.eye(2), 0.02)


def test_box_mullers_log_det_is_the_normal_density():
    x = torch.randn(50, 2).double()
    normal = torch.distributions.Normal(0.0, 1.0).log_prob(x).sum(1)
    assert_close(BoxMuller()(x)[1], normal, 1e-6)


def test_the_inverse_cdf_is_a_flow():
    x = torch.randn(50, 1).double()
    _, log_det = Inverse(NormalQuantile())(x)
    assert_close(log_det, torch.distributions.Normal(0.0, 1.0).log_prob(x).sum(1), 1e-6)


def test_an_untrained_flow_of_the_plane_integrates_to_one():
    torch.manual_seed(0)
    flow = PlaneFlow(couplings=4, hidden=(16,))
    flow(torch.randn(100, 2))
    assert abs(mass_on_grid(flow, (-9, 9, -9, 9)) - 1) < 2e-3
    assert isinstance(flow, Flow)
