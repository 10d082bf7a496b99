"""What a bijection is, and the two ways to make new ones: one after the other, and the other way round."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gmcourse import expect

Context = Tensor | Sequence[Tensor] | None


class Bijection(nn.Module, ABC):
    """An invertible map z = f(x) with the log-determinant of its Jacobian. Forward is data → latent.

    `forward(x, context=None)` gives `(z, log_det)` with log_det = log |det ∂z/∂x|, shape (B,), in nats, and
    `inverse(z, context=None)` gives x. Each log-determinant is written once, in forward: see `Inverse`.

    Attributes:
        conditional: whether the map depends on a context. One that does needs it; one that does not refuses it.
        wanted: the shape of what it takes, as `expect.tensor` reads it.
    """

    conditional: bool = False
    wanted: str = "B …"

    @abstractmethod
    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Map data to latent: (z, log_det)."""

    @abstractmethod
    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Map latent to data."""

    def check(self, x: Tensor, context: Context = None) -> None:
        """Refuse another shape, whole numbers, and a context too many or too few. No value is looked at."""
        name = type(self).__name__
        refuse_whole_numbers(f"x of {name}", x)
        expect.tensor(f"x of {name}", x, self.wanted, finite=False, filled=False)
        if self.conditional and context is None:
            expect.refuse(f"context of {name}", None, "one: this bijection is conditional")
        if not self.conditional and context is not None:
            expect.refuse(f"context of {name}", expect.described(context), "None: this one takes no context")

    def own(self, context: Context) -> Context:
        """Give the context of several bijections to this one if it is conditional, else None."""
        return context if self.conditional else None

    def recompute(self, z: Tensor, context: Context = None) -> tuple[tuple[Tensor, ...], Tensor, Tensor]:
        """Rebuild the input from the output, with a graph from it to the output again; see `flows.reversible`.

        A subclass may know a cheaper way. Returns leaves, which together are x, and z and log_det computed of them.
        """
        with torch.no_grad():
            x = self.inverse(z, context)
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            again, log_det = self(leaf, context)
        return (leaf,), again, log_det


def refuse_whole_numbers(name: str, x: Tensor) -> None:
    """Whole-number pixels have no density; say how they get one."""
    if isinstance(x, Tensor) and not x.is_floating_point():
        expect.refuse(name, f"of dtype {x.dtype}", "floating point; `Dequantized` takes whole-number pixels")


def constant(log_det: Tensor | float, x: Tensor) -> Tensor:
    """A log-determinant that is the same for each of the B samples of x, as (B,)."""
    if not isinstance(log_det, Tensor):
        log_det = x.new_tensor(log_det)
    return log_det.to(x.dtype).expand(len(x))


def broadcast_context(context: Tensor, x: Tensor) -> Tensor:
    """A context of batch one serves every sample of x; any other batch must be x's."""
    if len(context) not in (1, len(x)):
        raise ValueError(f"context has batch {len(context)}, x has {len(x)}; expected {len(x)} or 1")
    return context


class Compose(Bijection):
    """f = f_n ∘ … ∘ f_1: log-determinants add up, because determinants multiply.

    Each conditional member gets the whole context; the others get none.
    """

    @expect.door()
    def __init__(self, members: Sequence[Bijection]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.conditional = any(member.conditional for member in members)

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Apply the members in order."""
        self.check(x, context)
        total = constant(0.0, x)
        for member in self.members:
            x, log_det = member(x, context if member.conditional else None)
            total = total + log_det
        return x, total

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Undo the members in reverse order."""
        self.check(z, context)
        for member in reversed(self.members):
            assert isinstance(member, Bijection)
            z = member.inverse(z, context if member.conditional else None)
        return z


class Inverse(Bijection):
    """The same map the other way round, with minus the log-determinant, at the original's input."""

    @expect.door()
    def __init__(self, original: Bijection) -> None:
        super().__init__()
        self.original: Bijection = original
        self.conditional = original.conditional

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Apply original.inverse, and derive the log-determinant from original.forward."""
        z = self.original.inverse(x, context)
        _, log_det = self.original.forward(z, context)
        return z, -log_det

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Apply original.forward without its log-determinant."""
        x, _ = self.original.forward(z, context)
        return x
