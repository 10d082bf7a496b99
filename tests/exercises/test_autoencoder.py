from tests.exercises.both_ways import BothWays


class TestAutoencoder(BothWays):
    chapter = "autoencoder"
