"""The embedded mail server and the page that shows what it received."""

from procon.embedded.mail.pages import mail_app
from procon.embedded.mail.store import Attachment, MailStore, Message, start_sink

__all__ = ["Attachment", "MailStore", "Message", "mail_app", "start_sink"]
