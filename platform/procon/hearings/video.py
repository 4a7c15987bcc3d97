"""Which video room a city uses: an address made from a template, or Jitsi with a token.

Named in the city's manifest: `ports: {video: template, video_url: "https://…/{hearing}"}` or
`ports: {video: jitsi, video_url: "https://…", video_app: …, video_secret: secret://NAME}`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey
from msgspec import Struct

from procon.ext.ports import NoVideo, VideoRoom
from procon.kernel.errors import Refused
from procon.tenancy.manifest import Tenant

PLACE = "{hearing}"
# A token is made at each click, so it only has to outlive the way to the room.
TOKEN_LIFE = timedelta(minutes=10)
_CLOCKS_DIFFER = timedelta(seconds=30)


class TemplateRoom(Struct, frozen=True, forbid_unknown_fields=True):
    """An address in which {hearing} stands for the room's name. Nothing else is replaced."""

    url: str

    def address(self, *, room: str, name: str, leads: bool, now: datetime) -> str:
        """The same address for everybody."""
        return self.url.replace(PLACE, quote(room, safe=""))


class JitsiRoom(Struct, frozen=True, forbid_unknown_fields=True):
    """A Jitsi Meet that lets in who brings a token (prosody's token_verification, HS256)."""

    url: str
    app: str
    secret: str

    def address(self, *, room: str, name: str, leads: bool, now: datetime) -> str:
        """An address for one person, good for ten minutes."""
        claims = {
            "aud": self.app,
            "iss": self.app,
            "sub": urlsplit(self.url).hostname or "",
            "room": room,
            "nbf": int((now - _CLOCKS_DIFFER).timestamp()),
            "exp": int((now + TOKEN_LIFE).timestamp()),
            "moderator": leads,
            "context": {"user": {"name": name, "moderator": leads}},
        }
        token = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(self.secret))
        return f"{self.url.rstrip('/')}/{quote(room, safe='')}?jwt={token}"


def video_room(tenant: Tenant, *, template: str, secret_of: Callable[[str], str]) -> VideoRoom:
    """The city's video rooms.

    Args:
        template: the hearing room's own address; it goes before the city's.
        secret_of: value of a `secret://NAME`; raises LookupError.

    Raises:
        Refused: the city's choice cannot be used; the text says what is missing.
    """
    if template:
        return TemplateRoom(checked_template(template))
    ports = tenant.ports
    kind = ports.get("video", "")
    if kind == "":
        return NoVideo()
    url = ports.get("video_url", "")
    if kind == "template":
        return TemplateRoom(checked_template(url))
    if kind != "jitsi":
        raise _unusable(f"não existe a sala de vídeo “{kind}”")
    if not _is_address(url):
        raise _unusable("falta o endereço")
    try:
        secret = secret_of(ports.get("video_secret", ""))
    except LookupError as error:
        raise _unusable("falta a chave") from error
    return JitsiRoom(url=url, app=ports.get("video_app", "procon"), secret=secret)


def checked_template(url: str) -> str:
    """`url`, if it is an https address that holds {hearing} and no other braces.

    Raises:
        Refused: it is not.
    """
    if PLACE not in url or set("{}") & set(url.replace(PLACE, "")) or not _is_address(url):
        raise _unusable("o endereço precisa começar com https:// e ter {hearing}")
    return url


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url.replace(PLACE, "x"))
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url
    # Without the secure scheme no browser gives a page the camera; localhost is the exception.
    safe = parts.scheme == "https" or (parts.hostname or "").endswith("localhost")
    return plain and bool(parts.hostname) and "@" not in parts.netloc and safe


def _unusable(why: str) -> Refused:
    return Refused(f"A sala de vídeo deste Procon não está pronta: {why}.", code="video-unusable")
