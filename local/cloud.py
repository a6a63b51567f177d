"""The one-machine cloud: its ports, folders and programs, and clients that can reach only it."""

import hashlib
import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config

from local.process import Program

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_stepfunctions import SFNClient

ROOT = Path(__file__).resolve().parents[1]
REGION = "us-east-1"
ACCOUNT = "000000000000"
APP_STACK = "likeness-local-app"
DATA_STACK = "likeness-local-data"
VENDOR_USER = VENDOR_KEY = "darkroom"
MAIL_FROM = "hello@likeness.test"
"""Who sends product mail; the stage `local` names the same."""


@dataclass(frozen=True)
class Ports:
    """Where the three programs listen, on the loopback address only."""

    emulator: int = 4577
    edge: int = 8787
    darkroom: int = 8790

    @classmethod
    def of(cls, text: str) -> "Ports":
        """Read `emulator,edge,darkroom`.

        Raises:
            ValueError: these are not three numbers.
        """
        emulator, edge, darkroom = (int(port) for port in text.split(","))
        return cls(emulator, edge, darkroom)


@dataclass(frozen=True)
class Cloud:
    """One running copy of the product; two copies differ in folder and ports and share nothing."""

    state: Path = ROOT / ".local" / "cloud"
    ports: Ports = field(default_factory=Ports)

    @property
    def site(self) -> str:
        """The one address that people and clients use."""
        return f"http://localhost:{self.ports.edge}"

    @property
    def endpoint(self) -> str:
        """The emulator, as AWS clients reach it."""
        return f"http://127.0.0.1:{self.ports.emulator}"

    @property
    def vendors(self) -> str:
        """The stand-in for the AI vendors."""
        return f"http://127.0.0.1:{self.ports.darkroom}"

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of a program that may talk to this cloud and to no other.

        Nothing of the caller's shell reaches the programs (or the handlers, which inherit the
        emulator's environment), so neither credentials nor proxies of the shell can leak in.
        """
        return {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
            "HOME": str(self.state),
            "TMPDIR": str(self.state / "tmp"),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @property
    def emulator(self) -> Program:
        """The emulated AWS, with IAM enforced and its state on disk."""
        python = ROOT / ".local" / "emulator-venv" / "bin" / "python"
        launcher = ROOT / "local" / "launcher.py"
        environment = {
            **self.environment,
            "PATH": f"{python.parent}{os.pathsep}{self.environment['PATH']}",
            "GATEWAY_PORT": str(self.ports.emulator),
            "BIND_HOST": "127.0.0.1",
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "S3_PERSIST": "1",
            "STATE_DIR": str(self.state / "aws"),
            "S3_DATA_DIR": str(self.state / "s3"),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        }
        return Program(
            name="emulator",
            command=(str(python), "-P", str(launcher)),
            environment=environment,
            health=f"{self.endpoint}/_ministack/health",
            folder=self.state,
            fingerprint=digest([launcher, ROOT / "requirements" / "emulator.txt"]),
        )

    @property
    def darkroom(self) -> Program:
        """The stand-in for the AI vendors."""
        code = ROOT / "local" / "darkroom"
        options = (
            *("--port", str(self.ports.darkroom), "--state", str(self.state / "darkroom")),
            *("--user-id", VENDOR_USER, "--key", VENDOR_KEY),
        )
        return Program(
            name="darkroom",
            command=(sys.executable, "-m", "local.darkroom", *options),
            environment=self.environment,
            health=f"{self.vendors}/fal/.well-known/jwks.json",
            folder=self.state,
            fingerprint=digest([code]),
        )

    def edge(self, outputs: Mapping[str, str]) -> Program:
        """Return the front of the emulated CloudFront distribution that `outputs` names."""
        code = [ROOT / "local" / name for name in ("edge.py", "media_signature.py")]
        options = (
            *("--port", str(self.ports.edge), "--emulator", self.endpoint),
            *("--domain", outputs["DistributionDomain"], "--key-group", outputs["KeyGroupId"]),
        )
        return Program(
            name="edge",
            command=(sys.executable, "-m", "local.edge", *options),
            environment=self.environment,
            health=f"{self.site}/.edge/health",
            folder=self.state,
            fingerprint=digest(code),
        )

    def stop(self) -> list[str]:
        """Stop every program that runs, the emulator last; return their names."""
        unnamed = {"DistributionDomain": "", "KeyGroupId": ""}
        programs = (self.edge(unnamed), self.darkroom, self.emulator)
        return [program.name for program in programs if program.stop()]

    def reset(self) -> None:
        """Stop every program and forget everything they stored."""
        self.stop()
        shutil.rmtree(self.state, ignore_errors=True)

    @cached_property
    def _session(self) -> boto3.Session:
        return boto3.Session("test", "test", region_name=REGION)

    @overload
    def client(self, service: Literal["s3"]) -> "S3Client": ...
    @overload
    def client(self, service: Literal["dynamodb"]) -> "DynamoDBClient": ...
    @overload
    def client(self, service: Literal["secretsmanager"]) -> "SecretsManagerClient": ...
    @overload
    def client(self, service: Literal["stepfunctions"]) -> "SFNClient": ...
    @overload
    def client(self, service: str) -> Any: ...  # noqa: ANN401 - boto3 has no types for the rest
    def client(self, service: str) -> Any:
        """Return an AWS client that is bound to the emulator, whatever the shell says."""
        config = Config(proxies={}, retries={"total_max_attempts": 2}, s3={"addressing_style": "path"})
        make: Any = self._session.client
        return make(service, endpoint_url=self.endpoint, config=config)


def digest(paths: Iterable[Path]) -> str:
    """Return a hash of names and contents of files and folders; byte code does not count."""
    files = [path for top in paths for path in ([top] if top.is_file() else sorted(top.rglob("*")))]
    found = hashlib.sha256()
    for file in files:
        if file.is_file() and "__pycache__" not in file.parts:
            found.update(f"{file.relative_to(ROOT)}\0".encode())
            found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()
