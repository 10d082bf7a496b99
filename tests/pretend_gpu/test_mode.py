"""The pretended GPU keeps the rules of torch: what lies where, what may meet, what is refused."""

import copy
import gc

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load, save
from torch import nn

from tests.pretend_gpu import GPU, MixedDevices
from tests.pretend_gpu.real import REAL
from tests.pretend_gpu.real import gpu as here

CPU = torch.device("cpu")
REFUSED = RuntimeError if REAL else MixedDevices  # a real GPU has a sentence of its own for each operation


@pytest.fixture(autouse=True)
def _device():
    with here():
        yield


def gpu(*shape):
    return torch.rand(shape, device="cuda")


def on(generator):
    return torch.Generator(device=generator).manual_seed(0)


LIES_ON_GPU = {
    "zeros": lambda: torch.zeros(2, device="cuda"),
    "a device of words": lambda: torch.ones(2, device="cuda:0"),
    "a device": lambda: torch.full((2,), 1.0, device=torch.device("cuda")),
    "a number": lambda: torch.arange(3, device=0),
    "tensor": lambda: torch.tensor([1.0], device="cuda"),
    "tensor of a tensor": lambda: torch.tensor(gpu()),
    "as_tensor": lambda: torch.as_tensor(np.ones(2), device="cuda"),
    "as_tensor of a tensor": lambda: torch.as_tensor(gpu(2), dtype=torch.float64),
    "linspace": lambda: torch.linspace(0, 1, 3, device="cuda"),
    "eye": lambda: torch.eye(2, device="cuda"),
    "randn": lambda: torch.randn(2, device="cuda", generator=on("cuda")),
    "randint": lambda: torch.randint(3, (2,), device="cuda"),
    "randperm": lambda: torch.randperm(3, device="cuda", generator=on("cuda")),
    "fftfreq": lambda: torch.fft.fftfreq(4, device="cuda"),
    "zeros_like": lambda: torch.zeros_like(gpu(2)),
    "like the CPU's, but there": lambda: torch.randn_like(torch.ones(2), device="cuda"),
    "new_zeros": lambda: gpu(2).new_zeros(3),
    "new_tensor": lambda: gpu(2).new_tensor([1.0]),
    "with a device": lambda: _with_device("cuda", lambda: torch.zeros(2)),
    "the default device": lambda: _by_default(lambda: torch.zeros(2)),
    "to": lambda: torch.ones(2).to("cuda"),
    "to, with a dtype": lambda: torch.ones(2).to("cuda", torch.float64),
    "to, by names": lambda: torch.ones(2).to(device="cuda", dtype=torch.float64, non_blocking=True),
    "to another's": lambda: torch.ones(2).to(gpu(1)),
    "to a dtype alone": lambda: gpu(2).to(torch.float64),
    "cuda": lambda: torch.ones(2).cuda(),
    "a view": lambda: gpu(4).view(2, 2)[0],
    "expanded": lambda: gpu(1).expand(3),
    "the transpose": lambda: gpu(2, 3).mT,
    "data": lambda: gpu(2).data,
    "detached": lambda: gpu(2).detach(),
    "a copy": lambda: copy.deepcopy(gpu(2)),
    "a shallow copy": lambda: copy.copy(gpu(2)),
    "a sum": lambda: gpu(2).sum(),
    "part of a tuple": lambda: gpu(2, 2).max(0).indices,
    "a scalar of the CPU joins": lambda: gpu(2) * torch.tensor(2.0),
    "a scalar in where": lambda: torch.where(gpu(2) > 0, torch.tensor(0.0), gpu(2)),
    "two scalars": lambda: torch.tensor(2.0) + gpu(),
    "masked_fill": lambda: gpu(2).masked_fill(gpu(2) > 0.5, torch.tensor(0.0)),
    "indexed by the CPU": lambda: gpu(3)[torch.tensor([0, 2])],
    "masked by the CPU": lambda: gpu(3)[torch.tensor([True, False, True])],
    "indexed": lambda: gpu(3)[torch.tensor([0, 2], device="cuda")],
    "einsum": lambda: torch.einsum("ij,jk->ik", gpu(2, 2), gpu(2, 2)),
    "cat": lambda: torch.cat([gpu(2), gpu(2)]),
    "conv": lambda: F.conv2d(gpu(1, 1, 4, 4), gpu(1, 1, 3, 3)),
    "one_hot": lambda: F.one_hot(torch.tensor([1], device="cuda"), 3),
    "the determinant": lambda: torch.linalg.slogdet(gpu(2, 2)).logabsdet,
    "a normal's draw": lambda: torch.distributions.Normal(gpu(2), 1.0).sample(),
    "multinomial": lambda: torch.multinomial(gpu(3), 2, generator=on("cuda")),
    "without gradients": lambda: torch.no_grad()(lambda: gpu(2) + 1)(),
    "in inference mode": lambda: torch.inference_mode()(lambda: gpu(2) + 1)(),
    "a layer": lambda: nn.Linear(2, 2, device="cuda")(gpu(1, 2)),
    "a moved layer": lambda: nn.BatchNorm2d(1).to("cuda")(gpu(2, 1, 2, 2)),
    "a copied layer": lambda: copy.deepcopy(nn.Linear(2, 2).cuda()).weight,
    "a buffer": lambda: nn.BatchNorm1d(2).to("cuda").running_mean,
    "through functional_call": lambda: torch.func.functional_call(
        nn.Linear(2, 2), dict(nn.Linear(2, 2).cuda().named_parameters()), gpu(1, 2)
    ),
    "the Jacobian": lambda: torch.autograd.functional.jacobian(torch.exp, gpu(2)),
}

LIES_ON_CPU = {
    "zeros": lambda: torch.zeros(2),
    "cpu": lambda: gpu(2).cpu(),
    "to": lambda: gpu(2).to("cpu"),
    "to another's": lambda: gpu(2).to(torch.ones(1)),
    "like the GPU's, but here": lambda: torch.zeros_like(gpu(2), device="cpu"),
    "with a device": lambda: _with_device("cpu", lambda: torch.zeros(2)),
    "a list of numbers": lambda: torch.tensor(gpu(2).tolist()),
    "written to from there": lambda: torch.zeros(2).copy_(gpu(2)),
    "a slice written to from there": lambda: _written(torch.zeros(3), slice(2), gpu(2)),
    "indexed by a number from there": lambda: torch.arange(3)[torch.tensor(1, device="cuda")],
    "a layer moved back": lambda: nn.Linear(2, 2).to("cuda").to("cpu").weight,
}


def _with_device(device, make):
    with torch.device(device):
        return make()


def _by_default(make):
    torch.set_default_device("cuda")
    try:
        return make()
    finally:
        torch.set_default_device(None)


def _written(x, where, value):
    x[where] = value
    return x


@pytest.mark.parametrize("name", LIES_ON_GPU)
def test_it_lies_on_the_gpu(name):
    x = LIES_ON_GPU[name]()
    assert (x.device, x.is_cuda, x.is_cpu, x.get_device()) == (GPU, True, False, 0)


@pytest.mark.parametrize("name", LIES_ON_CPU)
def test_it_lies_on_the_cpu(name):
    x = LIES_ON_CPU[name]()
    assert (x.device, x.is_cuda, x.is_cpu) == (CPU, False, True)


MIXED = {
    "sum": lambda: gpu(2) + torch.ones(2),
    "one element is no scalar": lambda: gpu(2) + torch.ones(1),
    "a scalar of the GPU": lambda: torch.ones(2) * gpu(),
    "into the CPU": lambda: torch.ones(2).add_(gpu()),
    "into a scalar of the CPU": lambda: torch.tensor(1.0).add_(gpu()),
    "out": lambda: torch.add(gpu(2), 1, out=torch.zeros(2)),
    "cat": lambda: torch.cat([gpu(2), torch.ones(2)]),
    "stack of scalars": lambda: torch.stack([gpu(), torch.tensor(1.0)]),
    "matmul": lambda: gpu(2, 2) @ torch.ones(2, 2),
    "einsum": lambda: torch.einsum("i,i->", gpu(2), torch.ones(2)),
    "conv": lambda: F.conv2d(gpu(1, 1, 4, 4), torch.ones(1, 1, 3, 3)),
    "a layer": lambda: nn.Linear(2, 2)(gpu(1, 2)),
    "a loss": lambda: F.cross_entropy(gpu(2, 3), torch.tensor([0, 1])),
    "gather": lambda: gpu(3).gather(0, torch.tensor([0])),
    "embedding": lambda: F.embedding(torch.tensor(0), gpu(3, 2)),
    "where": lambda: torch.where(torch.tensor([True, False]), gpu(2), gpu(2)),
    "quantile": lambda: torch.quantile(gpu(9), torch.tensor([0.1, 0.9])),
    "masked_select": lambda: gpu(2).masked_select(torch.tensor([True, False])),
    "the CPU indexed": lambda: torch.arange(3)[torch.tensor([0], device="cuda")],
    "the CPU masked": lambda: torch.arange(3)[torch.tensor([True, False, True], device="cuda")],
    "places written from here": lambda: _written(gpu(3), torch.tensor([0, 1]), torch.ones(2)),
    "a gradient": lambda: setattr(gpu(2), "grad", torch.ones(2)),
    "a generator of the GPU": lambda: torch.randn(2, generator=on("cuda")),
    "a generator of the CPU": lambda: torch.randn(2, device="cuda", generator=on("cpu")),
    "normal_": lambda: gpu(2).normal_(generator=on("cpu")),
    "initialised": lambda: nn.init.normal_(gpu(2), generator=on("cpu")),
    "multinomial": lambda: torch.multinomial(gpu(3), 1, generator=on("cpu")),
    "inference mode": lambda: torch.inference_mode()(lambda: gpu(2) + torch.ones(2))(),
}


@pytest.mark.parametrize("name", MIXED)
def test_two_devices_do_not_mix(name):
    with pytest.raises(REFUSED):
        MIXED[name]()


def test_numpy_sees_the_cpu_only():
    x = gpu(2)
    for read in (x.numpy, lambda: np.asarray(x), lambda: np.array([x[0], x[1]])):
        with pytest.raises(TypeError, match="to numpy"):
            read()
    assert x.cpu().numpy().shape == x.numpy(force=True).shape == (2,)


def test_a_gpu_that_is_not_there_is_refused():
    with pytest.raises(RuntimeError, match="device ordinal"):
        torch.zeros(2, device=f"cuda:{torch.cuda.device_count()}")


def test_what_is_moved_is_copied_only_when_it_must_be():
    x = torch.ones(2)
    x.to("cuda").add_(1)
    assert x.tolist() == [1, 1]
    assert x.device == CPU
    there = gpu(2)
    assert there.to("cuda") is there
    assert there.cuda().data_ptr() == there.data_ptr()


def test_gradients_lie_where_their_tensors_do():
    here, layer = torch.ones(2, requires_grad=True), nn.Linear(2, 1).to("cuda")
    layer(here.to("cuda")).sum().backward()
    gc.collect()
    assert (here.grad.device, layer.weight.grad.device) == (CPU, GPU)
    assert layer.weight.is_leaf
    both = torch.autograd.grad(layer(here.to("cuda")).square().sum(), [here, layer.weight], create_graph=True)
    assert [g.device for g in both] == [CPU, GPU]
    both[1].sum().backward()


class _Scaled(torch.autograd.Function):
    """x · w, with a backward pass that can be spoilt."""

    @staticmethod
    def forward(ctx, x, w, spoilt):
        ctx.save_for_backward(w)
        ctx.spoilt = spoilt
        return x * w

    @staticmethod
    def backward(ctx, gradient):
        (w,) = ctx.saved_tensors
        assert gradient.device == w.device
        assert torch.zeros(2, device=w.device).device == w.device
        return gradient * w + (torch.ones(2) if ctx.spoilt else 0), None, None


class _Doubled(torch.autograd.Function):
    """2x, which keeps nothing for the way back."""

    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, gradient):
        _Doubled.seen = gradient.device
        return 2 * gradient


@pytest.mark.parametrize("begin", [lambda x: x.backward(), torch.autograd.backward])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_custom_functions_keep_their_device_on_the_way_back(begin, device):
    x = torch.ones(2, device=device, requires_grad=True)
    begin(_Scaled.apply(x, torch.rand(2, device=device), False).sum())
    assert x.grad.device == x.device
    begin(_Doubled.apply(x).sum())
    assert _Doubled.seen == x.device
    assert torch.autograd.gradcheck(
        lambda y: _Scaled.apply(y, torch.ones(2, device=device).double(), False),
        x.detach().double().requires_grad_(),
    )


def test_the_backward_pass_of_a_custom_function_is_watched():
    x = gpu(2).requires_grad_()
    with pytest.raises(REFUSED):
        _Scaled.apply(x, gpu(2), True).sum().backward()


OPTIMISERS = {
    "Adam": torch.optim.Adam,
    "fused Adam": lambda p: torch.optim.Adam(p, fused=True),
    "AdamW": torch.optim.AdamW,
    "one by one": lambda p: torch.optim.Adam(p, foreach=False),
    "SGD": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9),
    "RMSprop": torch.optim.RMSprop,
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_optimisers_step_and_go_on_from_their_state(name):
    layer = nn.Linear(2, 2).to("cuda")
    optimizer = OPTIMISERS[name](layer.parameters())
    before = layer.weight.detach().clone()
    for _ in range(2):
        layer(gpu(3, 2)).sum().backward()
        nn.utils.clip_grad_norm_(layer.parameters(), 1.0)
        optimizer.step()
        state = {"layer": layer.state_dict(), "optimizer": copy.deepcopy(optimizer.state_dict())}
        layer.load_state_dict(state["layer"])
        optimizer.load_state_dict(state["optimizer"])
    assert not torch.equal(layer.weight, before)
    kept = [v for v in optimizer.state[layer.weight].values() if isinstance(v, torch.Tensor) and v.ndim]
    assert {v.device for v in kept} <= {GPU}


def test_weights_go_from_any_device_to_any_other():
    here, there = nn.Linear(2, 2), nn.Linear(2, 2).to("cuda")
    there.load_state_dict(here.state_dict())
    assert there.weight.device == GPU
    kept = load(save({"w": there.weight.detach()}))["w"]
    assert kept.device == CPU
    assert torch.equal(kept, here.weight)
    here.load_state_dict(there.state_dict(), assign=True)
    assert here.weight.device == GPU


def test_numbers_are_those_of_the_cpu():
    def work(device):
        x = torch.linspace(-1, 1, 12, device=device).view(3, 4)
        return torch.linalg.svdvals(x @ x.mT + torch.eye(3, device=device)).cpu()

    assert torch.allclose(work("cpu"), work("cuda"))
