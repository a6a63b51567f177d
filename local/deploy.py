"""Deploy the product's own CDK app into the emulator, and only into the emulator."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from local.cloud import ACCOUNT, APP_STACK, DATA_STACK, MAIL_FROM, REGION, ROOT, VENDOR_KEY, VENDOR_USER, Cloud, digest

ASSETS_BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
SOURCES = ("infra", "functions", "layers", "cdk.json")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
UNFINISHED_SECONDS = 30
Report = Callable[[str], None]


class NotLocal(RuntimeError):
    """The deployment would have left this machine; nothing was sent."""


class DeployFailed(RuntimeError):
    """CDK refused or the emulator did; the text ends with what it said."""


def deploy(cloud: Cloud, report: Report, shell: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Deploy what has changed since the last time and return the outputs of the app stack.

    Raises:
        NotLocal: the cloud's endpoint is not on this machine.
        DeployFailed: the deployment did not end well; running it again is safe.
    """
    refuse_elsewhere(cloud.endpoint)
    build_layers()
    prepare(cloud, shell)
    wanted = digest([ROOT / name for name in SOURCES]) + cloud.site + cloud.endpoint
    stamp = cloud.state / "deployed"
    if stamp.is_file() and stamp.read_text() == wanted and (known := outputs(cloud)):
        report("nothing changed since the last deployment")
        return known
    stamp.unlink(missing_ok=True)
    clear_unfinished(cloud, report)
    run_cdk(cloud, report)
    stamp.write_text(wanted)
    return outputs(cloud)


def refuse_elsewhere(endpoint: str) -> None:
    """Let nothing but an address of this machine pass.

    Raises:
        NotLocal: the address is another machine's, or AWS.
    """
    if urlsplit(endpoint).hostname not in LOOPBACK:
        message = f"refusing to deploy to {endpoint!r}: not an address of this machine"
        raise NotLocal(message)


def build_layers() -> None:
    """Install the libraries of the handlers where the emulator finds them."""
    subprocess.run([sys.executable, str(ROOT / "scripts" / "layer.py"), "local"], check=True)


def prepare(cloud: Cloud, shell: Mapping[str, str]) -> None:
    """Make what an operator makes by hand on AWS: the assets bucket, the sender of mail and the vendors' secrets."""
    mail = cloud.client("sesv2")
    if MAIL_FROM not in {found["IdentityName"] for found in mail.list_email_identities()["EmailIdentities"]}:
        mail.create_email_identity(EmailIdentity=MAIL_FROM)
    s3 = cloud.client("s3")
    if ASSETS_BUCKET not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=ASSETS_BUCKET)
    secrets = cloud.client("secretsmanager")
    stored = {
        secret["Name"] for page in secrets.get_paginator("list_secrets").paginate() for secret in page["SecretList"]
    }
    for vendor, secret in vendor_secrets(cloud, shell).items():
        name, text = f"likeness/local/{vendor}", json.dumps(secret)
        if name in stored:
            secrets.put_secret_value(SecretId=name, SecretString=text)
        else:
            secrets.create_secret(Name=name, SecretString=text)


def vendor_secrets(cloud: Cloud, shell: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """Point each vendor at its stand-in, or at the real one when the shell holds its key.

    A real fal also wants FAL_USER_ID, the owner of the key, or its webhooks are refused; nothing
    is lost then, because every job is also polled.
    """
    files = f"{cloud.vendors}"
    fal: dict[str, object] = {
        "base_url": f"{cloud.vendors}/fal",
        "jwks_url": f"{cloud.vendors}/fal/.well-known/jwks.json",
        "result_origins": [files],
        "user_id": VENDOR_USER,
        "key": VENDOR_KEY,
    }
    together: dict[str, object] = {
        "base_url": f"{cloud.vendors}/together/v1",
        "jwks_url": "",
        "result_origins": [files],
        "user_id": "",
        "key": VENDOR_KEY,
    }
    if key := shell.get("FAL_KEY"):
        fal = {
            "base_url": "https://queue.fal.run",
            "jwks_url": "https://rest.fal.ai/.well-known/jwks.json",
            "result_origins": ["https://fal.media", "https://v3.fal.media", "https://v3b.fal.media"],
            "user_id": shell.get("FAL_USER_ID", ""),
            "key": key,
        }
    if key := shell.get("TOGETHER_API_KEY"):
        together = {
            "base_url": "https://api.together.ai/v1",
            "jwks_url": "",
            "result_origins": ["https://api.together.ai"],
            "user_id": "",
            "key": key,
        }
    return {"fal": fal, "together": together}


def clear_unfinished(cloud: Cloud, report: Report) -> None:
    """Let a deployment that was stopped come to its end, and remove a stack that hangs in it."""
    cloudformation = cloud.client("cloudformation")
    deadline = time.monotonic() + UNFINISHED_SECONDS
    for name in (APP_STACK, DATA_STACK):
        while (status := _status(cloud, name)).endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            report(f"{name} is still {status}")
            if time.monotonic() > deadline:
                cloudformation.delete_stack(StackName=name)
                deadline += UNFINISHED_SECONDS
            time.sleep(0.5)


def _status(cloud: Cloud, name: str) -> str:
    stacks = cloud.client("cloudformation").describe_stacks()["Stacks"]
    return next((str(stack["StackStatus"]) for stack in stacks if stack["StackName"] == name), "")


def run_cdk(cloud: Cloud, report: Report) -> None:
    """Run the real `cdk deploy` against the emulator."""
    context = {"stage": "local", "emulator_url": cloud.endpoint, "site_url": cloud.site}
    words = [word for name, value in context.items() for word in ("-c", f"{name}={value}")]
    fixed = ("--require-approval", "never", "--concurrency", "4", "--progress", "events")
    cdk = Path(sys.executable).with_name("cdk")
    command = [str(cdk), "deploy", "--all", *fixed, "--output", str(cloud.state / "cdk.out")]
    environment = {
        **cloud.environment,
        "CDK_DISABLE_CLI_TELEMETRY": "1",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "NO_COLOR": "1",
    }
    refuse_elsewhere(environment["AWS_ENDPOINT_URL"])
    log = cloud.state / "deploy.log"
    process = subprocess.Popen(
        [*command, *words],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process, log.open("w") as kept:
        for line in process.stdout or ():
            kept.write(line)
            report(line.strip())
    if process.returncode:
        message = f"cdk deploy failed; the end of {log}:\n{log.read_text()[-4000:]}"
        raise DeployFailed(message)


def outputs(cloud: Cloud) -> dict[str, str]:
    """Return the outputs of the app stack; nothing unless both stacks stand complete."""
    stacks = cloud.client("cloudformation").describe_stacks()["Stacks"]
    complete = {
        stack["StackName"]: stack for stack in stacks if stack["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
    }
    if not {DATA_STACK, APP_STACK} <= complete.keys():
        return {}
    found = complete[APP_STACK].get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in found}
