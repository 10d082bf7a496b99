"""Codes as a file format: rounded to a step, then written with as many bits as their rarity asks for."""

import bisect
import itertools
from collections.abc import Sequence

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.metrics.likelihood import nats_to_bits

PRECISION = 16
TOTAL = 1 << PRECISION  # of frequencies; the number that grows starts here, so that its end is known


def _starts(table: Sequence[int]) -> list[int]:
    """Where each symbol's share of 0 … 2¹⁶ begins."""
    if sum(table) != TOTAL or min(table) < 1:
        raise ValueError(f"frequencies {list(table)}; expected positive ones with the sum {TOTAL}")
    return [0, *itertools.accumulate(table)][:-1]


def encode(symbols: Sequence[int], tables: Sequence[Sequence[int]]) -> bytes:
    """One number out of many: symbol i has the frequencies `tables[i]`.

    Asymmetric numeral systems, Duda 2009 (arXiv:0902.2271): to add a symbol with frequency f of M, the number grows
    by a factor of about M/f, that is by log₂(M/f) bits: what Shannon says it has to cost.
    """
    if len(symbols) != len(tables):
        raise ValueError(f"{len(symbols)} symbols and {len(tables)} tables; expected as many")
    starts = {id(table): _starts(table) for table in tables}
    state = TOTAL
    # last in, first out: what is to be read first is written last
    for symbol, table in zip(reversed(symbols), reversed(tables), strict=True):
        if not 0 <= symbol < len(table):
            raise ValueError(f"symbol {symbol}; its table has 0 … {len(table) - 1}")
        frequency = table[symbol]
        state = ((state // frequency) << PRECISION) + state % frequency + starts[id(table)][symbol]
    return state.to_bytes((state.bit_length() + 7) // 8, "big")


def decode(data: bytes, tables: Sequence[Sequence[int]]) -> list[int]:
    """The symbols that `encode` was given with the same tables; other bytes are refused."""
    starts = {id(table): _starts(table) for table in tables}
    state, symbols = int.from_bytes(data, "big"), []
    for table in tables:
        place = state & (TOTAL - 1)
        first = starts[id(table)]
        symbol = bisect.bisect_right(first, place) - 1
        state = table[symbol] * (state >> PRECISION) + place - first[symbol]
        symbols.append(symbol)
    if state != TOTAL:
        expect.refuse("data", f"{len(data)} bytes", "those that were written with these tables, all of them")
    return symbols


class CodeCompressor:
    """Rounds codes to multiples of a step, and writes them with tables learned from training codes.

    One table a dimension; dependence between dimensions is not used, so a better model would need fewer bits. Codes
    of training images are (N, D). A smaller step is more exact and longer; a dimension may have 4,096 symbols.
    """

    @expect.door(codes="N D", step="> 0")
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
        counts = [torch.tensor(table, dtype=torch.float64, device=codes.device) for table in self.tables]
        logs = [count.div(TOTAL).log()[column] for count, column in zip(counts, symbols.T, strict=True)]
        return -nats_to_bits(torch.stack(logs)).sum(0)

    def compress(self, codes: Tensor) -> bytes:
        """All codes (N, D) as one file without a header; `decompress` needs to be told N."""
        symbols = self.symbols(codes)
        return encode(symbols.flatten().tolist(), self.tables * len(symbols))

    @expect.door(count=">= 1")
    def decompress(self, data: bytes, count: int) -> Tensor:
        """The rounded codes (count, D) that `compress` wrote. Damaged bytes and another count are refused."""
        symbols = decode(data, self.tables * count)
        return self.codes(torch.tensor(symbols).reshape(count, -1).to(self.low.device))
