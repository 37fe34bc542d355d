"""One side, in a process of its own: ``python -m benchmarks.side``, asked on standard input.

Founds, says on one line of standard output where it listens and with which tokens, then serves
until it is terminated. Listens on the loopback address alone; its database is made for the run.
"""

from __future__ import annotations

import socket
import sys

import msgspec
import uvicorn

from app.cli.serve import freeze_objects
from app.main import SERVER_OPTIONS, create_app
from benchmarks.bare import create_bare_app
from benchmarks.ground import Ask, lay
from benchmarks.unsealed import take_out_sealing


def main() -> None:
    """Found and serve the side that standard input names."""
    ask = msgspec.json.decode(sys.stdin.buffer.readline(), type=Ask)
    if ask.side != "ours":
        take_out_sealing(key_rows=ask.key_rows)
    ground = lay(ask)
    create = create_bare_app if ask.side == "bare" else create_app
    server = uvicorn.Server(
        uvicorn.Config(create(ground.deployment), log_level="error", **SERVER_OPTIONS)
    )
    freeze_objects()
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        port: int = listening.getsockname()[1]
        sys.stdout.buffer.write(msgspec.json.encode(ground.ready(port)) + b"\n")
        sys.stdout.buffer.flush()
        server.run(sockets=[listening])
    ground.deployment.close()


if __name__ == "__main__":
    main()
