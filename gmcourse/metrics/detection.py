"""How well a score tells two sets apart: the question behind every claim of detecting the unusual."""

import torch
from torch import Tensor

from gmcourse import expect


@expect.door(higher="N; -inf", lower="M; -inf")
def auroc(higher: Tensor, lower: Tensor) -> float:
    """The probability that a random score of `higher` (N,) is above one of `lower` (M,); ties count half.

    The area under the receiver operating characteristic, as the rank statistic of Mann & Whitney 1947.
    1 is a perfect order and ½ chance; below ½ the score points the wrong way.

    >>> auroc(torch.tensor([2.0, 3.0]), torch.tensor([1.0, 2.0]))
    0.875
    """
    higher, lower = higher.double(), lower.double().sort().values
    below = torch.searchsorted(lower, higher, right=False)
    at_most = torch.searchsorted(lower, higher, right=True)
    return float((below + at_most).double().mean() / (2 * len(lower)))
