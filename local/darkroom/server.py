"""The darkroom as a web server: fal, Together, result files, control and health."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from local.darkroom import fal, together
from local.darkroom.desk import Desk
from local.darkroom.fal import desk_of
from local.darkroom.faults import BadFault
from local.darkroom.hooks import DELAYS

DEFAULT_USER = "darkroom"


def create_app(
    state: Path,
    *,
    user_id: str = DEFAULT_USER,
    key: str = "",
    workers: int = 2,
    webhook_delays: Sequence[float] = DELAYS,
) -> Starlette:
    """Make the server; with `key`, only that fal key is let in."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        desk = Desk(state, user_id=user_id, workers=workers, webhook_delays=webhook_delays)
        app.state.desk, app.state.key = desk, key
        try:
            yield
        finally:
            desk.close()

    control = [
        Route("/control/faults", put_faults, methods=["POST"]),
        Route("/control/faults", faults, methods=["GET"]),
        Route("/control/faults", clear_faults, methods=["DELETE"]),
        Route("/control/jobs", jobs),
        Route("/health", health),
        Route("/files/moved/{path:path}", moved),
        Route("/files/slow/{seconds:float}/{path:path}", slow),
        Route("/files/{path:path}", file),
    ]
    return Starlette(routes=[*control, *fal.ROUTES, *together.ROUTES], lifespan=lifespan)


async def health(_: Request) -> Response:
    """Say that the server is up."""
    return JSONResponse({"status": "ok"})


async def put_faults(request: Request) -> Response:
    """Put faults in force, beside those that are."""
    try:
        wanted = json.loads(await request.body())
        desk_of(request).faults.add(wanted if isinstance(wanted, list) else [wanted])
    except (ValueError, BadFault) as error:
        return JSONResponse({"detail": str(error)}, 422)
    return await faults(request)


async def faults(request: Request) -> Response:
    """Show the faults in force and how often each has struck."""
    return JSONResponse({"faults": desk_of(request).faults.view()})


async def clear_faults(request: Request) -> Response:
    """Behave again."""
    desk_of(request).faults.clear()
    return Response(status_code=204)


async def jobs(request: Request) -> Response:
    """Show every accepted job and the number that each token has bought."""
    return JSONResponse(desk_of(request).jobs.view())


async def file(request: Request) -> Response:
    """Serve a result file; its name is the capability."""
    folder = desk_of(request).files.resolve()
    path = (folder / request.path_params["path"]).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        return JSONResponse({"detail": "Not found"}, 404)
    html = path.read_bytes()[:15].lower().startswith(b"<!doctype html")
    return FileResponse(path, media_type="text/html" if html else _media_type(path))


def _media_type(path: Path) -> str:
    known = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
    return known.get(path.suffix, "application/octet-stream")


async def slow(request: Request) -> Response:
    """Serve a file after a while."""
    await asyncio.sleep(request.path_params["seconds"])
    return await file(request)


async def moved(request: Request) -> Response:
    """Redirect to the file: what a result URL must not do."""
    return RedirectResponse(f"/files/{request.path_params['path']}", 302)
