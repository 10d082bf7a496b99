from tests.exercises.both_ways import BothWays


class TestChangeOfVariables(BothWays):
    chapter = "change_of_variables"
