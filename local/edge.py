"""The viewer's side of CloudFront: one address for API and media, which checks signatures.

Run with `python -m local.edge --port P --emulator URL --domain D --key-group ID`. Everything goes
on to the emulated distribution unchanged. What CloudFront does and its emulation does not is added
here: the viewer's address is appended to X-Forwarded-For, `/media/*` needs a signature by the
distribution's key group, and CloudFront's own query parameters do not reach the origin.
"""

import argparse
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import boto3
import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.media_signature import Refused, Visit, trusted_keys, verify, without_signature

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"}
    | {"upgrade", "host", "content-length", "content-encoding"}
)
KEYS_SECONDS = 60
FORBIDDEN = (
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Access denied</Message></Error>'
)
Keys = Callable[[], Mapping[str, str]]


def create_edge(origin: httpx.AsyncClient, host: str, keys: Keys) -> Starlette:
    """Make the edge: `host` names the distribution to `origin`, `keys` are its trusted ones."""

    async def pass_on(request: Request) -> Response:
        url = _viewed(request)
        if _is_detour(request):
            return Response(FORBIDDEN, 403, {"x-refused": "a segment of dots"}, media_type="text/xml")
        if request.url.path.startswith("/media/"):
            try:
                verify(Visit(url, request.cookies, _address(request)), keys(), time.time())
            except Refused as refused:
                headers = {"x-cache": "Error from cloudfront", "x-refused": str(refused)}
                return Response(FORBIDDEN, 403, headers, media_type="text/xml")
            url = without_signature(url)
        answer = await origin.request(
            request.method,
            origin.base_url.copy_with(raw_path=b"/" + url.split("/", 3)[3].encode()),
            content=await request.body(),
            headers=[*_forwarded(request), (b"host", host.encode())],
        )
        response = Response(b"" if request.method == "HEAD" else answer.content, answer.status_code)
        response.raw_headers = _answered(answer, is_head=request.method == "HEAD")
        return response

    async def pass_on_odd_path(request: Request, _: Exception) -> Response:
        """Pass on what no pattern matches: a path with a line break in it."""
        return await pass_on(request)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with origin:
            yield

    routes = [
        Route("/.edge/health", lambda _: Response("ok")),
        Route("/{path:path}", pass_on, methods=METHODS),
    ]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={404: pass_on_odd_path})


def _is_detour(request: Request) -> bool:
    """Say whether a path has a segment `.` or `..`.

    No address of ours has one. S3 takes it for a part of a key and finds nothing; the emulator would resolve it
    after the signature was checked, and so lead into another person's folder.
    """
    return not {".", ".."}.isdisjoint(request.url.path.split("/"))


def _viewed(request: Request) -> str:
    """Return the URL with the bytes that the viewer sent, escapes included."""
    path, query = request.scope["raw_path"].decode(), request.scope["query_string"].decode()
    host = request.headers.get("host", "")
    return f"{request.url.scheme}://{host}{path}{'?' if query else ''}{query}"


def _address(request: Request) -> str:
    return request.client.host if request.client else "127.0.0.1"


def _forwarded(request: Request) -> list[tuple[bytes, bytes]]:
    headers = [(k, v) for k, v in request.headers.raw if k.decode() not in HOP_BY_HOP]
    seen = [v for k, v in headers if k == b"x-forwarded-for"]
    kept = [(k, v) for k, v in headers if k != b"x-forwarded-for"]
    return [*kept, (b"x-forwarded-for", b", ".join([*seen, _address(request).encode()]))]


def _answered(answer: httpx.Response, *, is_head: bool) -> list[tuple[bytes, bytes]]:
    lowered = [(name.lower(), value) for name, value in answer.headers.raw]
    kept = [(name, value) for name, value in lowered if name.decode() not in HOP_BY_HOP]
    if answer.status_code in {204, 304}:
        return kept
    length = answer.headers.get("content-length", "0") if is_head else str(len(answer.content))
    return [*kept, (b"content-length", length.encode())]


def remembered(read: Keys, clock: Callable[[], float] = time.monotonic) -> Keys:
    """Read the keys at most once a minute; a rotation is seen within that minute."""
    known: dict[str, str] = {}
    fresh_until = float("-inf")

    def keys() -> Mapping[str, str]:
        nonlocal known, fresh_until
        if clock() >= fresh_until:
            known, fresh_until = dict(read()), clock() + KEYS_SECONDS
        return known

    return keys


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--emulator", required=True, help="the address of the emulator")
    parser.add_argument("--domain", required=True, help="the distribution's domain name")
    parser.add_argument("--key-group", required=True, help="its trusted key group")
    options = parser.parse_args()
    cloudfront = boto3.client("cloudfront", endpoint_url=options.emulator)
    label = options.domain.split(".")[0]
    host = f"{label}.cloudfront.localhost:{httpx.URL(options.emulator).port}"
    origin = httpx.AsyncClient(base_url=options.emulator, timeout=60, trust_env=False, follow_redirects=False)
    keys = remembered(lambda: trusted_keys(cloudfront, [options.key_group]))
    uvicorn.run(
        create_edge(origin, host, keys),
        host="127.0.0.1",
        port=options.port,
        log_level="warning",
        proxy_headers=False,
        date_header=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
