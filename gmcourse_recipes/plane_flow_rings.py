"""A flow of the plane on two rings: lesson 05 shows what a normal cloud cannot become without a steep map."""

from dataclasses import replace
from functools import partial

from gmcourse_recipes.plane_flow_moons import RECIPE as ON_MOONS
from gmcourse_recipes.plane_flow_moons import data, measure
from gmcourse_recipes.running import Recipe

RECIPE: Recipe = replace(
    ON_MOONS,
    arguments={"couplings": 16, "hidden": [48, 48]},
    data=partial(data, density="rings"),
    measure=partial(measure, density="rings"),
    described="rings: fresh samples",
)
