"""Runs side by side: each from its own seed, resumable, saved as one module."""

import pytest
import torch

from gmcourse.adversarial import Adversarial, SideBySide
from gmcourse.experiments.classifiers import Classifiers
from gmcourse.experiments.gan_grid import GridGANs
from gmcourse.experiments.stylegan_contest import Contest
from gmcourse.models.gan import PlaneDiscriminator
from gmcourse.reproducible import seeded
from gmcourse.training import EMA, fit, load_checkpoint
from tests.conftest import stop_after


class TestSideBySide:
    def make(self, runs=2):
        module = GridGANs(runs, latent_dim=3, hidden=(8,))
        games = []
        for seed, player in enumerate(module.generators):
            opponent = seeded("discriminator", seed, lambda: PlaneDiscriminator((8,)))
            adam = [torch.optim.Adam(p.parameters(), 1e-2) for p in (player, opponent)]
            games.append(Adversarial(player, opponent, *adam, latent=player.latent, ema=EMA(player, 0.5)))
        return SideBySide(module, games, [4, 8][:runs], ["a", "b"][:runs])

    def weights(self, step):
        return torch.cat([p.detach().flatten() for p in step.module.parameters()])

    def test_the_seeds_differ_and_are_the_same_every_time(self):
        torch.manual_seed(1)
        first = GridGANs(2, 3, (8,))
        torch.manual_seed(2)
        again = GridGANs(3, 3, (8,))
        one, two = first.generators
        assert torch.equal(one.network[0].weight, again.generators[0].network[0].weight)
        assert not torch.equal(one.network[0].weight, two.network[0].weight)
        assert first.sample(7).shape == (2, 7, 2)

    def test_it_resumes_with_the_same_bits(self, tmp_path):
        data, path = torch.randn(40, 2), tmp_path / "run.safetensors"
        whole = self.make()
        history = fit(whole, data, steps=8, batch_size=12, progress=False)
        options = {"steps": 8, "batch_size": 12, "checkpoint": path, "progress": False}
        fit(self.make(), data, callbacks=[stop_after(3)], **options)
        rest = self.make()
        fit(rest, data, resume=True, **options)
        assert torch.equal(self.weights(whole), self.weights(rest))
        assert load_checkpoint(path)["step"] == 8
        assert set(history) == {f"{name}: {loss}" for name in "ab" for loss in ("discriminator", "generator")}
        averaged = whole.steps[0].ema.module.network[0].weight.clone()
        before = self.weights(whole)
        assert torch.equal(whole.trained().generators[0].network[0].weight, averaged)
        assert torch.equal(self.weights(whole), before), "looking at the averages changes nothing"

    def test_errors(self):
        step = self.make()
        with pytest.raises(ValueError, match="expected 12"):
            step(torch.zeros(13, 2))
        with pytest.raises(ValueError, match="expected 2, one for each"):
            SideBySide(GridGANs(2, 3, (8,)), step.steps, [4], ["a", "b"])
        with pytest.raises(ValueError, match="runs is 0"):
            GridGANs(0)


def test_a_contest_has_runs_of_both_kinds():
    module = Contest(runs=2, width=5)
    assert module.names == ["AdaIN", "AdaIN", "StyleGAN2", "StyleGAN2"]
    kinds = [type(each.synthesis.blocks[0].layers[0]).__name__ for each in module.generators]
    assert kinds == ["AdaINConv", "AdaINConv", "StyledConv", "StyledConv"]
    with pytest.raises(ValueError, match="runs is 0"):
        Contest(runs=0)


def test_classifiers_of_one_seed_begin_alike_and_learn_as_if_alone():
    several = Classifiers(4, per_seed=2, dims=3)
    first, second, third, _ = several.networks
    same = [torch.equal(first.network[0].weight, each.network[0].weight) for each in (second, third)]
    assert same == [True, False]
    x, y = torch.randn(5, 4, 3), torch.randint(2, (5, 4))
    several.loss((x, y)).backward()
    together = third.network[0].weight.grad.clone()
    third.zero_grad()
    third.loss((x[:, 2], y[:, 2]))["loss"].backward()
    assert torch.allclose(third.network[0].weight.grad, together)
