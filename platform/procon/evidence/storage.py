"""The evidence store: any S3, reached by boto3 in threads, so that the loop never waits."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterable, Mapping
from typing import IO, Any
from urllib.parse import quote

import boto3
import structlog
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from procon.kernel.errors import Refused
from procon.settings import Settings

PUT_SECONDS = 900  # a slow phone needs minutes for one part
GET_SECONDS = 60
_CHUNK = 1024 * 1024


class StoreDown(Refused):
    """The store does not answer; nothing was acknowledged."""

    def __init__(self) -> None:
        super().__init__(
            "Não foi possível guardar o arquivo agora. Nada se perdeu: tente de novo em alguns"
            " minutos.",
            code="store-down",
        )


class Part(Struct, frozen=True):
    """A part that the store has. `size` in bytes."""

    number: int
    etag: str
    size: int


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

    async def prepare(self, origins: Iterable[str] = ("*",)) -> None:
        """Create the bucket if it is not there and let pages of `origins` send parts to it.

        Where the bucket's rules belong to the infrastructure and we may not change them, they
        stay as they are. Any origin is safe: what counts is the signature, there are no cookies.
        """
        try:
            await asyncio.to_thread(self.client.head_bucket, Bucket=self.bucket)
        except ClientError:
            await self._call(self.client.create_bucket, Bucket=self.bucket)
        except BotoCoreError as error:
            raise StoreDown from error
        rule = {
            "AllowedOrigins": list(origins),
            "AllowedMethods": ["PUT", "GET"],
            "AllowedHeaders": ["*"],
            "ExposeHeaders": ["ETag"],
            "MaxAgeSeconds": 3600,
        }
        try:
            await asyncio.to_thread(
                self.client.put_bucket_cors,
                Bucket=self.bucket,
                CORSConfiguration={"CORSRules": [rule]},
            )
        except (BotoCoreError, ClientError) as error:
            structlog.get_logger().warning("bucket_cors_unchanged", error=str(error))

    async def put(
        self, key: str, body: bytes | IO[bytes], media_type: str, *, sha256: str = ""
    ) -> None:
        """Store an object; S3 verifies its SHA-256 on arrival.

        Args:
            sha256: what the bytes must have, hexadecimal; "" takes them as they are.
        """
        expected = {"ChecksumSHA256": checksum(sha256)} if sha256 else {}
        await self._call(
            self.client.put_object,
            Bucket=self.bucket,
            Key=key,
            Body=body,
            ContentType=media_type,
            ChecksumAlgorithm="SHA256",
            **expected,
        )

    async def get(self, key: str) -> bytes:
        """The object's bytes."""
        found = await self._call(self.client.get_object, Bucket=self.bucket, Key=key)
        body: bytes = await self._call(found["Body"].read)
        return body

    async def read_into(self, key: str, target: IO[bytes]) -> None:
        """Copy the object's bytes to `target`, in pieces, and rewind it."""

        def copy() -> None:
            found = self.client.get_object(Bucket=self.bucket, Key=key)
            for chunk in found["Body"].iter_chunks(_CHUNK):
                target.write(chunk)
            target.seek(0)

        await self._call(copy)

    async def size(self, key: str) -> int | None:
        """Size of an object in bytes, None when there is none."""
        try:
            found = await asyncio.to_thread(self.client.head_object, Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise StoreDown from error
        except BotoCoreError as error:
            raise StoreDown from error
        return int(found["ContentLength"])

    async def remove(self, keys: Iterable[str]) -> None:
        """Delete objects; one that is not there is no error."""
        for key in keys:
            await self._call(self.client.delete_object, Bucket=self.bucket, Key=key)

    async def start_parts(self, key: str) -> str:
        """Open a multipart upload of SHA-256 checked parts; returns its id."""
        started = await self._call(
            self.client.create_multipart_upload,
            Bucket=self.bucket,
            Key=key,
            ContentType="application/octet-stream",
            ChecksumAlgorithm="SHA256",
        )
        return str(started["UploadId"])

    def part_address(self, key: str, upload_id: str, number: int, sha256: str) -> str:
        """Where the browser may PUT this one part, with the header x-amz-checksum-sha256.

        Args:
            sha256: of the part, hexadecimal; it is signed, so other bytes are refused.
        """
        return self._sign(
            "upload_part",
            PUT_SECONDS,
            Key=key,
            UploadId=upload_id,
            PartNumber=number,
            ChecksumSHA256=checksum(sha256),
        )

    async def parts(self, key: str, upload_id: str) -> list[Part]:
        """The parts that have arrived."""
        found = await self._call(
            self.client.list_parts, Bucket=self.bucket, Key=key, UploadId=upload_id
        )
        return [
            Part(int(part["PartNumber"]), part["ETag"], int(part["Size"]))
            for part in found.get("Parts", [])
        ]

    async def join_parts(
        self, key: str, upload_id: str, parts: Iterable[Part], hashes: Mapping[int, str]
    ) -> None:
        """Make one object of the parts. `hashes`: part number → SHA-256, hexadecimal."""
        joined = [
            {
                "PartNumber": part.number,
                "ETag": part.etag,
                "ChecksumSHA256": checksum(hashes[part.number]),
            }
            for part in parts
        ]
        await self._call(
            self.client.complete_multipart_upload,
            Bucket=self.bucket,
            Key=key,
            UploadId=upload_id,
            MultipartUpload={"Parts": joined},
        )

    async def drop_parts(self, key: str, upload_id: str) -> None:
        """Give up a multipart upload; one that has ended is no error."""
        try:
            await asyncio.to_thread(
                self.client.abort_multipart_upload,
                Bucket=self.bucket,
                Key=key,
                UploadId=upload_id,
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise StoreDown from error
        except BotoCoreError as error:
            raise StoreDown from error

    def download_address(self, key: str, *, name: str, media_type: str) -> str:
        """Address of an object for 60 s, always as an attachment called `name`."""
        plain = name.encode("ascii", "replace").decode().replace("?", "_")
        plain = plain.replace('"', "_").replace("\\", "_")
        full = quote(name, safe="")
        return self._sign(
            "get_object",
            GET_SECONDS,
            Key=key,
            ResponseContentDisposition=f"attachment; filename=\"{plain}\"; filename*=UTF-8''{full}",
            ResponseContentType=media_type,
            ResponseCacheControl="private, no-store",
        )

    def picture_address(self, key: str) -> str:
        """Address of one of our own JPEG thumbnails for 60 s."""
        return self._sign(
            "get_object",
            GET_SECONDS,
            Key=key,
            ResponseContentType="image/jpeg",
            ResponseCacheControl="private, no-store",
        )

    def _sign(self, operation: str, seconds: int, **arguments: Any) -> str:
        return str(
            self.signer.generate_presigned_url(
                operation, Params={"Bucket": self.bucket, **arguments}, ExpiresIn=seconds
            )
        )

    async def _call(self, function: Any, **arguments: Any) -> Any:
        try:
            return await asyncio.to_thread(function, **arguments)
        except (BotoCoreError, ClientError) as error:
            raise StoreDown from error


def checksum(sha256: str) -> str:
    """A hexadecimal SHA-256 as S3 writes it (base 64)."""
    return base64.b64encode(bytes.fromhex(sha256)).decode()


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
