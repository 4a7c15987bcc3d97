"""What the sign-in pages do, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import structlog
from redis.exceptions import RedisError

from procon.auth import codes, sessions
from procon.auth.accounts.commands import (
    actor_without_city,
    email_identity,
    kind_of,
    roles_of,
    sign_in,
)
from procon.auth.actor import Actor
from procon.auth.companies.commands import keep_links
from procon.auth.login.mail import send_code
from procon.auth.login.site import Site
from procon.auth.oidc import (
    Client,
    Identity,
    Pending,
    ProviderDown,
    finish_login,
    logout_address,
    start_login,
    take_pending,
)
from procon.auth.oidc.clients import ProviderName
from procon.auth.ratelimit import allow, subject
from procon.kernel.documents import BadDocument, parse_email
from procon.kernel.errors import Forbidden, Invalid, NotFound, Refused
from procon.tenancy.keys import key
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, tenant_scope

_UNAVAILABLE = "A entrada está indisponível por um momento. Tente de novo em alguns minutos."
_STARTS_PER_MINUTE = 60


async def begin(site: Site, provider: ProviderName, back: str, hint: str) -> tuple[str, str]:
    """Begin a login; returns the pre-login cookie's value and the address to go to.

    Args:
        hint: a persona of the demonstration's provider; never passed on in production.

    Raises:
        Refused: too many from one address, or the provider or Redis does not answer.
    """
    name = key(site.slug, "limit", "login-ip", subject(site.ip))
    if not (await allow(site.redis, name, _STARTS_PER_MINUTE, timedelta(minutes=1))).allowed:
        raise Refused("Foram muitas entradas em pouco tempo. Espere um minuto.", code="code-limit")
    return await start_login(
        site.gateway,
        site.redis,
        site.client(provider),
        slug=site.slug,
        host=site.host,
        origin=site.origin,
        return_to=back,
        now=site.now,
        login_hint="" if site.settings.environment == "production" else hint,
    )


async def begun(site: Site, cookie: str, answer: Mapping[str, str]) -> Pending:
    """The login that this browser began; see `take_pending`."""
    state = answer.get("state", "")
    return await take_pending(
        site.redis, slug=site.slug, host=site.host, cookie=cookie, state=state
    )


async def finish(
    db: Database, site: Site, pending: Pending, answer: Mapping[str, str]
) -> tuple[Actor, str]:
    """From the provider's answer to an open session; returns the actor and the cookie's token.

    Raises:
        Refused: see `finish_login`, `actor_for` and `open_session`.
    """
    client = site.client(pending.provider)
    identity = await finish_login(
        site.gateway, client, pending, origin=site.origin, answer=answer, now=site.now
    )
    actor = await actor_for(db, site, client, identity)
    return actor, await open_session(site, actor, client.provider)


async def actor_for(db: Database, site: Site, client: Client, identity: Identity) -> Actor:
    """Sign `identity` in where it arrived.

    Raises:
        Forbidden: a member of staff without a role here, or a disabled account.
    """
    staff = client.provider == "staff"
    if site.tenant is None:
        if staff and "vendor" not in {client.role_map.get(group) for group in identity.groups}:
            raise Forbidden(
                "A sua conta não faz parte da equipe da plataforma.", code="login-no-role"
            )
        return actor_without_city(identity, "vendor" if staff else "supplier")
    roles = roles_of(identity.groups, client.role_map) if staff else frozenset()
    kind = "staff" if staff else kind_of(identity)
    async with tenant_scope(db, site.tenant) as tx:
        account = await sign_in(tx, identity=identity, kind=kind, roles=roles)
        if identity.links is not None:
            await keep_links(tx, actor=account.actor(), links=identity.links)
    return account.actor()


async def open_session(site: Site, actor: Actor, provider: str) -> str:
    """Start the session and end the one before; returns the cookie's token.

    Raises:
        Refused: Redis does not answer.
    """
    try:
        token, _ = await sessions.open_session(
            site.redis,
            slug=site.slug,
            host=site.host,
            actor=actor,
            provider=provider,
            user_agent=site.user_agent,
            now=site.now,
            previous=site.session,
        )
    except sessions.SessionsUnavailable as error:
        raise Refused(_UNAVAILABLE, code="login-unavailable") from error
    return token


async def ask_code(site: Site, visitor: str, typed: str) -> None:
    """Send a one-time code to the typed address, and remember the address for the next page.

    Raises:
        Invalid: not an e-mail address.
        Refused: too many codes, or Redis or the mail server does not answer.
    """
    tenant = _city(site)
    try:
        email = parse_email(typed).lower()
    except BadDocument as error:
        raise Invalid({"email": error.reason}) from error
    code = await codes.create(
        site.redis,
        secret=site.settings.secret_key,
        slug=site.slug,
        purpose="login",
        email=email,
        visitor=visitor,
        ip=site.ip,
    )
    try:
        await site.redis.set(_address_key(site, visitor), email, ex=codes.LIFETIME)
    except (RedisError, OSError) as error:
        raise Refused(_UNAVAILABLE, code="login-unavailable") from error
    await send_code(site.settings, tenant, email, code)


async def asked_address(site: Site, visitor: str) -> str:
    """Where this visitor's code was sent, or "" when there is none (any more)."""
    try:
        found = await site.redis.get(_address_key(site, visitor))
    except (RedisError, OSError):
        return ""
    return found.decode() if isinstance(found, bytes) else str(found or "")


async def enter_by_code(db: Database, site: Site, visitor: str, typed: str) -> Actor:
    """Use the code up and sign its e-mail's owner in.

    Raises:
        Refused: wrong, used, expired or dead code, too many tries, or a disabled account.
    """
    tenant = _city(site)
    email = await asked_address(site, visitor)
    if not email:
        raise Refused("Este código já não vale. Peça um novo código.", code="code-dead")
    await codes.verify(
        site.redis,
        secret=site.settings.secret_key,
        slug=site.slug,
        purpose="login",
        email=email,
        visitor=visitor,
        ip=site.ip,
        code=typed,
    )
    async with tenant_scope(db, tenant) as tx:
        account = await sign_in(tx, identity=email_identity(email), kind="citizen")
    return account.actor()


async def leave(site: Site) -> str:
    """End the session here; returns where to go to end it at the provider too."""
    if site.session is None:
        return "/"
    try:
        await sessions.revoke(site.redis, site.session)
    except sessions.SessionsUnavailable:
        # The browser still forgets the token; the record ends by itself.
        structlog.get_logger().warning("session_not_revoked", session=site.session.id)
    providers: dict[str, ProviderName] = {"govbr": "govbr", "staff": "staff"}
    name = providers.get(site.session.provider)
    if name is None:
        return "/"
    try:
        client = site.client(name)
        return logout_address(await site.gateway.metadata(client.issuer), client, site.origin)
    except (ProviderDown, Refused):
        return "/"


async def end_session(site: Site, identifier: str) -> None:
    """End one of one's own sessions.

    Raises:
        NotFound: it is not one of one's own, or has ended already.
        SessionsUnavailable: Redis does not answer.
    """
    for one in await own_sessions(site):
        if one.id == identifier:
            await sessions.revoke(site.redis, one)
            return
    raise NotFound("Esta conexão já foi encerrada.")


async def own_sessions(site: Site) -> tuple[sessions.Session, ...]:
    """The person's living sessions on this site.

    Raises:
        SessionsUnavailable: Redis does not answer.
    """
    current = site.session
    if current is None:
        return ()
    if current.actor.account_id is None:
        return (current,)
    return await sessions.list_sessions(
        site.redis, slug=site.slug, account_id=current.actor.account_id, now=site.now
    )


def _city(site: Site) -> Tenant:
    if site.tenant is None:
        raise NotFound
    return site.tenant


def _address_key(site: Site, visitor: str) -> str:
    return key(site.slug, "code-address", subject(visitor))
