"""A server of the S3 protocol on this machine, for state that machines share: Versity's gateway, if it is here."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Where `make s3` installs it.
_INSTALLED = Path(__file__).resolve().parents[2] / ".work" / "s3"
_BUCKET = "state"
_PATIENCE = 240.0
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "the-key-of-the-bucket", "AWS_SECRET_ACCESS_KEY": "the-secret-of-the-bucket"}


def find_server() -> str | None:
    """Its command, or None."""
    return shutil.which("versitygw", path=os.pathsep.join([os.environ.get("PATH", ""), str(_INSTALLED)]))


@contextmanager
def bucket(server: str, folder: Path) -> Iterator[str]:
    """Serve a bucket whose objects are files in `folder`; gives its URL for `pulumi login`."""
    (folder / _BUCKET).mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    keys = ["--access", CREDENTIALS["AWS_ACCESS_KEY_ID"], "--secret", CREDENTIALS["AWS_SECRET_ACCESS_KEY"]]
    command = [server, "--port", f"127.0.0.1:{port}", *keys, "--quiet", "posix", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            _wait_for(port, process)
            yield f"s3://{_BUCKET}?endpoint=http://127.0.0.1:{port}&region=us-east-1&s3ForcePathStyle=true"
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when somebody listens there."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server of the S3 protocol did not start")
