"""A report as HTML that needs nothing else, for notebooks and as a page."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from backlit.check.render.picture import picture
from backlit.check.render.terminal import plain
from backlit.check.render.view import view

if TYPE_CHECKING:
    from backlit.check.render.view import Note, Reported, Wrong

__all__ = ["fragment", "mimebundle", "page"]

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body>
{body}
</body>
</html>
"""


def mimebundle(report: Reported, *_: Any, **__: Any) -> dict[str, str]:
    """Return what a notebook shows: ``text/html`` and ``text/plain``."""
    return {"text/plain": plain(report), "text/html": fragment(report)}


def page(report: Reported) -> str:
    """Return a report as a page of its own."""
    whole = view(report)
    title = f"gradient check of {whole.target}: {whole.verdict}"
    return PAGE.format(title=escape(title), body=fragment(report))


def fragment(report: Reported) -> str:
    """Return a report as a piece of a page: the picture, what is wrong, and every tensor.

    Examples
    --------
    >>> from backlit.check import Report
    >>> "<script" in fragment(Report("<script>"))
    False
    """
    whole = view(report)
    style = files("backlit.check.render").joinpath("page.css").read_text(encoding="utf-8")
    parts = [
        '<div class="bl-check bl-report">',
        f"<style>\n{style}</style>",
        f'<div class="bl-picture">{picture(report)}</div>',
        *(_fault(n, fault) for n, fault in enumerate(whole.faults, 1)),
        _table(whole.rows, opened=not whole.faults),
        "</div>",
    ]
    return "\n".join(filter(None, parts))


def _fault(n: int, fault: Wrong) -> str:
    """Write all of a fault; what the picture cuts short is whole here."""
    about = " · ".join(filter(None, (fault.label, fault.confidence)))
    numbers = ", ".join(f"{name} <b>{escape(value)}</b>" for name, value in fault.numbers)
    error = f", relative error {escape(fault.error)}" if numbers and fault.error else ""
    more = f"; {fault.more} more like it" if fault.more else ""
    lines = [
        f'<del>{escape(fault.line)}</del> <span class="bl-dim">{escape(fault.place)}</span>'
        if fault.line or fault.place
        else "",
        f"<ins>{escape(fault.correction)}</ins>" if fault.correction else "",
    ]
    code = "\n".join(filter(None, lines))
    body = [
        f"<p>{numbers}{error}{more}</p>" if numbers else "",
        f"<p>{escape(fault.message)}</p>" if fault.message else "",
        f"<pre>{code}</pre>" if code else "",
    ]
    heading = f'✗ {n} {escape(fault.where)} <span class="bl-dim">{escape(about)}</span>'
    return f"<details><summary>{heading.rstrip()}</summary>{''.join(filter(None, body))}</details>"


def _table(rows: tuple[Note, ...], *, opened: bool) -> str:
    if not rows:
        return ""
    head = "".join(
        f"<th{align}>{name}</th>"
        for name, align in (
            ("", ""), ("layer", ""), ("tensor", ""), ("shape", ""), ("checked", ' class="n"'),
            ("rel. error", ' class="n"'), ("on a kink", ' class="n"'),
        )
    )  # fmt: skip
    body = "".join(
        f'<tr class="{"bl-ok" if row.ok else "bl-bad"}"><td>{"✓" if row.ok else "✗"}</td>'
        f"<td>{escape(row.layer)}</td><td>{escape(row.tensor)}</td><td>{escape(row.shape)}</td>"
        f'<td class="n">{row.checked}</td><td class="n">{row.error}</td>'
        f'<td class="n">{row.kinks}</td></tr>'
        for row in rows
    )
    return (
        f"<details{' open' * opened}><summary>{len(rows)} "
        f'tensor{"s" * (len(rows) != 1)}</summary><div class="bl-table"><table><thead><tr>{head}'
        f"</tr></thead><tbody>{body}</tbody></table></div></details>"
    )
