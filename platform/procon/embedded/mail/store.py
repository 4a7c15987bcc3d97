"""The embedded mail server: takes messages, sends none, keeps each as a file."""

import os
import secrets
import time
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec

RECIPIENT_HEADER = "X-Envelope-To"
REFUSED_PREFIX = "bounce"
SIZE_LIMIT_BYTES = 30_000_000


class Attachment(msgspec.Struct, frozen=True):
    position: int
    name: str
    media_type: str
    size: int


class Message(msgspec.Struct, frozen=True):
    """A stored message. `to` are the envelope's recipients, so a blind copy shows too."""

    id: str
    sender: str
    to: tuple[str, ...]
    subject: str
    received_at: str
    text: str
    html: str
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True)
class MailStore:
    """A folder of .eml files whose names sort by arrival. Several processes may read it."""

    folder: Path

    def add(self, content: bytes, recipients: list[str]) -> str:
        """Stores one message, synced to disk, and returns its id. Never replaces another."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        head = "".join(f"{RECIPIENT_HEADER}: {_one_line(to)}\r\n" for to in recipients)
        part = self.folder / f"{name}.part"
        try:
            with part.open("xb") as file:
                file.write(head.encode() + content)
                file.flush()
                os.fsync(file.fileno())
            os.link(part, self.folder / f"{name}.eml")  # unlike rename, fails if the name is taken
        finally:
            part.unlink(missing_ok=True)
        return name

    def ids(self) -> list[str]:
        """Newest first."""
        return sorted((path.stem for path in self.folder.glob("*.eml")), reverse=True)

    def raw(self, message_id: str) -> bytes | None:
        """The stored bytes; None for an id that is not one of `ids()`."""
        if not message_id.replace("-", "").isalnum():
            return None
        try:
            return (self.folder / f"{message_id}.eml").read_bytes()
        except OSError:
            return None

    def get(self, message_id: str) -> Message | None:
        raw = self.raw(message_id)
        return None if raw is None else read_message(message_id, raw)

    def find(self, *, to: str = "", limit: int = 50, skip: int = 0) -> list[Message]:
        """Messages newest first, with `to` only those to an address that contains it."""
        wanted, passed = to.strip().lower(), 0
        found: list[Message] = []
        for message_id in self.ids():
            if len(found) == limit:
                break
            message = self.get(message_id)
            if message is None or not any(wanted in address.lower() for address in message.to):
                continue
            passed += 1
            if passed > skip:
                found.append(message)
        return found

    def attachment(self, message_id: str, position: int) -> tuple[Attachment, bytes] | None:
        raw = self.raw(message_id)
        parts = [] if raw is None else list(_parse(raw).iter_attachments())
        if not 0 <= position < len(parts):
            return None
        content = _payload(parts[position])
        return _attachment(position, parts[position]), content


def read_message(message_id: str, raw: bytes) -> Message:
    """What a reader needs of a stored message; a broken part reads as empty, never raises."""
    mail = _parse(raw)
    seconds = int(message_id.partition("-")[0]) / 1e9
    return Message(
        id=message_id,
        sender=str(mail.get("From", "")),
        to=tuple(str(value) for value in mail.get_all(RECIPIENT_HEADER, [])),
        subject=str(mail.get("Subject", "")),
        received_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds)),
        text=_body(mail, "plain"),
        html=_with_images(mail, _body(mail, "html")),
        attachments=tuple(
            _attachment(position, part) for position, part in enumerate(mail.iter_attachments())
        ),
    )


class SinkHandler:
    """What aiosmtpd calls for each message."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Addresses that begin with "bounce" do not exist, so that a refusal can be shown."""
        if address.lower().startswith(REFUSED_PREFIX):
            return "550 5.1.1 Esta caixa postal não existe"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Destinatário aceito"

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        try:
            self._store.add(envelope.content, list(envelope.rcpt_tos))
        except OSError:
            return "452 4.3.1 Sem espaço para guardar a mensagem"
        return "250 2.0.0 Mensagem guardada"


def start_sink(store: MailStore, port: int) -> Any:
    """Listens for SMTP on 127.0.0.1:`port` in a thread; the caller calls `.stop()`."""
    from aiosmtpd.controller import Controller  # noqa: PLC0415 - optional extra

    store.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sink = Controller(
        SinkHandler(store),
        hostname="127.0.0.1",
        port=port,
        data_size_limit=SIZE_LIMIT_BYTES,
        enable_SMTPUTF8=True,
        ident="correio de demonstracao",
    )
    sink.start()
    return sink


def _parse(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)  # noqa: S101 - what the default policy makes
    return mail


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    return _payload(part).decode(_charset(part), "replace") if part is not None else ""


def _charset(part: Any) -> str:
    name = part.get_content_charset("utf-8")
    try:
        "".encode(name)
    except LookupError:
        return "utf-8"
    return str(name)


def _payload(part: Any) -> bytes:
    if part.is_multipart():  # an attached message
        return b"".join(inner.as_bytes() for inner in part.iter_parts())
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _attachment(position: int, part: Any) -> Attachment:
    name = _one_line(part.get_filename() or f"anexo-{position + 1}").rpartition("/")[2]
    return Attachment(position, name, part.get_content_type(), len(_payload(part)))


def _with_images(mail: EmailMessage, html: str) -> str:
    """Embeds the images that the HTML names by content id, so that it needs no other request."""
    import base64  # noqa: PLC0415 - few mails have pictures

    for part in mail.walk() if "cid:" in html else ():
        content_id = str(part.get("Content-ID", "")).strip("<> ")
        if content_id and part.get_content_maintype() == "image":
            data = base64.b64encode(_payload(part)).decode()
            html = html.replace(
                f"cid:{content_id}", f"data:{part.get_content_type()};base64,{data}"
            )
    return html


def _one_line(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
