"""Every metric, every figure and every model of the zoo works on a GPU, with the numbers of the CPU."""

import importlib
import inspect
import pkgutil

import matplotlib as mpl
import pytest
import torch

mpl.use("Agg")

import matplotlib.pyplot as plt

import gmcourse.metrics
import gmcourse.viz
from tests.pretend_gpu import pretend_gpu
from tests.pretend_gpu.cases import CASES, FIGURES, METRICS, MODELS
from tests.pretend_gpu.marks import tensors_in
from tests.pretend_gpu.real import REAL, DrawOnCPU, gpu


def numbers(results):
    """All numbers in what a case gave, as tensors of the CPU."""
    if isinstance(results, float | int):
        return [torch.tensor(float(results))]
    if isinstance(results, tuple | list):
        return [each for part in results for each in numbers(part)]
    return [x.detach().cpu() for x in tensors_in(results)]


@pytest.mark.parametrize("name", CASES)
def test_it_works_on_a_gpu_and_agrees_with_the_cpu(name):
    try:
        torch.manual_seed(0)
        expected = numbers(CASES[name](torch.device("cpu")))
        torch.manual_seed(0)
        with gpu() as device:
            found = CASES[name](device)
            if name in MODELS:
                assert {x.device.type for x in tensors_in(found)} == {"cuda"}
            found = numbers(found)
    finally:
        plt.close("all")
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape
        assert (a.double() - b.double()).abs().max() <= 1e-4 * b.double().abs().max().clamp_min(1.0)


def public(package):
    """The public functions that a package's modules define and that take tensors, or functions of them."""
    for module in pkgutil.iter_modules(package.__path__):
        found = importlib.import_module(f"{package.__name__}.{module.name}")
        for name, each in inspect.getmembers(found, inspect.isfunction):
            own = each.__module__ == found.__name__ and not name.startswith("_")
            takes = [str(p.annotation) for p in inspect.signature(each).parameters.values()]
            if own and any("Tensor" in t or "Frame" in t or t == "Map" for t in takes):
                yield f"{module.name}.{name}"


def test_every_metric_figure_and_model_has_a_case():
    assert set(public(gmcourse.metrics)) <= set(METRICS)
    assert set(public(gmcourse.viz)) <= set(FIGURES)


@pytest.mark.skipif(REAL, reason="a real GPU stays")
def test_the_pretended_gpu_is_gone_afterwards():
    with gpu():
        x = torch.ones(2, device="cuda")
        assert torch.cuda.is_available()
    assert x.device == torch.device("cpu")
    assert x.numpy().sum() == 2


DRAWS = {
    "rand": lambda d: torch.rand(3, device=d),
    "randn_like": lambda d: torch.randn_like(torch.zeros(3, device=d)),
    "randint": lambda d: torch.randint(9, (3,), device=d),
    "randperm": lambda d: torch.randperm(9, device=d),
    "multinomial": lambda d: torch.multinomial(torch.ones(9, device=d), 3),
    "bernoulli": lambda d: torch.bernoulli(torch.full((9,), 0.5, device=d)),
    "normal_": lambda d: torch.zeros(3, device=d).normal_(1.0, 2.0),
    "of a generator": lambda d: torch.rand(3, device=d, generator=torch.Generator(d).manual_seed(0)),
}


@pytest.mark.parametrize("name", DRAWS)
def test_random_numbers_for_a_comparison_are_drawn_on_the_cpu(name):
    torch.manual_seed(0)
    expected = DRAWS[name]("cpu")
    with pretend_gpu(), DrawOnCPU():
        torch.manual_seed(0)
        found = DRAWS[name]("cuda")
        assert found.device.type == "cuda"
    assert torch.equal(found, expected)
