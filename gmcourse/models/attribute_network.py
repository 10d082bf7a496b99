"""Reads the eighteen attributes of a face back from its picture, so that what an edit did can be measured.

It learnt from drawn faces, clean, detailed, blurred and noisy, because the generated pictures that it reads are a
little of each. It always answers, even for a picture that is no face: ask `faces.fit` how far it is from one.
"""

from torch import Tensor, nn

from gmcourse import expect
from gmcourse.data.faces import NAMES, bounds
from gmcourse.nn.networks import conv_block

SIZE = 32


class AttributeNetwork(nn.Module):
    """Convolutions from `width` channels down to 4×4, two linear layers, a sigmoid onto each attribute's range."""

    low: Tensor
    span: Tensor

    @expect.door(width=">= 1", hidden=">= 1")
    def __init__(self, width: int = 16, hidden: int = 128) -> None:
        super().__init__()
        self.network = nn.Sequential(
            conv_block(3, width, 1),
            conv_block(width, 2 * width, 2),
            conv_block(2 * width, 2 * width, 1),
            conv_block(2 * width, 4 * width, 2),
            conv_block(4 * width, 4 * width, 1),
            conv_block(4 * width, 8 * width, 2),
            nn.Flatten(),
            nn.Linear(8 * width * (SIZE // 8) ** 2, hidden),
            nn.SiLU(),
            nn.Linear(hidden, len(NAMES)),
            nn.Sigmoid(),
        )
        low, high = bounds()
        self.register_buffer("low", low, persistent=False)
        self.register_buffer("span", high - low, persistent=False)

    @expect.door(x=f"B 3 {SIZE} {SIZE}; unseen")
    def share_of_range(self, x: Tensor) -> Tensor:
        """Read each attribute as a share of its range, (B, 18), from pictures (B, 3, 32, 32) in about [0, 1]."""
        return self.network(2 * x - 1)

    def forward(self, x: Tensor) -> Tensor:
        """Read the attributes (B, 18) of pictures (B, 3, 32, 32), always within `faces.bounds()`."""
        return self.low + self.span * self.share_of_range(x)
