"""A benchmark's verdict does not flip with the load of the machine."""

import pytest

from tests.benchmarks.timing import compare, verdict


@pytest.mark.parametrize(
    ("median", "fastest", "said"),
    [(0.9, 0.95, "kept"), (1.2, 1.1, "MISSED"), (1.2, 0.9, "too loaded"), (0.9, 1.2, "too loaded")],
)
def test_a_limit_is_missed_when_both_witnesses_say_so(median, fastest, said):
    assert verdict(median, fastest, 1.0).startswith(said)


@pytest.mark.slow
def test_a_table_says_what_was_missed(capsys):
    work = {"one": lambda: sum(range(20_000)), "ten": lambda: sum(range(200_000))}
    assert not compare("sums", work, reference="one", limits={"ten": 2.0}, rounds=5)
    assert "MISSED" in capsys.readouterr().out
    assert compare("sums", work, reference="one", limits={"ten": 100.0}, rounds=5)
