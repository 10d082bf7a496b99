"""Codes as a file format: rounded to a step, then written with as many bits as their rarity asks for."""

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.expect.door import door
from gmcourse.metrics.likelihood import nats_to_bits
from gmcourse.models.autoencoder import entropy_coding

TOTAL = 1 << entropy_coding.PRECISION


class CodeCompressor:
    """Rounds codes to multiples of a step, and writes them with tables learned from training codes.

    One table a dimension; dependence between dimensions is not used, so a better model of the codes would
    need fewer bits.

    Args:
        codes: of training images, (N, D).
        step: the rounding; smaller is more exact and longer. A dimension may have 4,096 different symbols.
    """

    @door(codes="N D", step="> 0")
    def __init__(self, codes: Tensor, step: float) -> None:
        self.step = step
        whole = (codes / step).round().long()
        self.low, self.high = whole.amin(0), whole.amax(0)
        largest = int((self.high - self.low).max()) + 1
        if largest > 4096:
            raise ValueError(f"step {step} gives {largest} different symbols; expected at most 4096")
        self.tables = [self._table(column) for column in (whole - self.low).T]

    @staticmethod
    def _table(symbols: Tensor) -> tuple[int, ...]:
        """Frequencies with the sum 2¹⁶; one is added to every count, since the next image may be new."""
        counts = torch.bincount(symbols).double() + 1
        shares = (counts / counts.sum() * (TOTAL - len(counts))).floor().long() + 1
        shares[int(shares.argmax())] += TOTAL - int(shares.sum())
        return tuple(shares.tolist())

    def symbols(self, codes: Tensor) -> Tensor:
        """Whole numbers from 0, (N, D) int64; what lies beyond the training codes' range is cut to it."""
        expect.tensor("codes", codes, f"N {len(self.low)}")
        whole = (codes / self.step).round().long()
        return torch.minimum(torch.maximum(whole, self.low), self.high) - self.low

    def codes(self, symbols: Tensor) -> Tensor:
        """The rounded codes (N, D) float32 that symbols (N, D) stand for."""
        expect.tensor("symbols", symbols, f"N {len(self.low)}", dtype="integer")
        return (symbols + self.low).float() * self.step

    def bits(self, codes: Tensor) -> Tensor:
        """Compute Shannon's length −Σ_d log₂ p(symbol_d) of each image's code in bits, shape (N,)."""
        symbols = self.symbols(codes)
        lengths = [
            torch.tensor(table, dtype=torch.float64, device=codes.device).div(TOTAL).log()[column]
            for table, column in zip(self.tables, symbols.T, strict=True)
        ]
        return -nats_to_bits(torch.stack(lengths)).sum(0)

    def compress(self, codes: Tensor) -> bytes:
        """All codes (N, D) as one file without a header; `decompress` needs to be told N."""
        symbols = self.symbols(codes)
        return entropy_coding.encode(symbols.flatten().tolist(), self.tables * len(symbols))

    @door(count=">= 1")
    def decompress(self, data: bytes, count: int) -> Tensor:
        """The rounded codes (count, D) that `compress` wrote. Damaged bytes and another count are refused."""
        symbols = entropy_coding.decode(data, self.tables * count)
        return self.codes(torch.tensor(symbols).reshape(count, -1).to(self.low.device))


@door(count=">= 1")
def bits_per_image(data: bytes, count: int) -> float:
    """Measure the length of a file of that many images, in bits an image."""
    return 8 * len(data) / count
