"""NICE on MNIST with the paper's network (Dinh et al. 2015, section 5.1): 1980.50 nats in the paper.

The paper trains for 1500 epochs, 703,000 steps at this batch size. A step takes about 0.2 s on one core, so a CPU
gets a small part of the way; the manifest says how far. The weights, 73 MB, do not travel with the package.
"""

from dataclasses import replace

from gmcourse.recipes.nice_mnist import RECIPE as SMALL
from gmcourse.recipes.running import Recipe

RECIPE: Recipe = replace(
    SMALL, name="nice_mnist_paper", arguments={"dim": 784}, steps=703_000, batch_size=128, ship=False
)
