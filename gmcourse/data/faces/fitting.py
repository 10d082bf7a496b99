"""The face that a picture is nearest to, and how far from it the picture still is."""

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.data.faces.attributes import bounds
from gmcourse.data.faces.painting import LARGEST, SMALLEST, render
from gmcourse.data.faces.sampling import sample

RESTARTS, CANDIDATES = 3, 1000  # starts for each picture, and the faces among which they are looked for


@expect.door(pictures="B 3 H W; full, unit", steps=">= 1")
def fit(pictures: Tensor, *, steps: int = 120) -> tuple[Tensor, Tensor]:
    """Fit the clean renderer to pictures (B, 3, size, size): a* = argmin over a of ‖render(a) − x‖².

    The nearest of many faces drawn at random are the starts; from each, Adam follows the gradient through the
    renderer, and the best end is kept. The answer is a local minimum, no proof that there is no better one. Detail
    has no attributes, so a detailed picture keeps the residual that its detail makes.

    Pictures are in [0, 1], 16 … 128 pixels a side; Adam makes so many steps from each start. Returns attributes
    (B, 18) within `bounds()`, and the root of the mean squared difference of the pixels, (B,), in units of the range:
    0 for a clean cartoon that was found.
    """
    expect.tensor("pictures", pictures, f"B 3 {pictures.shape[3]} {pictures.shape[3]}")
    expect.whole("the side of pictures", pictures.shape[3], least=SMALLEST, most=LARGEST)
    targets = pictures.detach().repeat_interleave(RESTARTS, 0)
    natural, uniform = (sample(CANDIDATES // 2, distribution=name) for name in ("natural", "uniform"))
    crowd = torch.cat([natural, uniform]).to(pictures)
    with torch.no_grad():
        distances = torch.cdist(pictures.flatten(1), render(crowd, pictures.shape[-1]).flatten(1))
    nearest = distances.topk(RESTARTS, largest=False).indices.flatten()
    fitted, error = _descend(crowd[nearest], targets, steps)
    error = error.view(-1, RESTARTS)
    best = error.argmin(1)
    rows = torch.arange(len(pictures), device=pictures.device)
    return fitted.view(-1, RESTARTS, fitted.shape[1])[rows, best], error[rows, best].sqrt()


def _descend(start: Tensor, targets: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Follow Adam, each attribute as a share of its range, to the best point on the way and its error."""
    low, high = (bound.to(start) for bound in bounds())
    inside = 1e-3  # a little off the borders, where some attributes have no slope to leave by
    share = ((start - low) / (high - low)).clamp(inside, 1 - inside).requires_grad_()
    optimizer = torch.optim.Adam([share], lr=0.05)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, eta_min=1e-3)
    best = share.detach().clone()
    least = torch.full((len(start),), torch.inf, device=start.device, dtype=start.dtype)
    with torch.enable_grad():
        for _ in range(steps):
            drawn = render(low + (high - low) * share, targets.shape[-1])
            error = (drawn - targets).square().mean((1, 2, 3))
            better = error.detach() < least
            least = torch.where(better, error.detach(), least)
            best = torch.where(better[:, None], share.detach(), best)
            optimizer.zero_grad()
            error.sum().backward()
            optimizer.step()
            falling.step()
            with torch.no_grad():
                share.clamp_(inside, 1 - inside)
    return low + (high - low) * best, least
