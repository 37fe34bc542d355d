"""``padauk join``: come in by an invitation, on one's own device.

The six words, a sign-in name and a passphrase are typed, and sent to the server of the link alone,
by no proxy. Knows HTTP only: no key, no database, no settings.
"""

from __future__ import annotations

import sys
from typing import Annotated
from urllib.parse import urlsplit

import httpx2
import typer

from app.cli.home import out, refuse
from app.crypto.passwords import generate_passphrase

_FIRST_REFUSAL = 400
_HERE = {"127.0.0.1", "localhost", "::1"}


def join(
    link: Annotated[str, typer.Argument(help="The link of the invitation, in quotes.")],
) -> None:
    """Join by an invitation: make your keys and passphrase, and get three words to read aloud."""
    address, token = _parts(link)
    words = _ask("The six words that were read to you")
    login = _ask("A sign-in name, which should say nothing about you")
    passphrase = _ask("A passphrase of your own; nothing: one is made here", hidden=True)
    made_here = not passphrase
    if made_here:
        passphrase = generate_passphrase()
        out.print(f"Your passphrase, shown once: [bold]{passphrase}[/bold]", soft_wrap=True)
    body = {"token": token, "words": words, "login": login, "passphrase": passphrase}
    try:
        response = httpx2.post(f"{address}/api/joinings", json=body, timeout=60, trust_env=False)
    except httpx2.TransportError as failure:
        refuse(f"no response from {address}: {type(failure).__name__}")
    try:
        found = response.json()
    except ValueError:
        refuse(f"{address} is not the server of the invitation, or its proxy refuses this")
    if response.status_code >= _FIRST_REFUSAL:
        void = ". The passphrase above opens nothing" if made_here else ""
        refuse(f"{found.get('title', response.status_code)} ({found.get('code', 'no code')}){void}")
    out.print("You have joined. Call the lead: read these three words aloud, and hear theirs.")
    out.print(f"[bold]{found['fingerprint']}[/bold]", highlight=False)
    out.print("If they differ, say so at once: somebody is between you.")


def _parts(link: str) -> tuple[str, str]:
    """Return the server's address and the secret of a link; refuses one that is not sealed."""
    parts = urlsplit(link.strip())
    if not (parts.hostname and parts.fragment):
        refuse("this is no link of an invitation; give it in quotes, with what follows #")
    sealed = parts.scheme == "https" or parts.hostname.endswith(".onion")
    if not sealed and parts.hostname not in _HERE:
        refuse(
            "this link does not begin with https://, and your passphrase would be read on the way"
        )
    return f"{parts.scheme}://{parts.netloc}", parts.fragment


def _ask(question: str, *, hidden: bool = False) -> str:
    """Return what is typed, or the next line of standard input where nobody can be asked."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    return str(
        typer.prompt(
            question, default="" if hidden else None, hide_input=hidden, show_default=False
        )
    )
