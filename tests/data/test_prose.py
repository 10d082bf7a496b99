"""The frozen text of lesson 11."""

import hashlib

from gmcourse.data import prose

SUM = "4bbb9ea7afab36ee"


def test_the_text_stays_what_it_was():
    train, test = prose.load(), prose.load("test")
    text = prose.written(train) + prose.written(test)
    assert (len(train), len(test)) == (177_942, 20_000)
    assert hashlib.sha256(text.encode()).hexdigest().startswith(SUM)
    assert set(text) == set(prose.ALPHABET)
