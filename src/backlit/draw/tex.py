"""Any text as LaTeX for math mode: what stands in a notebook's cell must not break it."""

from __future__ import annotations

import re

from backlit.draw.number import number

__all__ = ["number_tex", "text_tex"]

_SIGNS = {
    "\\": r"\backslash ", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"{\wedge}", "~": r"{\sim}", "<": "<", ">": ">",
    "×": r"\times ", "·": r"\cdot ", "−": "-", "→": r"\to ", "∂": r"\partial ", "σ": r"\sigma ",
    "Σ": r"\Sigma ", "√": r"\surd ", "∞": r"\infty ", "½": r"\tfrac{1}{2}", "ᵀ": "^{T}",
    "…": r"\ldots ", "|": r"|", "`": r"\text{`}", "'": r"\text{'}", '"': r'\text{"}',
}  # fmt: skip
"""Signs by commands of math mode: inside ``\\text`` MathJax knows few of them."""
_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_PARTS = re.compile(r"[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|[" + re.escape("".join(_SIGNS)) + r"]|[^⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
                    + re.escape("".join(_SIGNS)) + r"]+")  # fmt: skip


def text_tex(text: str) -> str:
    r"""Return a text as LaTeX that shows it, whatever is in it.

    Examples
    --------
    >>> text_tex("× tax"), text_tex("W_1"), text_tex("x²")
    ('\\times \\text{ tax}', '\\text{W}\\_\\text{1}', '\\text{x}{}^{2}')
    """
    parts = []
    for part in _PARTS.findall(text):
        if part in _SIGNS:
            parts.append("{}^{T}" if part == "ᵀ" else _SIGNS[part])
        elif part[0] in "⁻⁰¹²³⁴⁵⁶⁷⁸⁹":
            parts.append(f"{{}}^{{{part.translate(_RAISED)}}}")
        else:
            parts.append(rf"\text{{{part}}}")
    return "".join(parts) or r"\,"


def number_tex(value: float, precision: int = 4) -> str:
    r"""Return a number as LaTeX.

    Examples
    --------
    >>> number_tex(-0.8), number_tex(2.5e-7), number_tex(float("nan"))
    ('-0.8', '2.5\\cdot 10{}^{-7}', '\\mathrm{NaN}')
    """
    text = number(value, precision)
    if text == "NaN":
        return r"\mathrm{NaN}"
    return re.sub(r"\\text\{([\d.]+)\}", r"\1", text_tex(text))
