from tests.exercises.both_ways import BothWays


class TestDiscriminativeVsGenerative(BothWays):
    chapter = "discriminative_vs_generative"
