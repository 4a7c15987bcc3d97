"""One connection to the mail server for many messages, as plugins get it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiosmtplib

from procon.ext.services import NotNow, Returned
from procon.kernel.text import clean
from procon.notices.mail.message import REASON_MOST, SECONDS


class Line:
    """See `procon.ext.services.MailLine`. It connects again when the server has hung up."""

    def __init__(self, smtp: aiosmtplib.SMTP) -> None:
        self._smtp = smtp

    async def send(self, mail: bytes, *, sender: str, recipient: str) -> None:
        """Hand one finished message over; see `MailLine.send`."""
        if not self._smtp.is_connected:
            await connect(self._smtp)
        try:
            await self._smtp.sendmail(sender, [recipient], mail)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refusal(error.recipients[0]) from error
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPHeloError) as error:
            # The server does not like us, which says nothing about this address.
            raise NotNow(_said(error)) from error
        except aiosmtplib.SMTPDataError as error:
            raise _refusal(error) from error
        except (aiosmtplib.SMTPTimeoutError, aiosmtplib.SMTPServerDisconnected) as error:
            raise ConnectionError("the mail server hung up in the middle") from error


@asynccontextmanager
async def mail_line(host: str, port: int) -> AsyncIterator[Line]:
    """Connect, and say goodbye on leaving.

    Raises:
        NotNow: nobody answers.
    """
    smtp = aiosmtplib.SMTP(hostname=host, port=port, timeout=SECONDS, start_tls=False)
    await connect(smtp)
    try:
        yield Line(smtp)
    finally:
        with suppress(aiosmtplib.SMTPException, OSError):
            await smtp.quit()
        smtp.close()


async def connect(smtp: aiosmtplib.SMTP) -> None:
    """Raises NotNow when nobody answers."""
    try:
        await smtp.connect()
    except (aiosmtplib.SMTPException, OSError) as error:
        raise NotNow("the mail server does not answer") from error


def _refusal(error: aiosmtplib.SMTPResponseException) -> Exception:
    return (Returned if error.code >= 500 else NotNow)(_said(error))


def _said(error: aiosmtplib.SMTPResponseException) -> str:
    return clean(f"{error.code} {error.message}", REASON_MOST)
