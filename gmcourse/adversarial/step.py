"""One step of the game: the discriminator moves, then the generator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from gmcourse.adversarial.lazy import Lazy
from gmcourse.adversarial.losses import losses
from gmcourse.training import EMA, Diverged, check_finite
from gmcourse.training.step import average_gradients


@contextmanager
def _frozen(module: nn.Module) -> Iterator[None]:
    """Gradients pass through the module, and none are computed for its parameters."""
    module.requires_grad_(False)
    try:
        yield
    finally:
        module.requires_grad_(True)


class Adversarial:
    """The step of every GAN of the course, for `gmcourse.training.fit`.

    Goodfellow et al. 2014 (arXiv:1406.2661), algorithm 1, with simultaneous batches: each call moves the
    discriminator once, on the given batch and as many samples, and then the generator, on new samples.

    Args:
        generator: z → x.
        discriminator: x → logits, (B,) or (B, 1).
        generator_optimizer: over the generator's parameters (see `lazy_adam`).
        discriminator_optimizer: over the discriminator's.
        latent: `latent(n)` draws n latents from the prior, on the generator's device.
        loss: "minimax", "non_saturating", "hinge" or "wasserstein".
        discriminator_penalty: a `Lazy` whose penalty takes `(real, fake)`.
        generator_penalty: a `Lazy` whose penalty takes `(z)`.
        discriminator_steps: the generator moves at every so-many-th call only.
        ema: an average of the generator, moved with it.

    Attributes:
        calls: how many steps were made.

    Raises:
        ValueError: an unknown loss, or a count below 1.
    """

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
        if discriminator_steps < 1:
            raise ValueError(f"discriminator_steps is {discriminator_steps}; expected at least 1")
        self.generator, self.discriminator = generator, discriminator
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        self.latent, self.ema, self.discriminator_steps = latent, ema, discriminator_steps
        self.discriminator_loss, self.generator_loss = losses(loss)
        self.discriminator_penalty, self.generator_penalty = discriminator_penalty, generator_penalty
        self.calls = 0

    @property
    def module(self) -> nn.Module:
        """The generator, under the name that recipes look for."""
        return self.generator

    def __call__(self, batch: Tensor | tuple[Tensor, ...]) -> dict[str, Tensor]:
        """One move of each player.

        Args:
            batch: data, (B, …); of a tuple the first tensor counts.

        Returns:
            The losses "discriminator" and "generator", each penalty under its name.

        Raises:
            ValueError: not one logit a sample.
            Diverged: a loss or a gradient is not finite. That player has not moved.
        """
        real = batch if isinstance(batch, Tensor) else batch[0]
        measured = self._move_discriminator(real)
        if (self.calls + 1) % self.discriminator_steps == 0:
            measured |= self._move_generator(len(real))
        self.calls += 1
        return measured

    def _move_discriminator(self, real: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            fake = self.generator(self.latent(len(real)))
        loss = self.discriminator_loss(self._logits(real), self._logits(fake))
        return self._move(
            "discriminator",
            self.discriminator,
            self.discriminator_optimizer,
            loss,
            self.discriminator_penalty,
            lambda penalty: penalty(real, fake),
        )

    def _move_generator(self, n: int) -> dict[str, Tensor]:
        with _frozen(self.discriminator):
            loss = self.generator_loss(self._logits(self.generator(self.latent(n))))
            measured = self._move(
                "generator",
                self.generator,
                self.generator_optimizer,
                loss,
                self.generator_penalty,
                lambda penalty: penalty(self.latent(n)),
            )
        if self.ema is not None:
            self.ema.update()
        return measured

    def _logits(self, x: Tensor) -> Tensor:
        logits: Tensor = self.discriminator(x)
        if logits.numel() != len(x):
            raise ValueError(
                f"the discriminator gave {tuple(logits.shape)} for {len(x)} samples; expected one logit each"
            )
        return logits

    def _move(
        self,
        name: str,
        player: nn.Module,
        optimizer: torch.optim.Optimizer,
        loss: Tensor,
        lazy: Lazy | None,
        evaluate: Callable[[Callable[..., Tensor]], Tensor],
    ) -> dict[str, Tensor]:
        """One optimiser step on a loss, with its penalty or followed by it."""
        measured = {name: loss}
        if lazy is not None and lazy.every == 1:
            measured[lazy.name] = evaluate(lazy.penalty)
            loss = loss + measured[lazy.name]
        self._update(name, player, optimizer, loss)
        if lazy is not None and lazy.every > 1 and self.calls % lazy.every == 0:
            measured[lazy.name] = evaluate(lazy.penalty)
            self._update(lazy.name, player, optimizer, lazy.every * measured[lazy.name])
        return {key: value.detach() for key, value in measured.items()}

    def _update(self, name: str, player: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        check_finite({name: loss.detach()})
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(player)
        gradients = [p.grad for p in player.parameters() if p.grad is not None]
        # a finite loss can have an infinite slope, and one such step would leave no network to go back to
        if gradients and not torch.isfinite(torch.stack(torch._foreach_norm(gradients))).all():
            raise Diverged(f"the gradient of {name} is not finite. Try a smaller learning rate.")
        optimizer.step()

    def state_dict(self) -> dict[str, Any]:
        """Both networks, both optimisers, the count, the average, and what the penalties remember."""
        state: dict[str, Any] = {
            "generator": self.generator.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "generator_optimizer": self.generator_optimizer.state_dict(),
            "discriminator_optimizer": self.discriminator_optimizer.state_dict(),
            "calls": self.calls,
            "penalties": {lazy.name: lazy.state() for lazy in self._penalties()},
        }
        return state if self.ema is None else {**state, "ema": self.ema.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The reverse of `state_dict`."""
        self.generator.load_state_dict(state["generator"])
        self.discriminator.load_state_dict(state["discriminator"])
        self.generator_optimizer.load_state_dict(state["generator_optimizer"])
        self.discriminator_optimizer.load_state_dict(state["discriminator_optimizer"])
        self.calls = int(state["calls"])
        for lazy in self._penalties():
            if isinstance(lazy.penalty, nn.Module):
                lazy.penalty.load_state_dict(state["penalties"][lazy.name])
        if self.ema is not None:
            self.ema.load_state_dict(state["ema"])

    def _penalties(self) -> list[Lazy]:
        return [lazy for lazy in (self.discriminator_penalty, self.generator_penalty) if lazy is not None]
