"""Chapter 01: the boundary alone, or the whole density and the boundary through Bayes' rule."""

from gmcourse.models.discriminative_vs_generative.classifier import Classifier, fit_logistic
from gmcourse.models.discriminative_vs_generative.generative import (
    GenerativeClassifier,
    fit_gaussians,
    fit_mixtures,
    log_posterior,
)
from gmcourse.models.discriminative_vs_generative.learning_curves import (
    GaussianWorld,
    crossing,
    draws_from,
    error_rate,
    learning_curve,
)
