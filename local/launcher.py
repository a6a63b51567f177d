"""Run ministack 1.5.33 with the few corrections that the product's promises need.

Runs in the emulator's own environment (`requirements/emulator.txt`), so it imports nothing of this
repository. Every correction names the place it changes and refuses to start unless that place looks
as it did when the correction was written: a new ministack version is a decision, not an accident.
Not corrected because nothing here uses it: CORS of the HTTP API, dead-letter queues and reserved
concurrency of functions, timeouts of tasks taken from the state's input. `AWS_EXECUTION_ENV` and
`TZ` need no correction: handlers inherit the environment that `local.cloud` starts this process
with.
"""

# ruff: noqa: ANN401, SLF001 - ministack is untyped, and the places to correct have no public name

import importlib.metadata
import logging
import queue
import threading
import time
from typing import Any

from ministack import app
from ministack.core import iam_actions, lambda_runtime, persistence
from ministack.services import lambda_svc

VERSION = "1.5.33"
MARK = "-- end of invocation --"
SAVE_EVERY_SECONDS = 5.0
DRAIN_SECONDS = 0.25

UNNAMED = "Runtime.HandlerError"
DEAD = {"Worker process died", "Worker returned no response"}

_raised = threading.local()


def replace_once(text: str, old: str, new: str) -> str:
    """Replace the one occurrence of `old`.

    Raises:
        RuntimeError: `old` is absent or ambiguous, so the correction no longer fits.
    """
    if text.count(old) != 1:
        message = f"ministack changed: {text.count(old)} places match {old!r}"
        raise RuntimeError(message)
    return text.replace(old, new)


def correct_worker() -> None:
    """Make the Python worker end each invocation with a mark, name its errors and put code first.

    Without the mark a handler that logs nothing costs 50 ms of waiting for its log; without the
    class name `Retry` and `Catch` of a state machine can match no error; AWS searches the
    function's own code before its layers.
    """
    source = lambda_runtime._PYTHON_WORKER_SCRIPT
    source = replace_once(
        source,
        "        _real_stdout.flush()\n\nrun()\n",
        f'        sys.stderr.write("{MARK}\\n")\n        sys.stderr.flush()\n        _real_stdout.flush()\n\nrun()\n',
    )
    source = replace_once(
        source,
        '"trace": traceback.format_exc()',
        '"type": type(e).__name__, "trace": traceback.format_exc()',
    )
    source = replace_once(
        source,
        "    # After sys.path is complete",
        "    sys.path.remove(code_dir)\n    sys.path.insert(0, code_dir)\n    # After sys.path is complete",
    )
    compile(source, "worker", "exec")
    lambda_runtime._PYTHON_WORKER_SCRIPT = source


def correct_drain() -> None:
    """Read a Python worker's log up to the mark instead of waiting for silence."""
    worker = lambda_runtime.Worker
    wait_for_silence = worker._drain_stderr_bounded

    def drain(self: Any, *args: float, **named: float) -> str:
        if not str(self.config.get("Runtime", "")).startswith("python"):
            return str(wait_for_silence(self, *args, **named))
        lines: list[str] = []
        deadline = time.monotonic() + DRAIN_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            try:
                line = self._stderr_queue.get(timeout=left)
            except queue.Empty:
                break
            if line == MARK:
                break
            lines.append(line)
        return "\n".join(lines)

    worker._drain_stderr_bounded = drain


def correct_error_type() -> None:
    """Answer a failed invocation with the class of its exception, or that its process ended, as Lambda does."""
    invoke = lambda_runtime.Worker.invoke
    execute = lambda_svc._execute_function_warm

    def remembering(self: Any, *args: Any, **named: Any) -> Any:
        answer = invoke(self, *args, **named)
        _raised.type = "Runtime.ExitError" if answer.get("error") in DEAD else answer.get("type")
        return answer

    def executing(*args: Any, **named: Any) -> Any:
        _raised.type = None
        answer = execute(*args, **named)
        body = answer.get("body") if isinstance(answer, dict) and answer.get("error") else None
        if _raised.type and isinstance(body, dict) and body.get("errorType") == UNNAMED:
            body["errorType"] = _raised.type
        return answer

    lambda_runtime.Worker.invoke = remembering
    lambda_svc._execute_function_warm = executing


def correct_payloads() -> None:
    """Speak payload format 2.0 as API Gateway does.

    A handler gets its request's cookies in `cookies` and not in the headers; its answer may have
    the body null, as every answer of status 204 has, which would break the connection here.
    """
    execute = lambda_svc._execute_function_with_config_scope

    def executing(record: Any, event: Any, *args: Any, **named: Any) -> Any:
        if not isinstance(event, dict) or event.get("version") != "2.0":
            return execute(record, event, *args, **named)
        headers = dict(event.get("headers") or {})
        if cookies := headers.pop("cookie", ""):
            parts = [part.strip() for part in cookies.split(";")]
            event = {**event, "headers": headers, "cookies": parts}
        answer = execute(record, event, *args, **named)
        payload = answer.get("body") if isinstance(answer, dict) else None
        if isinstance(payload, dict) and payload.get("body", "") is None:
            del payload["body"]
        return answer

    lambda_svc._execute_function_with_config_scope = executing


def correct_mail() -> None:
    """Let IAM see who sends a mail, as SES does: a grant names the sender's identity, and `*` matches none."""
    known = iam_actions._SES_V2_RESOURCES
    if "outbound-emails" in known:
        message = "ministack changed: it knows the resource of outbound mail"
        raise RuntimeError(message)
    known["outbound-emails"] = ("identity", "FromEmailAddress")


def save_regularly() -> None:
    """Save the state every few seconds, so that a killed emulator loses seconds and not everything.

    Starts when the stored state has been read, takes at most a twentieth of the time, and never
    writes a file that shutdown is writing.
    """
    write, load, lock = persistence.save_state, app._load_persisted_state, threading.Lock()

    def write_alone(service: str, data: dict[str, Any]) -> None:
        with lock:
            write(service, data)

    def loop() -> None:
        pause = SAVE_EVERY_SECONDS
        while True:
            time.sleep(pause)
            began = time.monotonic()
            persistence.save_all(app._build_persistence_save_dict())
            pause = max(SAVE_EVERY_SECONDS, 20 * (time.monotonic() - began))

    def loading() -> None:
        load()
        threading.Thread(target=loop, name="autosave", daemon=True).start()

    logging.getLogger("persistence").setLevel(logging.WARNING)
    persistence.save_state = write_alone
    app._load_persisted_state = loading


def main() -> None:
    """Correct ministack, then run it in the foreground until it is told to stop."""
    if (found := importlib.metadata.version("ministack")) != VERSION:
        message = f"the corrections are for ministack {VERSION}, not {found}"
        raise SystemExit(message)
    correct_worker()
    correct_drain()
    correct_error_type()
    correct_payloads()
    correct_mail()
    save_regularly()
    app.main()


if __name__ == "__main__":
    main()
