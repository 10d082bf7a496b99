"""Backpropagation that keeps no activations: each is recomputed from the layer's output.

A bijection's input can be had from its output, so nothing between the first input and the last output has to
be remembered. Memory no longer grows with depth; the price is one more evaluation of each layer (Gomez et al.
2017, arXiv:1707.04585).
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from gmcourse import expect
from gmcourse.flows.bijection import Bijection, Compose, Context


class _Recompute(torch.autograd.Function):
    """Forward without a graph; backward layer by layer from the outputs."""

    @staticmethod
    def forward(
        ctx: Any, members: Sequence[Bijection], x: Tensor, context: Tensor | None, *parameters: Tensor
    ) -> Any:
        total = x.new_zeros(len(x))
        z = x
        for member in members:
            z, log_det = member(z, context if member.conditional else None)
            total = total + log_det
        ctx.members, ctx.context, ctx.parameters = members, context, parameters
        ctx.save_for_backward(z)
        return z, total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_z: Tensor, grad_log_det: Tensor) -> Any:
        (z,) = ctx.saved_tensors
        wants_context = ctx.context is not None and ctx.needs_input_grad[2]
        context: Tensor | None = None
        grad_context: Tensor | None = None
        if ctx.context is not None:
            context = ctx.context.detach().requires_grad_(wants_context)
            grad_context = torch.zeros_like(context) if wants_context else None
        collected: dict[int, Tensor] = {}
        for member in reversed(ctx.members):
            own = [p for p in member.parameters() if p.requires_grad]
            leaves, again, log_det = member.recompute(z, context if member.conditional else None)
            wanted = [*leaves, *own, *([context] if wants_context and member.conditional else [])]
            outputs, grads = [again], [grad_z]
            if log_det.requires_grad:
                outputs, grads = [again, log_det], [grad_z, grad_log_det]
            found = torch.autograd.grad(outputs, wanted, grads, allow_unused=True)
            n = len(leaves)
            pairs = zip(leaves, found[:n], strict=True)
            grad_z = torch.cat([torch.zeros_like(a) if g is None else g for a, g in pairs], dim=1)
            for parameter, gradient in zip(own, found[n : n + len(own)], strict=True):
                if gradient is not None:
                    before = collected.get(id(parameter))
                    collected[id(parameter)] = gradient if before is None else before + gradient
            if grad_context is not None and member.conditional and found[-1] is not None:
                grad_context = grad_context + found[-1]
            z = torch.cat([leaf.detach() for leaf in leaves], dim=1)
        grads_of_parameters = [collected.get(id(parameter)) for parameter in ctx.parameters]
        return None, grad_z, grad_context, *grads_of_parameters


class Recomputing(Compose):
    """`Compose` with the memory-saving backward pass: the same numbers, up to rounding in the gradient.

    Its members must be deterministic (dropout is refused) and keep the shape.
    """

    @expect.door()
    def __init__(self, members: Sequence[Bijection]) -> None:
        super().__init__(members)
        for name, module in self.named_modules():
            if isinstance(module, nn.modules.dropout._DropoutNd) and module.p > 0:
                raise ValueError(f"{name} is dropout: a random layer cannot be recomputed from its output")

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Do as `Compose.forward`, with at most one context tensor."""
        self.check(x, context)
        if context is not None and not isinstance(context, Tensor):
            raise ValueError("Recomputing got several contexts; expected one tensor: use one a level")
        parameters = [p for p in self.parameters() if p.requires_grad]
        z, log_det = _Recompute.apply(list(self.members), x, context, *parameters)
        return z, log_det
