"""Modules merged into one script: what it does in a browser, and what is refused."""

import pytest

from backlit.errors import DataError, ValueRefusedError
from backlit.web import bundled, document

MODULES = {
    "main.js": """\
// import is a word, and so is export
import {f, twice as double} from "./parts/f.js";
import * as constants from "./parts/constants.js";
import "./effect.js";
import {
    Counter,
    names,
} from "./parts/f.js";
const hidden = "main";
globalThis.result = [f(), double(4), constants.hidden, new Counter().n, names, hidden,
    "<script>", "</script>", `<!-- ${1} </SCRIPT>`, globalThis.effects].join(" ");
""",
    "effect.js": 'globalThis.effects = (globalThis.effects ?? 0) + 1;\nimport "./parts/f.js";',
    "parts/f.js": """\
import {hidden as other} from "./constants.js";
const hidden = "f";
export function f() { return hidden + other; }
function double(x) { return 2 * x; }
export {double as twice, names};
export class Counter { n = 3 }
const names = ["a", "b"];
export async function later() {}
export function* many() {}
""",
    "parts/constants.js": 'export const hidden = "constant";\n',
}


@pytest.fixture
def folder(tmp_path):
    def folder(**texts):
        for name, text in texts.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return folder


def page(script="", **kwargs):
    parts = {"title": "t", "lang": "en", "style": "", "body": "", "data": None, **kwargs}
    return document(script=script, **parts)


def test_merged_modules_do_what_they_say(folder, tmp_path, visit):
    script = bundled("main.js", folder(**MODULES))
    (tmp_path / "x.html").write_text(page(script), encoding="utf-8")
    result = visit(tmp_path / "x.html").evaluate("result")
    assert result == ("fconstant 8 constant 3 a,b main <script> </script> <!-- 1 </SCRIPT> 1")
    assert script.count("const hidden") == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("export default 3;", "main.js, line 1"),
        ("export let x = 3;", "export let"),
        ("const a = 1;\n\nimport x from './a.js';", "line 3"),
        ('import {a} from "react";', "react"),
        ("const x = await import('./a.js');", "import\\('./a.js'\\)"),
        ("const x = import.meta.url;", "import.meta"),
        ('export * from "./a.js";', r"export \*"),
        ("export const {a, b} = c;", "line 1"),
        ('import {a-b} from "./b.js";', "line 1"),
        ("    export function f() {}", "line 1: 'export function"),
        ('import {b} from "./b.js";', "b.js, imported by main.js, can't be read"),
        ('import {b} from "../../b.js";', "outside"),
        ('import {x} from "./main.js";', "main.js → main.js import each other"),
    ],
)
def test_what_cannot_be_merged_is_refused(folder, text, message):
    with pytest.raises(DataError, match=message):
        bundled("main.js", folder(**{"main.js": text}))


def test_what_is_not_exported_is_refused(folder):
    modules = {"main.js": 'import {b} from "./b.js";', "b.js": "export const a = 1, b = 2;"}
    with pytest.raises(DataError, match=r"imports 'b' from b\.js, which exports a"):
        bundled("main.js", folder(**modules))


HOSTILE = [
    "</script><script>window.ran = 1</script>",
    "<!--<script>",
    "\"'`\\ \u2028 \u2029 \x00 \x1b \ud800 🌸 ${window.ran = 1}",
    "</title><img src=x onerror='window.ran = 1'>",
    "</style><script>window.ran = 1</script>",
    "]]>" + "x" * 300,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_runs_anything(tmp_path, visit, name):
    script = 'window.data = JSON.parse(document.getElementById("data").textContent);'
    text = page(script, title=name, data={name: [name]}, style=f"/* {name} */", lang=f'"{name}')
    (tmp_path / "x.html").write_text(text, encoding="utf-8")
    opened = visit(tmp_path / "x.html")
    assert opened.evaluate(
        "[window.ran, Object.keys(data)[0] === data[Object.keys(data)[0]][0]]"
    ) == [
        None,
        True,
    ]
    assert opened.evaluate("document.documentElement.children.length") == 2


def test_markup_in_the_body_runs_nothing_and_fetches_nothing(tmp_path, visit):
    body = """<script>window.ran = 1</script><img src="https://example.com/a.png"
        onerror="window.ran = 2"><a href="javascript:window.ran = 3">x</a>"""
    (tmp_path / "x.html").write_text(page("window.done = 1", body=body), encoding="utf-8")
    opened = visit(tmp_path / "x.html")
    opened.get_by_text("x").click()
    assert opened.evaluate("[window.ran, window.done]") == [None, 1]
    seen = visit.seen
    assert len(seen.errors) >= 3
    assert all("Content Security Policy" in error for error in seen.errors)
    seen.errors.clear()
    seen.requests.clear()


def test_data_that_json_cannot_hold_is_refused():
    for wrong in (float("nan"), {"x": object()}):
        with pytest.raises(ValueRefusedError, match="JSON"):
            page(data=wrong)
