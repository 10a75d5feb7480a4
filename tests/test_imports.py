"""What `import backlit` loads, and that names are what they are in whatever order they come."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
import types

import pytest

import backlit

HEAVY = ["board", "book", "cli", "data", "gallery", "optim", "train", "web"]
HEAVY += ["check.checked", "check.numerical", "check.report", "compile.compiled"]
HEAVY += ["draw.drawn", "draw.explained", "draw.figure", "draw.tried"]

PRICE = "price = bl.tensor(100, 'apple') * bl.tensor(2, 'number'); price.backward()\n"
FUNCTIONS = """
import pickle
for name in ("check", "compile", "draw", "tensor", "what_if", "why"):
    function = getattr(bl, name)
    assert callable(function) and function.__name__ == name, (name, function)
    assert pickle.loads(pickle.dumps(function)) is function
"""

ORDERS = {
    "a submodule of draw": "import backlit.draw.figure\nimport backlit as bl",
    "a submodule of check": "import backlit.check.checked\nimport backlit as bl",
    "a submodule of compile": "import backlit.compile.compiled\nimport backlit as bl",
    "functions, then submodules": (
        "from backlit import check, compile, draw\n"
        "import backlit.draw.drawn, backlit.check.report, backlit.compile.variant\n"
        "import backlit as bl\n"
        "assert (check, compile, draw) == (bl.check, bl.compile, bl.draw)"
    ),
    "functions of the rooms": (
        "from backlit.draw import what_if, why, draw\n"
        "from backlit.check import check\n"
        "from backlit.compile import compile\n"
        "import backlit as bl\n"
        "found = (check, compile, draw, what_if, why)\n"
        "assert found == (bl.check, bl.compile, bl.draw, bl.what_if, bl.why)"
    ),
    "used before their rooms are loaded": (
        f"import backlit as bl\n{PRICE}"
        "assert '200' in str(bl.draw(price)) and '200' in str(price.draw())\n"
        "assert bl.compile(lambda x: x * 2)(3.0) == 6\n"
        "assert bl.check(lambda x: x * x, [1.0, 2.0]).ok\n"
        "assert type(bl.draw(price)) is bl.Figure\n"
        "import backlit.draw.page.page, backlit.check.run, backlit.compile.emit"
    ),
    "everything": (
        "from backlit import *\n"
        "import backlit as bl\n"
        "assert all(globals()[name] is getattr(bl, name) for name in bl.__all__)\n"
        "assert (History.__name__, data.__name__) == ('History', 'backlit.data')"
    ),
    "help": (
        "import backlit as bl, pydoc\n"
        "text = pydoc.render_doc(bl)\n"
        "assert all(name in text for name in bl.__all__ if name != '__version__')"
    ),
}


def fresh(code):
    """Run code in a process of its own, and return what it printed."""
    words = [sys.executable, "-c", code]
    found = subprocess.run(words, capture_output=True, text=True, check=False, env=os.environ)
    assert found.returncode == 0, found.stderr
    return found.stdout


def test_only_what_any_program_needs_is_loaded():
    loaded = fresh("import sys, backlit; print(*sys.modules)").split()
    assert not {f"backlit.{name}" for name in HEAVY} & set(loaded)
    assert not {"concurrent.futures", "rich", "threadpoolctl"} & set(loaded)


@pytest.mark.parametrize("order", ORDERS)
def test_a_function_is_never_taken_for_its_room(order):
    fresh(f"{ORDERS[order]}\n{FUNCTIONS}")


ROOMS = ["backlit"]
ROOMS += [x.name for x in pkgutil.iter_modules(backlit.__path__, "backlit.") if x.ispkg]


@pytest.mark.parametrize("name", ROOMS)
def test_public_names_are_there(name):
    room = importlib.import_module(name)
    public = getattr(room, "__all__", [])
    assert set(public) <= set(dir(room))
    assert all(hasattr(room, name) for name in public)
    with pytest.raises(AttributeError, match=f"'{name}' has no attribute 'nothing'"):
        _ = room.nothing


def test_no_later_name_is_that_of_a_submodule():
    """Importing the submodule would put it in the place of what the name is to give."""
    code = (
        "import backlit, backlit.check, backlit.compile, backlit.draw, pkgutil, sys\n"
        "for name in ('backlit', 'backlit.check', 'backlit.compile', 'backlit.draw'):\n"
        "    room = sys.modules[name]\n"
        "    later = set(room.__all__) - set(vars(room))\n"
        "    submodules = {x.name for x in pkgutil.iter_modules(room.__path__)}\n"
        "    print(name, len(later), *later & submodules, sep=',')"
    )
    for line in fresh(code).split():
        room, count, *clashing = line.split(",")
        assert int(count) > 0
        for name in clashing:  # then it is the submodule that is meant
            assert isinstance(getattr(sys.modules[room], name), types.ModuleType)
