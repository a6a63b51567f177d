"""Faults that lie in a result: what a job made is spoilt before anybody sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from local.darkroom.faults import IN_FILE, IN_RESULT, Fault, FaultBook
from local.darkroom.jobs import Job
from local.darkroom.work import black, store

HUGE: Final = 26 * 1024 * 1024
HTML: Final = b"<!doctype html><title>502 Bad Gateway</title><h1>Bad gateway</h1>"


def spoil(result: dict[str, Any], job: Job, faults: FaultBook, files: Path) -> dict[str, Any]:
    """Apply the faults that are due to a result whose URLs are still paths below /files."""
    images = result.get("images", [])
    fault = faults.fire(IN_RESULT, job.target)
    name = fault.name if fault else ""
    if name == "nsfw" and images:
        first = images[0]
        kind = first["content_type"].rpartition("/")[2]
        raw = black(first["width"], first["height"], kind)
        images[0] = first | store(str(files), first["file_name"], raw, first["content_type"])
        result["has_nsfw_concepts"] = [True, *result["has_nsfw_concepts"][1:]]
    elif name == "partial" and images:
        result["images"] = images = images[:-1]
        result["has_nsfw_concepts"] = result["has_nsfw_concepts"][: len(images)]
    elif name == "missing_url":
        _first_file(result).pop("url", None)
    elif name == "bad_weights" and "diffusers_lora_file" in result:
        (files / result["diffusers_lora_file"]["url"]).write_bytes(HTML * 40)
    return result


def publish(result: dict[str, Any], job: Job, faults: FaultBook, files: Path) -> dict[str, Any]:
    """Turn paths into URLs; a fault may spoil the first file or send its URL elsewhere."""
    for entry in _files(result):
        if "url" in entry:
            entry["url"] = f"{job.base_url}/files/{entry['url']}"
    first = _first_file(result)
    if "url" in first:
        fault = faults.fire(IN_FILE, job.target)
        if fault is not None:
            _spoil_file(fault, first, files)
    return result


def _files(result: dict[str, Any]) -> list[dict[str, Any]]:
    named = [value for value in result.values() if isinstance(value, dict) and "file_name" in value]
    return [*result.get("images", []), *named]


def _first_file(result: dict[str, Any]) -> dict[str, Any]:
    found = _files(result)
    return found[0] if found else {}


def _spoil_file(fault: Fault, entry: dict[str, Any], files: Path) -> None:
    name = fault.name
    parts = urlsplit(entry["url"])
    path = files / parts.path.partition("/files/")[2]
    raw = path.read_bytes()
    if name == "truncated_image":
        path.write_bytes(raw[: len(raw) // 2])
    elif name == "huge_image":
        path.write_bytes(raw + bytes(HUGE - len(raw)))
    elif name == "wrong_type":
        path.write_bytes(HTML)
        entry["content_type"] = "text/html"
    elif name == "redirect":
        entry["url"] = entry["url"].replace("/files/", "/files/moved/", 1)
    elif name == "slow_file":
        entry["url"] = entry["url"].replace("/files/", f"/files/slow/{fault.seconds(5)}/", 1)
    elif name == "other_host":
        host = "localhost" if parts.hostname == "127.0.0.1" else "127.0.0.1"
        port = f":{parts.port}" if parts.port else ""
        entry["url"] = urlunsplit(parts._replace(netloc=f"{host}{port}"))
