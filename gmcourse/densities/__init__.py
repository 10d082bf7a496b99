"""Densities that are fitted in closed form or by EM: what a chapter compares its network with, or builds on."""

from gmcourse.densities.finite_mixture import FiniteMixture, LowRankMixture, k_means
from gmcourse.densities.histogram import Histogram
from gmcourse.densities.low_rank import LowRankNormal
from gmcourse.densities.mixture import Mixture, em_step
from gmcourse.densities.normal import Normal, condition, covariance, seen_through
from gmcourse.densities.paths import COSINE, LINEAR, STRAIGHT, NoisedMixture, Path, posterior_mean
