"""The same MADE, writing in an order that was drawn at random."""

from dataclasses import replace

import torch

from gmcourse.reproducible import generator
from gmcourse_recipes.made_digits_backwards import RECIPE as BACKWARDS

ORDER: list[int] = torch.randperm(64, generator=generator(0)).tolist()
RECIPE = replace(BACKWARDS, arguments={**BACKWARDS.arguments, "order": ORDER})
