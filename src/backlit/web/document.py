"""A page as one file: HTML with its style, script and data inside, and nothing from outside."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import Any

from backlit.errors import ValueRefusedError

__all__ = ["document", "inert", "packed"]

_PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
{body}
<script type="application/json" id="data">{data}</script>
<script type="module">{script}</script>
</body>
</html>
"""

_POLICY = (
    "default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
)
"""No address can be asked for anything, and no script runs but the page's own."""


def document(*, title: str, lang: str, style: str, body: str, script: str, data: Any) -> str:
    """Return the text of a page that needs no other file, no server and no network.

    Its script reads the data as
    ``JSON.parse(document.getElementById("data").textContent)``. A policy in the page lets the
    browser run this one script, known by its hash, and refuses every request; so even markup that
    slipped into ``body`` could run nothing.

    Parameters
    ----------
    title
        Any text.
    lang
        The page's language, as ``"en"``.
    style
        CSS.
    body
        HTML; texts of the user's in it must be escaped (``html.escape``, :func:`inert`).
    script
        The text of one script, as from :func:`~backlit.web.bundle.bundled`.
    data
        What JSON can hold. Texts may hold any characters; numbers must be finite.

    Raises
    ------
    ValueRefusedError
        If ``data`` holds something that JSON can't, as NaN or an object of Python's.

    Examples
    --------
    >>> page = document(title="</title>", lang="en", style="", body="", script="",
    ...                 data={"name": "</script><script>alert(1)</script>"})
    >>> page.count("<script"), "alert(1)</script>" in page, "</title></title>" in page
    (2, False, False)
    """
    try:
        text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise ValueRefusedError(
            f"document: data can't be written as JSON: {error}; give numbers that are not finite "
            "as texts, and arrays as lists."
        ) from error
    # A browser's parser turns line ends into \n before it compares the hash.
    script = inert("\n" + script.replace("\r\n", "\n").strip() + "\n")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return _PAGE.format(
        lang=escape(inert(lang)),
        policy=_POLICY.format(digest=digest),
        title=escape(inert(title)),
        style=re.sub(r"</(?=style)", r"<\\/", inert(style.strip()), flags=re.IGNORECASE),
        body=inert(body.strip()),
        data=text.replace("<", "\\u003c"),
        script=script,
    )


def packed(data: Any) -> str:
    """Return data as packed JSON in base64, which a page's script reads by ``unpacked``.

    Examples
    --------
    >>> data = {"texts": ["the same"] * 100}
    >>> len(json.dumps(data)), len(packed(data)) < 100
    (1211, True)
    """
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return b64encode(zlib.compress(text.encode(), 9)).decode()


def inert(text: str) -> str:
    r"""Return ``text`` with a sign in place of what no file in UTF-8 may hold.

    Control characters and lone surrogates are shown as �.

    Examples
    --------
    >>> inert("a\x00b\ud800")
    'a�b�'
    """
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", "�", text)
