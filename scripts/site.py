"""Build and publish what the web bucket holds: `python -m scripts.site dev` fills that stage's bucket.

So far that is the page that shows the API, at `/docs/`. Its renderer comes from npm, checked by its hash, and is
served by this host like everything else: nobody else learns who reads it.
"""

import base64
import hashlib
import mimetypes
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from scripts.layer import BUILD, ROOT, fresh

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PAGES = ROOT / "docs" / "site"
RENDERER = "redoc@2.5.2"
INTEGRITY = "sTJfItvRkcDTojB6wdLN4M+Ua6mlZwElV21Tf8Mn7IbQF/1Os6GvgQpZyLWPGZZHbhy7GC1Or1hTMHfz1vKh5A=="
"""SHA-512 of the package as npm lists it."""
WANTED = ("redoc.standalone.js", "redoc.standalone.js.LICENSE.txt")
CACHE = "public, max-age=300"


class NotWhatWasPinned(RuntimeError):
    """The package from npm is another one than its hash says; nothing was built."""


def build() -> Path:
    """Return the folder of everything to publish, built anew when something has changed.

    Raises:
        NotWhatWasPinned: npm sent something else.
    """
    fresh("site", [*sorted(PAGES.iterdir()), Path(__file__)], RENDERER + INTEGRITY, _fill)
    return BUILD / "site"


def publish(s3: "S3Client", bucket: str) -> int:
    """Put every file into the web bucket, with its content type; return how many there are."""
    folder = build()
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in files:
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        key = path.relative_to(folder).as_posix()
        s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes(), ContentType=kind, CacheControl=CACHE)
    return len(files)


def outputs(stage: str) -> dict[str, str]:
    """Return the outputs of a stage's app stack, with the credentials of the shell."""
    stack = boto3.client("cloudformation").describe_stacks(StackName=f"likeness-{stage}-app")["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _fill(folder: Path) -> None:
    docs = folder / "docs"
    docs.mkdir()
    for page in PAGES.iterdir():
        (docs / page.name).write_bytes(page.read_bytes())
    package = _fetch(folder)
    with tarfile.open(package) as archive:
        for name in WANTED:
            found = archive.extractfile(f"package/bundles/{name}")
            if found is None:
                raise NotWhatWasPinned(f"{RENDERER} holds no {name}")
            (docs / name).write_bytes(found.read())
    package.unlink()


def _fetch(folder: Path) -> Path:
    npm = Path(sys.executable).with_name("npm")
    command = [str(npm), "pack", RENDERER, "--silent", "--pack-destination", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (package,) = folder.glob("*.tgz")
    found = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if found != INTEGRITY:
        raise NotWhatWasPinned(f"{RENDERER} has the hash {found}, not {INTEGRITY}")
    return package


def main() -> None:
    """Publish to the web bucket of a stage, with the credentials of the shell."""
    found = outputs(sys.argv[1])
    print(f"{publish(boto3.client('s3'), found['WebBucket'])} files published to {found['SiteUrl']}")


if __name__ == "__main__":
    main()
