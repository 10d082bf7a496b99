"""Coupling layers: one part of x tells how the other part is changed, and stays as it is.

The Jacobian is triangular, whatever the network is: its determinant needs the diagonal alone, and the inverse
needs the network only forwards.
"""

from abc import abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.flows.bijection import Bijection, Context, broadcast_context


def _with_log(scale: Tensor) -> tuple[Tensor, Tensor]:
    return scale, scale.log()  # twice as fast as logsigmoid; where the scale is 0 there is no inverse anyway


def _from_log(log_scale: Tensor) -> tuple[Tensor, Tensor]:
    return log_scale.exp(), log_scale


# From the network's output to a positive scale and its logarithm.
SCALE_MAPS: dict[str, Callable[[Tensor], tuple[Tensor, Tensor]]] = {
    # starts near 1, never explodes (Glow's authors' code)
    "sigmoid": lambda raw: _with_log((raw + 2).sigmoid()),
    # an inverse enlarges at most 10⁴-fold (SRFlow's)
    "sigmoid_floor": lambda raw: _with_log((raw + 2).sigmoid() + 1e-4),
    # RealNVP's and the Glow paper's; what turns a learned normal prior into a coupling
    "exp": _from_log,
    # between e⁻² and e², there and back
    "bounded": lambda raw: _from_log(2 * torch.tanh(raw / 2)),
}


class Coupling(Bijection):
    """x = (a, b) → (a, g(b; network(a))), along dimension 1.

    The network maps a → parameters of g, or if it is `conditional`, (a, context). `first` is the size of the first
    part, by default half, and then the number of channels must be even; with `flip` the second part conditions.
    """

    @expect.door(first=">= 1")
    def __init__(
        self, network: nn.Module, *, first: int | None = None, flip: bool = False, conditional: bool = False
    ) -> None:
        super().__init__()
        self.network, self.first, self.flip, self.conditional = network, first, flip, conditional

    @abstractmethod
    def change(self, b: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Compute g(b) and its log-determinant (B,)."""

    @abstractmethod
    def restore(self, b: Tensor, parameters: Tensor) -> Tensor:
        """Compute the inverse, g⁻¹(b)."""

    def _parts(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The part that conditions and the part that is changed."""
        if self.first is None and x.shape[1] % 2:
            raise ValueError(f"a coupling got {x.shape[1]} channels; expected an even number, or `first`")
        first = x.shape[1] // 2 if self.first is None else self.first
        a, b = x.split([first, x.shape[1] - first], dim=1)
        return (b, a) if self.flip else (a, b)

    def _join(self, a: Tensor, b: Tensor) -> Tensor:
        return torch.cat([b, a] if self.flip else [a, b], dim=1)

    def parameters_of(self, a: Tensor, context: Context) -> Tensor:
        """What the network says of the part that conditions."""
        if not self.conditional:
            return self.network(a)
        if not isinstance(context, Tensor):
            raise ValueError("a coupling got several contexts; expected one tensor")
        return self.network(a, broadcast_context(context, a))

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Change the second part."""
        self.check(x, context)
        a, b = self._parts(x)
        b, log_det = self.change(b, self.parameters_of(a, context))
        return self._join(a, b), log_det

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Restore the second part; the network sees the same first part as in forward."""
        self.check(z, context)
        a, b = self._parts(z)
        return self._join(a, self.restore(b, self.parameters_of(a, context)))

    def recompute(self, z: Tensor, context: Context = None) -> tuple[tuple[Tensor, ...], Tensor, Tensor]:
        """One evaluation of the network serves the inverse and the graph, because it sees the part that stays."""
        a, b = self._parts(z)
        with torch.enable_grad():
            a = a.detach().requires_grad_()
            parameters = self.parameters_of(a, context)
            with torch.no_grad():
                b = self.restore(b, parameters)
            b = b.detach().requires_grad_()
            changed, log_det = self.change(b, parameters)
            return ((b, a) if self.flip else (a, b)), self._join(a, changed), log_det


def _fitting(parameters: Tensor, b: Tensor, each: int) -> Tensor:
    """`each` numbers for every number of b, the same ones for all samples at most: nothing else may broadcast."""
    expected = (len(b), each * b.shape[1], *b.shape[2:])
    if tuple(parameters.shape) not in (expected, (1, *expected[1:])):
        found = f"the network of a coupling gave shape {tuple(parameters.shape)}"
        raise ValueError(f"{found}; expected {expected}. If it has one, does the context have x's height and width?")
    return parameters


class AdditiveCoupling(Coupling):
    """b → b + m(a): volume-preserving (NICE, Dinh et al. 2015, arXiv:1410.8516, section 3.2)."""

    def change(self, b: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Add the shift: b + m, log_det = 0."""
        return b + _fitting(parameters, b, 1), b.new_zeros(len(b))

    def restore(self, b: Tensor, parameters: Tensor) -> Tensor:
        """Subtract the shift: b − m."""
        return b - _fitting(parameters, b, 1)


class AffineCoupling(Coupling):
    """b → (b + t(a)) ⊙ s(a) (RealNVP, Dinh et al. 2017, arXiv:1605.08803, section 3.2; Glow, table 1).

    The papers print s ⊙ b + t. Glow's authors' code shifts first, and so do we: the same family of maps, with s ⊙ t
    for t, and published weights fit. The network gives twice as many channels as the changed part has: raw scales
    first, then shifts; `scale_map`, from raw scale to s, is one of `SCALE_MAPS`. For the rest see `Coupling`.
    """

    @expect.door(scale_map="|".join(SCALE_MAPS))
    def __init__(
        self,
        network: nn.Module,
        *,
        scale_map: str = "sigmoid",
        first: int | None = None,
        flip: bool = False,
        conditional: bool = False,
    ) -> None:
        super().__init__(network, first=first, flip=flip, conditional=conditional)
        self.scale_map = scale_map

    def change(self, b: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Shift and scale: (b + t) ⊙ s, log_det = Σ log s."""
        raw, shift = _fitting(parameters, b, 2).chunk(2, dim=1)
        scale, log_scale = SCALE_MAPS[self.scale_map](raw)
        return (b + shift) * scale, log_scale.expand_as(b).sum(dim=list(range(1, b.ndim)))

    def restore(self, b: Tensor, parameters: Tensor) -> Tensor:
        """Undo scale and shift: b / s − t."""
        raw, shift = _fitting(parameters, b, 2).chunk(2, dim=1)
        scale, _ = SCALE_MAPS[self.scale_map](raw)
        return b / scale - shift


class AffineInjector(Bijection):
    """z = (x + t(context)) ⊙ s(context) (Lugmayr et al. 2020, arXiv:2006.14200, section 3.2).

    Nothing of x is needed to compute s and t, so the Jacobian is diagonal. "Injector", because it injects
    information; the map is a bijection for each context. The network maps the context to raw scales, then shifts,
    twice x's channels.
    """

    conditional = True

    @expect.door(scale_map="|".join(SCALE_MAPS))
    def __init__(self, network: nn.Module, scale_map: str = "sigmoid_floor") -> None:
        super().__init__()
        self.network, self.scale_map = network, scale_map

    def _shift_and_scale(self, x: Tensor, context: Context) -> tuple[Tensor, Tensor, Tensor]:
        self.check(x, context)
        if not isinstance(context, Tensor):
            raise ValueError("an injector got several contexts; expected one tensor")
        raw, shift = _fitting(self.network(broadcast_context(context, x)), x, 2).chunk(2, dim=1)
        return shift, *SCALE_MAPS[self.scale_map](raw)

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Map x to (x + t) ⊙ s with log_det = Σ log s."""
        shift, scale, log_scale = self._shift_and_scale(x, context)
        return (x + shift) * scale, log_scale.flatten(1).sum(1).expand(len(x))

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Map z to z / s − t."""
        shift, scale, _ = self._shift_and_scale(z, context)
        return z / scale - shift
