"""Ten things that a newcomer looks for, and where they look first."""

import importlib

import pytest

PLACES = {
    "Glow": ("gmcourse.models.glow", "Glow"),
    "a moving average of weights": ("gmcourse.training.ema", "EMA"),
    "warm-up of the learning rate": ("gmcourse.training.schedules", "warm_up"),
    "slerp": ("gmcourse.latent", "slerp"),
    "the step of a GAN": ("gmcourse.adversarial.step", "Adversarial"),
    "an atomic write": ("gmcourse.storage", "write_atomically"),
    "a chapter's checks": ("gmcourse.exercises.checks.vae", "kl"),
    "its wrong answers": ("tests.exercises.answers.vae", "ANSWERS"),
    "runs side by side": ("gmcourse.adversarial.side_by_side", "SideBySide"),
    "the export of a live figure": ("tools.live.weights", "write_weights"),
}


@pytest.mark.parametrize("what", PLACES)
def test_it_is_where_one_looks(what):
    module, name = PLACES[what]
    assert hasattr(importlib.import_module(module), name)
