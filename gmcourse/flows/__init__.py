"""Normalizing flows out of small bijections. Forward is data → latent, everywhere.

Start with `bijection` (what one is), `coupling` (the idea that made flows cheap) and `flow` (a density).
"""

from gmcourse.flows.actnorm import ActNorm
from gmcourse.flows.bijection import Bijection, Compose, Context, Inverse
from gmcourse.flows.continuous import Continuous, even_times, solve, trajectory
from gmcourse.flows.coupling import AdditiveCoupling, AffineCoupling, AffineInjector
from gmcourse.flows.elementwise import Elementwise, Gaussianization, Logit, NormalQuantile, Offset, Scale, Sinh
from gmcourse.flows.flow import Dequantized, Flow
from gmcourse.flows.invertible_conv import ActNormConv, PlainConv1x1, PLUConv1x1
from gmcourse.flows.laws import LawBroken, assert_bijection_laws
from gmcourse.flows.multiscale import ConstantAffine, Multiscale, join_latent, normalised, split_latent
from gmcourse.flows.reshape import Permutation, Squeeze, even_odd
from gmcourse.flows.reversible import Recomputing
from gmcourse.flows.whitening import Whitening
