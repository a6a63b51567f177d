"""Run the darkroom: `python -m local.darkroom --port 8790 --state .local/darkroom`."""

from __future__ import annotations

import argparse
from pathlib import Path

import uvicorn

from local.darkroom.server import DEFAULT_USER, create_app


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="darkroom", description="Offline stand-in for fal and Together.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8790)
    parser.add_argument("--state", type=Path, required=True, help="folder for results, key and log")
    parser.add_argument("--user-id", default=DEFAULT_USER, help="fal user id in signed webhooks")
    parser.add_argument("--key", default="", help="the only fal key to accept; any when empty")
    parser.add_argument("--workers", type=int, default=2, choices=(1, 2))
    wanted = parser.parse_args()
    app = create_app(wanted.state, user_id=wanted.user_id, key=wanted.key, workers=wanted.workers)
    uvicorn.run(app, host=wanted.host, port=wanted.port, log_level="warning", timeout_graceful_shutdown=2)


if __name__ == "__main__":
    main()
