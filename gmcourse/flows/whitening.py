"""Whitening as a bijection: what a normal in closed form knows of the data, before any coupling learns."""

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.flows.bijection import Bijection, Context, constant


class Whitening(Bijection):
    """The symmetric root that turns N(μ, Λ Λᵀ + diag ψ) into N(0, I), for any number of dimensions.

    Let y = (x − μ) / √ψ, and let U, (D, R), be the directions in which the variance v of y is not 1. Then

        z = y + U (v^(−½) − 1) ⊙ Uᵀ y,    log |det| = −½ Σ log ψ − ½ Σ log v.

    Dinh et al. 2015 (arXiv:1410.8516, section 5.1) whiten colour images before NICE. The numbers are buffers,
    which `set_normal` fills; until then the map is the identity. U is made orthonormal whenever it has changed,
    so the log-determinant is exact for rounded weights, too.

    With codes c = v^(−½) ⊙ Uᵀ y, two options, `codes`, a bijection f of vectors (B, R), and `rest`, a network m,
    (B, R) → (B, D), make z = U f(c) + (I − U Uᵀ)(y + m(f(c))): an additive coupling of a subspace and the rest.
    """

    mean: Tensor
    deviation: Tensor
    directions: Tensor
    gains: Tensor

    @expect.door(dim=">= 2", rank=">= 1")
    def __init__(self, dim: int, rank: int, *, codes: Bijection | None = None, rest: nn.Module | None = None) -> None:
        super().__init__()
        expect.whole("rank", rank, most=dim - 1)
        self.wanted = f"B {dim}"
        self.codes, self.rest = codes, rest
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("deviation", torch.ones(dim))
        self.register_buffer("directions", torch.eye(dim, rank))
        self.register_buffer("gains", torch.ones(rank))
        self._orthonormal: tuple[Tensor, object, Tensor] | None = None  # of which directions, and their version

    @torch.no_grad()
    @expect.door(mean="D; full", loadings="D R; full", noise="D; full")
    def set_normal(self, mean: Tensor, loadings: Tensor, noise: Tensor) -> None:
        """Whiten N(mean, loadings loadingsᵀ + diag(noise)): what `densities.LowRankNormal` holds."""
        expect.tensor("loadings", loadings, "{} {}".format(*self.directions.shape), dtype="full")
        expect.number("the smallest of noise", float(noise.min()), above=0)
        deviation = noise.sqrt()
        directions, stretched, _ = torch.linalg.svd(loadings / deviation[:, None], full_matrices=False)
        self.mean.copy_(mean)
        self.deviation.copy_(deviation)
        self.directions.copy_(directions)
        self.gains.copy_((1 + stretched.square()).rsqrt())

    @property
    def basis(self) -> Tensor:
        """Give U: the directions, made orthonormal by a Cholesky factor of their inner products."""
        now, known = self.directions, self._orthonormal
        version = object() if now.is_inference() else now._version  # what inference made has none: nothing is kept
        if known is None or known[0] is not now or known[1] != version:
            wide = now.to(torch.promote_types(now.dtype, torch.float32))  # there is none in half precision
            with torch.no_grad():
                chol = torch.linalg.cholesky(wide.T @ wide)
                found = torch.linalg.solve_triangular(chol, wide.T, upper=False).T.contiguous().to(now)
            known = self._orthonormal = (now, version, found)
        return known[2]

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Data to latent; log_det is that of f plus a constant."""
        self.check(x, context)
        log_det = constant(self.gains.log().sum() - self.deviation.log().sum(), x)
        y = (x - self.mean) / self.deviation
        seen = y @ self.basis
        codes = seen * self.gains
        if self.codes is not None:
            codes, of_codes = self.codes(codes)
            log_det = log_det + of_codes
        return y + (codes - seen) @ self.basis.T + self._shift(codes), log_det

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Map latent to data."""
        self.check(z, context)
        codes = z @ self.basis
        y = z - self._shift(codes)
        seen = codes if self.codes is None else self.codes.inverse(codes)
        y = y + (seen / self.gains - codes) @ self.basis.T
        return y * self.deviation + self.mean

    def _shift(self, codes: Tensor) -> Tensor:
        """(I − U Uᵀ) m(codes), or zeros where there is no m."""
        if self.rest is None:
            return codes.new_zeros(())
        shift: Tensor = self.rest(codes)
        return shift - (shift @ self.basis) @ self.basis.T
