"""How well a score tells two sets apart: the question behind every claim of detecting the unusual."""

from __future__ import annotations

import torch
from torch import Tensor

from gmcourse.expect.door import door


@door(higher="N; -inf", lower="M; -inf")
def auroc(higher: Tensor, lower: Tensor) -> float:
    """The probability that a random member of the first set scores above one of the second; ties count half.

    The area under the receiver operating characteristic, as the rank statistic of Mann & Whitney 1947.
    ½ is chance; below ½ the score points the wrong way.

    Args:
        higher: scores (N,) of what should score high, such as log p(x) of test data.
        lower: scores (M,) of what should score low.

    Returns:
        In [0, 1].

    >>> auroc(torch.tensor([2.0, 3.0]), torch.tensor([1.0, 2.0]))
    0.875
    """
    higher, lower = higher.double(), lower.double().sort().values
    below = torch.searchsorted(lower, higher, right=False)
    at_most = torch.searchsorted(lower, higher, right=True)
    return float((below + at_most).double().mean() / (2 * len(lower)))
