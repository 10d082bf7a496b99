"""Whole numbers to bytes and back, as short as their frequencies allow: asymmetric numeral systems.

Duda 2009 (arXiv:0902.2271). The whole message is one large number. To add a symbol with frequency f of M,
the number grows by a factor of about M/f, that is by log₂(M/f) bits: what Shannon says it has to cost.
"""

import bisect
import itertools
from collections.abc import Sequence

from gmcourse import expect

PRECISION = 16  # frequencies add up to 2¹⁶
START = 1 << PRECISION  # from here on every symbol makes the number larger, so that its end is known


def _starts(table: Sequence[int]) -> list[int]:
    """Where each symbol's share of 0 … 2¹⁶ begins."""
    if sum(table) != 1 << PRECISION or min(table) < 1:
        raise ValueError(f"frequencies {list(table)}; expected positive ones with the sum {1 << PRECISION}")
    return [0, *itertools.accumulate(table)][:-1]


def encode(symbols: Sequence[int], tables: Sequence[Sequence[int]]) -> bytes:
    """One number out of many: symbol i has the frequencies `tables[i]`."""
    if len(symbols) != len(tables):
        raise ValueError(f"{len(symbols)} symbols and {len(tables)} tables; expected as many")
    starts = {id(table): _starts(table) for table in tables}
    state = START
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
        place = state & ((1 << PRECISION) - 1)
        first = starts[id(table)]
        symbol = bisect.bisect_right(first, place) - 1
        state = table[symbol] * (state >> PRECISION) + place - first[symbol]
        symbols.append(symbol)
    if state != START:
        expect.refuse("data", f"{len(data)} bytes", "those that were written with these tables, all of them")
    return symbols
