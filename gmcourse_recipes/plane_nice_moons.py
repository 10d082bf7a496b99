"""A NICE of the plane on two moons, small enough for the live figure of lesson 06."""

from dataclasses import replace

from gmcourse_recipes.plane_flow_moons import RECIPE as WITH_AFFINE
from gmcourse_recipes.running import Recipe

RECIPE: Recipe = replace(
    WITH_AFFINE,
    model="gmcourse.models.nice:NICE",
    arguments={"dim": 2, "hidden": [32, 32], "prior": "normal"},
    prepare=None,
)
