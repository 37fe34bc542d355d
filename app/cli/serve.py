"""``padauk serve`` and ``padauk worker``: the application, and the periodic jobs."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from app.cli.home import REFUSED, Home, load_settings, opened, out, refuse, start
from app.cli.memory import forbid_dumps
from app.deployment import Deployment
from app.main import SERVER_OPTIONS, create_app
from app.settings import Settings
from app.store.identity import HEALS, StartCode
from app.store.locks import same_boot_key
from app.telemetry.logs import log_as_json
from app.worker import Worker

_HOME_VARIABLE = "PADAUK_HOME"
_PROCESSES_VARIABLE = "PADAUK_SERVING_PROCESSES"
GRACE_SECONDS = 20
"""How long requests in hand may take to finish after the signal to stop."""
WORKER_SECONDS = 30
BOOT_KEY_SECONDS = 30.0
"""How long a start waits for a server with another boot key: longer than a vanished host's lock."""


@contextmanager
def working(deployment: Deployment) -> Iterator[None]:
    """Run the jobs in a thread of this process."""
    worker = Worker(deployment)
    thread = threading.Thread(target=worker.run_until_stopped, name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(timeout=WORKER_SECONDS)


def serve(
    home: Home,
    processes: Annotated[
        int, typer.Option(help="Number of processes; more than one needs PostgreSQL.")
    ] = 1,
    *,
    jobs: Annotated[bool, typer.Option(help="Also run the periodic jobs in this process.")] = True,
) -> None:
    """Serve the application on the address that the settings name."""
    forbid_dumps()
    with opened(home, to_serve=True) as deployment:
        settings = deployment.settings
        if processes > 1:
            refuse_several(settings)
        refuse_taken_address(settings)
        with same_boot_key(deployment.engine, deployment.boot_key, BOOT_KEY_SECONDS) as same:
            if not same:
                refuse(
                    "another server of this deployment has another boot key; carry its 32 bytes"
                    " over to boot_key_file, or stop it first",
                    StartCode.BOOT_KEY,
                )
            if processes == 1:
                out.print(f"Padauk on http://{settings.host}:{settings.port}")
                serve_deployment(deployment, jobs=jobs)
                return
            with working(deployment) if jobs else nullcontext():
                serve_processes(home, settings, processes)


def refuse_several(settings: Settings) -> None:
    """Refuse several processes where each would have a boot key or a root key of its own."""
    if settings.is_sqlite or settings.boot_key_file is None:
        refuse(
            "several processes need PostgreSQL and a boot_key_file on tmpfs; set both, or leave"
            " --processes out",
            StartCode.SETTINGS,
        )
    if settings.root_key_file is None and settings.root_key_credential is None:
        refuse(
            "several processes cannot each ask for the root key; set root_key_credential or"
            " root_key_file, or leave --processes out",
            StartCode.SETTINGS,
        )


def refuse_taken_address(settings: Settings) -> None:
    """Refuse an address that another server has, or that this machine does not have."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as failure:
            refuse(
                f"nothing can listen on {settings.host}:{settings.port} ({failure.strerror});"
                " correct host and port in the settings, or end the server that listens there",
                StartCode.ADDRESS,
            )


def serve_processes(home: Path, settings: Settings, processes: int) -> None:
    """Serve in several processes until they are stopped, or until one is refused for good."""
    log_as_json()
    os.environ[_HOME_VARIABLE] = str(home)
    os.environ[_PROCESSES_VARIABLE] = str(processes)
    config = uvicorn.Config(
        "app.cli.serve:application", factory=True, workers=processes,
        host=settings.host, port=settings.port,
        timeout_graceful_shutdown=GRACE_SECONDS, **SERVER_OPTIONS,
    )  # fmt: skip
    supervisor = Multiprocess(config, sockets=[config.bind_socket()])
    supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        start(load_settings(home)).close()  # refuses in one line, with the code of the reason
        raise typer.Exit(REFUSED)


def end_quietly() -> None:
    """Let SIGTERM and SIGINT end the server and not the process: what follows must still run.

    uvicorn raises a signal again once it has shut down, for the handler that was there before.
    With Python's own handlers the process dies there, before the databases are closed.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)


def serve_deployment(deployment: Deployment, *, jobs: bool) -> None:
    """Serve one deployment in this process until it is stopped."""
    settings = deployment.settings
    config = uvicorn.Config(
        create_app(deployment), host=settings.host, port=settings.port,
        timeout_graceful_shutdown=GRACE_SECONDS, **SERVER_OPTIONS,
    )  # fmt: skip
    freeze_objects()
    log_as_json()
    end_quietly()
    if not jobs:
        uvicorn.Server(config).run()
        return
    with working(deployment):
        uvicorn.Server(config).run()


def application() -> FastAPI:
    """Build the application of one of several processes, from the home in the environment."""
    forbid_dumps()
    try:
        deployment = start(load_settings(Path(os.environ[_HOME_VARIABLE])))
    except typer.Exit as refused:
        # This code alone ends the parent as well; after any other it tries again without end.
        sys.exit(refused.exit_code if refused.exit_code in HEALS else STARTUP_FAILURE)
    threading.Thread(target=end_with_parent, name="parent", daemon=True).start()
    log_as_json()
    processes = int(os.environ.get(_PROCESSES_VARIABLE, "1"))
    app = create_app(deployment, close=True, processes=processes)
    freeze_objects()
    return app


def freeze_objects() -> None:
    """Leave what was built until now out of every later garbage collection of this process."""
    gc.collect()
    gc.freeze()


def end_with_parent() -> None:
    """End this process in good order once the process that started it is gone.

    A parent that was killed cannot stop its children: they would serve on without jobs, and keep
    the port from the next start.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def worker(
    home: Home, *, once: Annotated[bool, typer.Option(help="Run what is due and exit.")] = False
) -> None:
    """Run the periodic jobs: sequence the log, escalate late legs, delete what has expired."""
    forbid_dumps()
    with opened(home, to_serve=True) as deployment:
        jobs = Worker(deployment)
        if once:
            for name, count in jobs.run_due().items():
                out.print(f"{name}: {count}")
            return
        log_as_json()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: jobs.stop())
        jobs.run_until_stopped()
