"""The corrections fit the pinned emulator, and refuse to be applied to another one."""

import subprocess
import textwrap

import pytest

from local.cli import install_emulator
from local.cloud import ROOT


@pytest.fixture(scope="module")
def corrected():
    install_emulator()

    def run(code):
        start = f"import sys; sys.path.insert(0, {str(ROOT / 'local')!r}); import launcher; sys.path.pop(0)\n"
        python = ROOT / ".local" / "emulator-venv" / "bin" / "python"
        return subprocess.run(
            [python, "-P", "-c", start + textwrap.dedent(code)], capture_output=True, text=True, check=False
        )

    return run


def test_every_correction_finds_its_place(corrected):
    done = corrected("""
        launcher.app.main = lambda: print("served")
        launcher.main()
        worker = launcher.lambda_runtime._PYTHON_WORKER_SCRIPT
        assert worker.count(launcher.MARK) == 1
        assert worker.count("type(e).__name__") == 1
    """)
    assert done.stdout == "served\n", done.stderr


def test_another_version_is_refused(corrected):
    done = corrected("""
        launcher.VERSION = "1.5.34"
        launcher.main()
    """)
    assert done.returncode == 1
    assert "1.5.34, not 1.5.33" in done.stderr


def test_a_place_that_is_gone_or_ambiguous_is_refused(corrected):
    done = corrected("""
        for text in ("", "aa"):
            try:
                launcher.replace_once(text, "a", "b")
            except RuntimeError as error:
                print(error)
    """)
    assert done.stdout.splitlines() == [
        "ministack changed: 0 places match 'a'",
        "ministack changed: 2 places match 'a'",
    ]


def test_payload_format_is_that_of_api_gateway(corrected):
    done = corrected("""
        seen = []
        def execute(record, event):
            seen.append(event)
            return {"body": {"statusCode": 204, "body": None}}
        launcher.lambda_svc._execute_function_with_config_scope = execute
        launcher.correct_payloads()
        execute = launcher.lambda_svc._execute_function_with_config_scope
        print(execute({}, {"version": "2.0", "headers": {"cookie": "a=1; b=2", "host": "x"}}))
        print(execute({}, {"step": "await"}))
        print(seen)
    """)
    assert done.stdout.splitlines() == [
        "{'body': {'statusCode': 204}}",
        "{'body': {'statusCode': 204, 'body': None}}",
        str([{"version": "2.0", "headers": {"host": "x"}, "cookies": ["a=1", "b=2"]}, {"step": "await"}]),
    ], done.stderr


def test_a_worker_that_was_killed_is_named_as_lambda_names_it(corrected):
    done = corrected("""
        launcher.lambda_runtime.Worker.invoke = lambda self: {"status": "error", "error": self}
        body = {"errorType": launcher.UNNAMED}
        launcher.lambda_svc._execute_function_warm = lambda says: (
            launcher.lambda_runtime.Worker.invoke(says), {"error": True, "body": dict(body)}
        )[1]
        launcher.correct_error_type()
        for says in ("Worker process died", "KeyError"):
            print(launcher.lambda_svc._execute_function_warm(says)["body"]["errorType"])
    """)
    assert done.stdout.splitlines() == ["Runtime.ExitError", "Runtime.HandlerError"], done.stderr


def test_iam_sees_who_sends_a_mail(corrected):
    done = corrected("""
        launcher.correct_mail()
        body = b'{"FromEmailAddress": "hello@likeness.test"}'
        sent = ("POST", "/v2/email/outbound-emails", body, "us-east-1", "000000000000")
        print(launcher.iam_actions._ses_v2_resource_arn(*sent))
        try:
            launcher.correct_mail()
        except RuntimeError as error:
            print(error)
    """)
    assert done.stdout.splitlines() == [
        "arn:aws:ses:us-east-1:000000000000:identity/hello@likeness.test",
        "ministack changed: it knows the resource of outbound mail",
    ], done.stderr
