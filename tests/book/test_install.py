import importlib
import sys
import types

import pytest

from backlit import book
from backlit.errors import ValueRefusedError

MODULES = (
    "common.layers", "common.functions", "common.gradient", "common.optimizer", "common.util",
    "dataset.mnist", "layer_naive", "two_layer_net", "simple_convnet",
)  # fmt: skip


def test_the_books_imports_find_the_library_until_uninstalled():
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("common.layers")
    book.install()
    book.install()
    for name in MODULES:
        module = importlib.import_module(name)
        assert module.__all__
        for each in module.__all__:
            assert getattr(module, each) is getattr(book, each)
    assert importlib.import_module("common").layers is sys.modules["common.layers"]
    book.uninstall()
    book.uninstall()
    assert not any(name in sys.modules for name in (*MODULES, "common", "dataset"))
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("common.layers")


def test_what_is_not_here_is_said():
    book.install()
    with pytest.raises(ModuleNotFoundError, match=r"common\.trainer.* only common\.functions"):
        importlib.import_module("common.trainer")
    with pytest.raises(ImportError, match="no 'TimeAffine'; it has Affine"):
        exec("from common.layers import TimeAffine")
    assert not hasattr(importlib.import_module("common.layers"), "__wrapped__")


def test_a_foreign_module_in_use_is_not_replaced(monkeypatch):
    foreign = types.ModuleType("common")
    foreign.__file__ = "elsewhere/common.py"
    monkeypatch.setitem(sys.modules, "common", foreign)
    with pytest.raises(ValueRefusedError, match=r"'common' .* elsewhere/common\.py"):
        book.install()
    book.uninstall()
    assert sys.modules["common"] is foreign


def test_the_readers_own_net_comes_first(tmp_path, monkeypatch):
    (tmp_path / "two_layer_net.py").write_text("TwoLayerNet = 'mine'\n")
    monkeypatch.syspath_prepend(tmp_path)
    book.install()
    assert importlib.import_module("two_layer_net").TwoLayerNet == "mine"
    assert importlib.import_module("layer_naive").MulLayer is book.MulLayer
    del sys.modules["two_layer_net"]
    monkeypatch.undo()
    importlib.invalidate_caches()
