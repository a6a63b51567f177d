"""The desk ends every job, and the program stops when told."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import Executor

import httpx

from local.darkroom.desk import Desk
from local.darkroom.jobs import Job
from tests.unit.darkroom.conftest import FAST, KEY, small_photos, training, wait_until, zipped


class Broken(Executor):
    """Workers that are all dead."""

    def submit(self, *args, **more):
        raise RuntimeError("no worker is left")


def test_a_job_whose_worker_breaks_ends_with_an_internal_error(tmp_path):
    async def scene():
        desk = Desk(tmp_path, user_id="ada")
        desk.close()
        desk._workers = Broken()
        job = Job("fal-ai/flux-lora", {"prompt": "x"}, "http://here")
        await desk.work(job)
        return job

    job = asyncio.run(scene())
    assert job.failure is not None
    assert (job.failure.status, job.failure.error_type) == (500, "internal_error")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def workers_of(pid):
    reply = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in reply.stdout.split()]


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_program_serves_and_its_workers_end_with_it_even_when_it_is_killed(tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "local.darkroom", "--port", str(port), "--state", str(tmp_path)]
    program = subprocess.Popen(command)
    base = f"http://127.0.0.1:{port}"

    def is_up():
        try:
            return httpx.get(f"{base}/health").is_success
        except httpx.TransportError:
            return False

    wait_until(is_up)
    httpx.post(f"{base}/fal/{FAST}", json=training(zipped(small_photos()), steps=300), headers=KEY)
    children = wait_until(lambda: workers_of(program.pid))
    program.send_signal(signal.SIGKILL)
    program.wait()
    wait_until(lambda: not any(is_alive(child) for child in children))
