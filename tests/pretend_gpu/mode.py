"""Operations that treat CPU tensors as if some of them lay on a GPU, and refuse to mix, as torch does.

The rules are those of torch with CUDA:

- Operands lie on one device. A CPU tensor without dimensions may join tensors of the GPU, but is never written
  to; and a GPU tensor without dimensions does not join CPU tensors.
- `cat`, `stack`, `gather`, `embedding` and their like do not take the CPU's scalars either.
- A GPU tensor can be indexed with CPU tensors; a CPU tensor cannot be indexed with GPU tensors, but for one
  whole number, which is read.
- `copy_`, assignment to a slice and `load_state_dict` go from any device to any other.
- A generator draws on its own device only.
- NumPy sees CPU tensors only.
- The gradient of a tensor lies where the tensor does.

What it does not pretend: asynchrony, memory, the GPU's arithmetic and its random numbers, operations that CUDA
lacks, other processes, and the place where `pickle` puts a tensor.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction
from torch.overrides import TorchFunctionMode
from torch.utils._device import _device_constructors

from tests.pretend_gpu.marks import (
    GPU,
    default_device,
    is_device,
    mark,
    means_gpu,
    on_gpu,
    storage_of,
    tensors_in,
)

Function = Callable[..., Any]


class MixedDevices(RuntimeError):
    """Tensors of two devices, or a generator of another device, met in one operation."""


# no scalar of the CPU is taken here, either
STRICT = {
    *("cat", "concat", "concatenate", "stack", "hstack", "vstack", "dstack", "equal"),
    *("gather", "index_select", "take", "take_along_dim", "embedding", "searchsorted", "bucketize"),
    *("scatter", "scatter_", "scatter_add", "scatter_add_"),
}
ANYWHERE = {"copy_", "_foreach_copy_", "swap_tensors", "set_data", "_has_compatible_shallow_copy_type"}
INDEXING = {"__getitem__", "__setitem__", "index_put", "index_put_", "_index_put_impl_"}
IN_PLACE = {"__iadd__", "__isub__", "__imul__", "__idiv__", "__itruediv__", "__ipow__", "__ifloordiv__"}


def place(gpu: bool) -> str:
    return str(GPU) if gpu else "cpu"


class PretendGPU(TorchFunctionMode):
    """See the module; `pretend_gpu()` enters it together with what else a GPU needs."""

    backward_on_gpu = False  # where the backward pass that is running began

    def __torch_function__(self, func: Function, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        if name in ("__get__", "__set__"):
            return self.attribute(func, name, *args)
        if (special := getattr(self, f"on_{name.strip('_')}", None)) is not None:
            return special(func, *args, **kwargs)
        return self.operation(func, name, args, kwargs)

    # Attributes

    def attribute(self, func: Any, name: str, x: Tensor, *value: Any) -> Any:
        prop = func.__self__
        if name == "__get__" and prop in (torch.Tensor.device, torch.Tensor.is_cuda, torch.Tensor.is_cpu):
            if not on_gpu(x):
                return func(x)
            return GPU if prop is torch.Tensor.device else prop is torch.Tensor.is_cuda
        if prop is torch.Tensor.grad:
            if name == "__set__" and isinstance(value[0], Tensor) and on_gpu(value[0]) != on_gpu(x):
                raise MixedDevices("assigned grad has data located on a different device")
            if name == "__get__" and isinstance(gradient := func(x, *value), Tensor):
                return mark(gradient, on_gpu(x))
        return func(x, *value)

    def on_get_device(self, func: Function, x: Tensor) -> int:
        return 0 if on_gpu(x) else func(x)

    # From one device to another

    def on_to(self, func: Function, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        goal, rest = on_gpu(x), list(args)
        other = kwargs.pop("other", None) or (rest.pop(0) if rest and isinstance(rest[0], Tensor) else None)
        if other is not None:
            goal, kwargs["dtype"] = on_gpu(other), other.dtype
        elif rest and (rest[0] is None or is_device(rest[0])):
            wanted = rest.pop(0)
            kwargs["device"] = wanted
            if rest:
                kwargs["dtype"] = rest.pop(0)
        elif rest:
            kwargs["dtype"] = rest.pop(0)
        for key, value in zip(("non_blocking", "copy"), rest, strict=False):
            kwargs[key] = value
        if kwargs.get("device") is not None:
            if torch.device(kwargs["device"]).type == "meta":
                return func(x, **kwargs)
            goal, kwargs["device"] = means_gpu(kwargs["device"]), "cpu"
        return self.moved(func(x, **{k: v for k, v in kwargs.items() if v is not None}), [x], goal)

    def on_cpu(self, func: Function, x: Tensor, **kwargs: Any) -> Tensor:
        return self.moved(func(x, **kwargs), [x], False)

    def on_cuda(self, func: Function, x: Tensor, device: Any = None, **kwargs: Any) -> Tensor:
        return self.moved(x, [x], means_gpu("cuda" if device is None else device))

    @staticmethod
    def moved(out: Tensor, given: list[Tensor], goal: bool) -> Tensor:
        """A result on the device where it should lie; copied if it still shares a storage of another device."""
        if on_gpu(out) != goal and any(storage_of(out) is storage_of(x) for x in given):
            out = out.clone()
        return mark(out, goal)

    # To NumPy

    def on_numpy(self, func: Function, x: Tensor, *, force: bool = False) -> Any:
        if on_gpu(x) and not force:
            raise TypeError(
                f"can't convert {GPU} device type tensor to numpy. "
                "Use Tensor.cpu() to copy the tensor to host memory first."
            )
        return func(x, force=force)

    def on_array(self, func: Function, x: Tensor, *args: Any, **kwargs: Any) -> Any:
        return self.on_numpy(lambda x, force: func(x, *args, **kwargs), x)

    def on_deepcopy(self, func: Function, x: Tensor, memo: Any) -> Tensor:
        return self.moved(func(x, memo), [], on_gpu(x))

    # Gradients

    def on_backward(self, func: Function, *args: Any, **kwargs: Any) -> None:
        func(*args, **kwargs)  # it calls `torch.autograd.backward`, which `pretend_gpu` listens to

    def on_grad(self, func: Function, outputs: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        self.backward_on_gpu = any(map(on_gpu, tensors_in(outputs)))
        found = func(outputs, inputs, *args, **kwargs)
        for gradient, x in zip(found, (inputs,) if isinstance(inputs, Tensor) else inputs, strict=True):
            if gradient is not None:
                self.moved(gradient, [], on_gpu(x))
        return found

    def function_backward(self, node: BackwardCFunction, *gradients: Any) -> Any:
        """The backward pass of a custom function: C++ calls it, outside of the mode and with new tensors."""
        kept = [*node.saved_tensors, *tensors_in(vars(node))]
        gpu = any(map(on_gpu, kept)) if kept else self.backward_on_gpu
        for gradient in tensors_in(gradients):
            mark(gradient, gpu)
        with self:
            return node._forward_cls.backward(node, *gradients)

    # Everything else

    def operation(self, func: Function, name: str, args: Any, kwargs: Any) -> Any:
        given = list(tensors_in((args, kwargs)))
        goal = any(map(on_gpu, given))
        makes = func in _device_constructors()
        if kwargs.get("device") is None and makes and not given:
            kwargs["device"] = default_device()
        if kwargs.get("device") is not None:
            if torch.device(kwargs["device"]).type == "meta":
                return func(*args, **kwargs)
            goal, kwargs["device"] = means_gpu(kwargs["device"]), "cpu"
        elif name.endswith("_like") or name.startswith("new_"):
            goal = on_gpu(given[0])
        elif name in INDEXING:
            self.check_index(name, *args, **kwargs)
        elif name not in ANYWHERE and not makes:
            self.check_operands(name, given, args, kwargs)
        for each in (*args, *kwargs.values()):
            if isinstance(each, torch.Generator) and (each.device.type == "cuda") != goal:
                raise MixedDevices(
                    f"{name}: Expected a '{place(goal)[:4].rstrip(':')}' device type for generator "
                    f"but found '{each.device.type}'"
                )
        out = func(*args, **kwargs)
        if isinstance(out, Tensor) and kwargs.get("device") is not None:
            return self.moved(out, given, goal)
        if goal:
            old = {id(storage_of(x)) for x in given}
            for each in tensors_in(out):
                if id(storage_of(each)) not in old:
                    mark(each, True)
        return out

    @staticmethod
    def check_operands(name: str, given: list[Tensor], args: Any, kwargs: Any) -> None:
        gpu = [on_gpu(x) for x in given]
        if all(gpu) or not any(gpu):
            return
        written = list(tensors_in(kwargs.get("out")))
        if (name.endswith("_") and not name.startswith("_")) or name in IN_PLACE:
            written += list(tensors_in(args[:1]))
        may_join = [x.ndim == 0 and name not in STRICT and all(x is not w for w in written) for x in given]
        if not all(here or joins for here, joins in zip(gpu, may_join, strict=True)):
            shown = ", ".join(f"{tuple(x.shape)} on {place(on_gpu(x))}" for x in given)
            raise MixedDevices(
                f"{name}: Expected all tensors to be on the same device, but found at least two devices, "
                f"{GPU} and cpu: {shown}"
            )

    @staticmethod
    def check_index(name: str, x: Tensor, index: Any, *value: Any, **kwargs: Any) -> None:
        indices = list(tensors_in(index))
        read = [i for i in indices if i.ndim == 0 and i.dtype != torch.bool]  # as a whole number
        if not on_gpu(x) and any(on_gpu(i) for i in indices if all(i is not r for r in read)):
            raise MixedDevices("indices should be either on cpu or on the same device as the indexed tensor (cpu)")
        to_a_slice = name == "__setitem__" and len(indices) == len(read)
        for new in tensors_in(value[:1]):
            if on_gpu(new) != on_gpu(x) and new.ndim > 0 and not to_a_slice:
                raise MixedDevices(
                    f"{name}: Expected all tensors to be on the same device, but got value is on "
                    f"{place(on_gpu(new))}, different from other tensors on {place(on_gpu(x))}"
                )
