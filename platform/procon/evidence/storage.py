"""The evidence store: any S3, reached by boto3 in threads, so that the loop never waits."""

from __future__ import annotations

import asyncio
from typing import Any

import boto3
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError

from procon.kernel.errors import Refused
from procon.settings import Settings


class StoreDown(Refused):
    """The store does not answer; nothing was acknowledged."""

    def __init__(self) -> None:
        super().__init__(
            "Não foi possível guardar o arquivo agora. Nada se perdeu: tente de novo em alguns"
            " minutos.",
            code="store-down",
        )


class Store:
    """Objects under keys that `tenancy.keys.object_key` builds."""

    def __init__(self, settings: Settings) -> None:
        self.bucket = settings.s3_bucket
        self.client = _client(settings, settings.s3_endpoint)
        # Presigned addresses name the endpoint that the browser will use.
        self.signer = _client(settings, settings.s3_public)

    async def check(self) -> None:
        """Raises StoreDown when the bucket does not answer."""
        await self._call(self.client.head_bucket, Bucket=self.bucket)

    async def prepare(self) -> None:
        """Create the bucket if it is not there."""
        try:
            await asyncio.to_thread(self.client.head_bucket, Bucket=self.bucket)
        except ClientError:
            await self._call(self.client.create_bucket, Bucket=self.bucket)

    async def put(self, key: str, body: bytes, media_type: str) -> None:
        """Store an object; S3 verifies its SHA-256 on arrival."""
        await self._call(
            self.client.put_object,
            Bucket=self.bucket,
            Key=key,
            Body=body,
            ContentType=media_type,
            ChecksumAlgorithm="SHA256",
        )

    async def get(self, key: str) -> bytes:
        """The object's bytes."""
        found = await self._call(self.client.get_object, Bucket=self.bucket, Key=key)
        body: bytes = await asyncio.to_thread(found["Body"].read)
        return body

    async def _call(self, function: Any, **arguments: Any) -> Any:
        try:
            return await asyncio.to_thread(function, **arguments)
        except (BotoCoreError, ClientError) as error:
            raise StoreDown from error


def _client(settings: Settings, endpoint: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=settings.s3_secret_key,
        region_name="us-east-1",
        config=Config(
            signature_version="s3v4",
            connect_timeout=3,
            read_timeout=10,
            retries={"mode": "standard", "max_attempts": 2},
            s3={"addressing_style": "path"},
        ),
    )
