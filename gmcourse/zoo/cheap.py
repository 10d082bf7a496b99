"""What the cheapest models score: closed forms and EM, on the pixels that the networks are measured on."""

import json

from gmcourse import expect
from gmcourse.zoo import store

FILE = "baselines.json"
Rows = dict[str, dict[str, float]]


@expect.door()
def baselines(data: str) -> Rows:
    """Give model → measurement → number for one set: "digits", "mnist", "mnist, binarised", "faces" and more.

    `python -m tools.zoo baselines` writes the file, which says how, and of how many held-out pictures; for bits per
    dimension they are dequantised once. `… repeats` adds small networks of several seeds, "digits, orders" for one.
    """
    content = json.loads((store.WEIGHTS / FILE).read_text(encoding="utf-8"))["sets"]
    return content[expect.one_of("data", data, tuple(content))]["models"]


@expect.door()
def best_baseline(data: str) -> tuple[str, float]:
    """The cheap model with the least bits per dimension, and that number: the row that a table of networks needs."""
    bits = {name: row["bits_per_dim"] for name, row in baselines(data).items() if "bits_per_dim" in row}
    name = min(bits, key=bits.__getitem__)
    return name, bits[name]
