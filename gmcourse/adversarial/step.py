"""One step of the game: the discriminator moves, then the generator."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.adversarial.objectives import losses
from gmcourse.adversarial.penalties import Lazy, one_logit_each
from gmcourse.training import EMA
from gmcourse.training.last_good import LastGood, Measured
from gmcourse.training.step import average_gradients, check_parts, learned_by, load_parts

Ask = Callable[[Callable[..., Tensor]], Tensor]  # gives a penalty what it looks at


class Adversarial:
    """The step of every GAN of the course, for `gmcourse.training.fit`.

    Goodfellow et al. 2014 (arXiv:1406.2661), algorithm 1, with simultaneous batches: each call moves the
    discriminator once, on the given batch and as many samples, and then the generator, on new samples. `calls` counts
    the steps that were made.

    Each player has an optimiser over its parameters (see `lazy_adam`). `latent(n)` draws n latents from the prior, on
    the generator's device. For the loss see `losses`, for penalties `Lazy`. The generator moves at every
    `discriminator_steps`-th call only, and with it `ema`, an average of it.
    """

    @expect.door(discriminator_steps=">= 1")
    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        generator_optimizer: torch.optim.Optimizer,
        discriminator_optimizer: torch.optim.Optimizer,
        *,
        latent: Callable[[int], Tensor],
        loss: str = "non_saturating",
        discriminator_penalty: Lazy | None = None,
        generator_penalty: Lazy | None = None,
        discriminator_steps: int = 1,
        ema: EMA | None = None,
    ) -> None:
        check_parts("generator", generator, generator_optimizer, ema)
        check_parts("discriminator", discriminator, discriminator_optimizer)
        if generator is discriminator:
            expect.refuse("discriminator", "the generator", "another module: two players")
        self.generator, self.discriminator = generator, discriminator
        self.generator_optimizer, self.discriminator_optimizer = generator_optimizer, discriminator_optimizer
        self.latent, self.ema, self.discriminator_steps = latent, ema, discriminator_steps
        self.discriminator_loss, self.generator_loss = losses(loss)
        self.discriminator_penalty, self.generator_penalty = discriminator_penalty, generator_penalty
        self.calls = 0
        self._last_good = LastGood()

    @property
    def module(self) -> nn.Module:
        """Return the generator, which is what is kept."""
        return self.generator

    @property
    def optimizers(self) -> list[torch.optim.Optimizer]:
        """Return the optimisers of the generator and of the discriminator."""
        return [self.generator_optimizer, self.discriminator_optimizer]

    @property
    def changing(self) -> list[nn.Module]:
        """Whatever has buffers that a step may change: the players, and penalties that remember something."""
        return [self.generator, self.discriminator, *self._remembering().values()]

    def __call__(self, batch: Tensor | tuple[Tensor, ...]) -> Measured:
        """One move of each player; returns the losses "discriminator" and "generator", and penalties by name.

        Of a batch that is a tuple the first tensor counts. If something is not finite, `Diverged` is raised, and
        all is as it was before the call, for both players.
        """
        good = self._last_good
        measured = good.attempt(lambda: self.play(batch, good), self.optimizers, self.changing)
        self.commit()
        return measured

    def play(self, batch: Tensor | tuple[Tensor, ...], watched: LastGood) -> Measured:
        """The moves of one call, inside `watched.attempt`; `commit` ends them if all is finite."""
        data = batch[0] if isinstance(batch, tuple) and batch else batch
        real = expect.tensor("the batch", data, finite=False)
        measured = self._move_discriminator(real, watched)
        if self._generator_moves():
            measured |= self._move_generator(len(real), watched)
        return measured

    def commit(self) -> None:
        """Count the call, and let the average follow the generator if that has moved."""
        if self.ema is not None and self._generator_moves():
            self.ema.update()
        self.calls += 1

    def _generator_moves(self) -> bool:
        return (self.calls + 1) % self.discriminator_steps == 0

    def _move_discriminator(self, real: Tensor, watched: LastGood) -> Measured:
        with torch.no_grad():
            fake = self.generator(self._draw(len(real)))
        loss = self.discriminator_loss(self._logits(real), self._logits(fake))
        return self._move("discriminator", loss, lambda penalty: penalty(real, fake), watched)

    def _move_generator(self, n: int, watched: LastGood) -> Measured:
        loss = self.generator_loss(self._logits(self.generator(self._draw(n))))
        return self._move("generator", loss, lambda penalty: penalty(self._draw(n)), watched)

    def _draw(self, n: int) -> Tensor:
        z = self.latent(n)
        if not isinstance(z, Tensor) or z.ndim == 0 or len(z) != n:
            expect.refuse(f"latent({n})", expect.described(z), f"a tensor of {n} latents")
        return z

    def _logits(self, x: Tensor) -> Tensor:
        return one_logit_each(self.discriminator(x), len(x))

    def _move(self, name: str, loss: Tensor, ask: Ask, watched: LastGood) -> Measured:
        """Make one optimiser step of the player of this name on its loss, with its penalty or followed by it."""
        optimizer: torch.optim.Optimizer = getattr(self, f"{name}_optimizer")
        lazy: Lazy | None = getattr(self, f"{name}_penalty")

        def update(name: str, objective: Tensor) -> None:
            optimizer.zero_grad(set_to_none=True)
            # gradients pass through the other player, and none are computed for its parameters
            objective.backward(inputs=learned_by(optimizer, objective))
            average_gradients(optimizer)
            watched.watch_gradient(name, optimizer)
            optimizer.step()

        measured = {name: watched.watch(name, loss)}
        if lazy is not None and lazy.every == 1:
            penalty = ask(lazy.penalty)
            measured[lazy.name] = watched.watch(lazy.name, penalty)
            loss = loss + penalty
        update(name, loss)
        if lazy is not None and lazy.every > 1 and self.calls % lazy.every == 0:
            penalty = ask(lazy.penalty)
            measured[lazy.name] = watched.watch(lazy.name, penalty)
            update(lazy.name, lazy.every * penalty)
        return measured

    def trained(self) -> nn.Module:
        """Return the generator's average if there is one, else the generator."""
        return self.generator if self.ema is None else self.ema.module

    def state_dict(self) -> dict[str, Any]:
        """Return both networks, both optimisers, the count, the average, and what the penalties remember."""
        return {name: part.state_dict() for name, part in self._parts().items()} | {"calls": self.calls}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what `state_dict` gave."""
        state = dict(state)
        self.calls = int(state.pop("calls"))
        load_parts(self._parts(), state)

    def _parts(self) -> dict[str, Any]:
        """Return all that has a state of its own, by name."""
        names = ("generator", "discriminator", "generator_optimizer", "discriminator_optimizer", "ema")
        parts = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return parts | self._remembering()

    def _remembering(self) -> dict[str, nn.Module]:
        """Return the penalties that are modules and so remember something, by name."""
        lazy = {name: getattr(self, name) for name in ("discriminator_penalty", "generator_penalty")}
        penalties = {name: each.penalty for name, each in lazy.items() if each is not None}
        return {name: penalty for name, penalty in penalties.items() if isinstance(penalty, nn.Module)}
