"""The discriminative side: p(y|x) learned directly, with nothing said about x."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.nn.networks import mlp


def check_labelled(x: Tensor, y: Tensor, classes: int, *, seen: bool = True) -> None:
    """Refuse all but points (N, D) and labels (N,) in 0 … classes − 1; without `seen` no value is looked at."""
    expect.whole("classes", classes, least=2)
    expect.tensor("x", x, "N D", finite=seen)
    within = (0, classes - 1) if seen else None
    expect.tensor("y", y, str(len(x)), dtype="integer", finite=seen, within=within)
    expect.same_device(x=x, y=y)


class Classifier(nn.Module):
    """p(y|x) = softmax of a network's output. Without hidden layers it is logistic regression."""

    @expect.door(dims=">= 1", classes=">= 2", hidden=">= 1 empty")
    def __init__(self, dims: int, classes: int, *, hidden: Sequence[int] = ()) -> None:
        super().__init__()
        self.dims, self.classes = dims, classes
        self.network = mlp([dims, *hidden, classes])

    @expect.one_dtype
    def logits(self, x: Tensor) -> Tensor:
        """Score points (B, dims) for each class, (B, classes); only the differences mean something."""
        expect.tensor("x", x, f"B {self.dims}", finite=False)
        return self.network(x)

    def log_posterior(self, x: Tensor) -> Tensor:
        """Compute log p(y|x) in nats for every class, (B, classes)."""
        return self.logits(x).log_softmax(1)

    def predict(self, x: Tensor) -> Tensor:
        """Predict the most probable class, (B,)."""
        return self.logits(x).argmax(1)

    def loss(self, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        """Compute the cross-entropy −mean log p(y|x) in nats, with the accuracy for the record."""
        x, y = batch
        check_labelled(x, y, self.classes, seen=False)
        logits = self.logits(x)
        accuracy = (logits.detach().argmax(1) == y).float().mean()
        return {"loss": F.cross_entropy(logits, y.long()), "accuracy": accuracy}


@expect.door(y="N; integer", l2=">= 0", steps=">= 1")
def fit_logistic(x: Tensor, y: Tensor, classes: int, *, l2: float = 0.0, steps: int = 200) -> Classifier:
    """Fit logistic regression at the minimum of its convex loss, by L-BFGS in float64.

    The loss is −mean log p(y|x) + ½ l2 ‖W‖², the bias left out of the penalty. Where a plane separates the
    classes and l2 is 0 there is no minimum: the weights grow until `steps` ends them, which moves the posterior
    towards 0 and 1, but hardly the boundary. Not every class has to occur.
    """
    check_labelled(x, y, classes)
    x, y = x.double(), y.long()
    model = Classifier(x.shape[1], classes).double().to(x.device)
    linear = model.network[0]
    assert isinstance(linear, nn.Linear)
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    optimizer = torch.optim.LBFGS(
        model.parameters(),
        max_iter=steps,
        max_eval=2 * steps,
        tolerance_grad=1e-7,
        tolerance_change=1e-12,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(linear(x), y) + 0.5 * l2 * linear.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return model.requires_grad_(False)
