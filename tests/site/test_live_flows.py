"""Live figures of lessons 05 and 06: the page computes what the package computes."""

import pytest
import torch

from gmcourse import zoo
from gmcourse.data import toy
from gmcourse.flows import Elementwise, Flow, assert_bijection_laws
from tests.site.conftest import TOLERANCE

POINTS = toy.load("two_moons").sample(25, torch.Generator().manual_seed(3))


class Bent(Elementwise):
    """z = x + bend · tanh(2 (x − at)), the map of the figure; its inverse is searched for."""

    def __init__(self, bend, at):
        super().__init__(self.map, self.inverse_map, self.log_slope)
        self.bend, self.at = bend, at

    def map(self, x):
        return x + self.bend * torch.tanh(2 * (x - self.at))

    def inverse_map(self, z):
        low, high = z - 3, z + 3
        for _ in range(80):
            middle = (low + high) / 2
            too_low = self.map(middle) < z
            low, high = torch.where(too_low, middle, low), torch.where(too_low, high, middle)
        return (low + high) / 2

    def log_slope(self, x):
        return (1 + 2 * self.bend * (1 - torch.tanh(2 * (x - self.at)) ** 2)).log()


@pytest.mark.parametrize(("bend", "at"), [(-0.45, 0.0), (0.0, 1.0), (1.5, -1.2)])
def test_the_map_of_the_line(runtime, bend, at):
    runtime.evaluate("gm.load('map_area.js')")
    bent = Bent(bend, at).double()
    x = torch.linspace(-2.5, 2.5, 11, dtype=torch.float64)[:, None]
    assert_bijection_laws(bent, x)
    got = runtime.evaluate(
        "([xs, map]) => xs.map((x) => [gm.map.forward(x, map), gm.map.logDensity(x, map),"
        " gm.map.inverse(gm.map.forward(x, map), map)])",
        [x.flatten().tolist(), {"bend": bend, "at": at}],
    )
    expected = torch.cat([bent.map(x), Flow(bent, (1,)).log_prob(x)[:, None], x], dim=1)
    assert (torch.tensor(got).double() - expected).abs().max() < TOLERANCE
    mass = runtime.evaluate("map => gm.map.mass(-8, 8, map, 2000)", {"bend": bend, "at": at})
    assert mass == pytest.approx(1.0, abs=TOLERANCE)


def test_the_flow_of_the_plane(runtime):
    runtime.evaluate("Promise.all(['weights/plane_flow_moons.js', 'plane_flow.js'].map(gm.load))")
    runtime.evaluate("() => { window.flow = gm.planeFlow(gm.weights('plane_flow_moons')); }")
    flow = zoo.load("plane_flow_moons")
    got = runtime.evaluate(
        "points => points.map((p) => [...flow.stages(p).points.at(-1),"
        " flow.stages(p).logDets.at(-1), flow.logProb(p)])",
        POINTS.tolist(),
    )
    with torch.no_grad():
        z, log_det = flow(POINTS)
        expected = torch.cat([z, log_det[:, None], flow.log_prob(POINTS)[:, None]], dim=1)
    assert (torch.tensor(got) - expected).abs().max() < TOLERANCE


def test_the_layers_of_a_nice(runtime):
    runtime.evaluate("Promise.all(['weights/plane_nice_moons.js', 'nice_layers.js'].map(gm.load))")
    runtime.evaluate("() => { window.nice = gm.niceLayers(gm.weights('plane_nice_moons')); }")
    nice = zoo.load("plane_nice_moons")
    at_each = runtime.evaluate(
        "points => [0, 1, 2, 3, 4, 5].map((depth) => points.map((p) => nice.forward(p, depth)))",
        POINTS.tolist(),
    )
    back = runtime.evaluate("points => points.map((p) => nice.back(nice.forward(p, 5), 0))", POINTS.tolist())
    part = runtime.evaluate("points => points.map((p) => nice.back(nice.forward(p, 5), 2.3))", POINTS.tolist())
    halfway = runtime.evaluate("points => points.map((p) => nice.forward(p, 2.3))", POINTS.tolist())
    with torch.no_grad():
        z = POINTS
        for depth, coupling in enumerate(nice.couplings, 1):
            z, _ = coupling(z)
            assert (torch.tensor(at_each[depth]) - z).abs().max() < TOLERANCE
        z, log_det = nice(POINTS)
    assert (torch.tensor(at_each[5]) - z).abs().max() < TOLERANCE
    assert (torch.tensor(back) - POINTS).abs().max() < TOLERANCE
    assert (torch.tensor(part) - torch.tensor(halfway)).abs().max() < TOLERANCE
    assert runtime.evaluate("nice.logDet(5)") == pytest.approx(log_det[0].item(), abs=TOLERANCE)
