"""Files: whether one can be written is known before the work begins."""

import errno
import os

import pytest

from gmcourse import storage


def refused(*args, **kwargs):
    raise PermissionError(errno.EACCES, "Permission denied")


def test_what_can_be_written_is_left_as_it_is(tmp_path):
    path = tmp_path / "deep" / "file"
    storage.ensure_writable(path)
    assert os.listdir(path.parent) == []
    path.write_bytes(b"old")
    storage.ensure_writable(path)
    assert path.read_bytes() == b"old"
    assert os.listdir(path.parent) == ["file"]


def test_what_cannot_be_written_is_said_in_words(tmp_path, monkeypatch):
    with pytest.raises(IsADirectoryError, match="is a folder; expected the path of a file"):
        storage.ensure_writable(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match=r"below cannot be written: .*give another path"):
        storage.ensure_writable(tmp_path / "file" / "below")
    monkeypatch.setattr(storage.tempfile, "mkstemp", refused)
    with pytest.raises(PermissionError, match="cannot be written: Permission denied; give another path"):
        storage.ensure_writable(tmp_path / "new")
