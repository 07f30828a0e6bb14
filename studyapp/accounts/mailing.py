"""Sends mail beside the request: a slow mail server keeps nobody waiting, and the time tells nothing."""

import logging
import threading

from django.core.mail import EmailMessage, get_connection

log = logging.getLogger(__name__)


def send_later(subject: str, text: str, *, to: str) -> threading.Thread:
    """Send in a thread of its own, which the process waits for when it ends. It asks the database nothing.

    A mail that could not be sent is a line in the log, without the address: whoever waits for it asks again.
    """
    thread = threading.Thread(target=_send, args=(EmailMessage(subject, text, to=[to]),), name="mail")
    thread.start()
    return thread


def _send(message: EmailMessage) -> None:
    try:
        # Closed also where the mail server is there but cannot be spoken to.
        with get_connection() as connection:
            connection.send_messages([message])
    except Exception as error:  # noqa: BLE001  whatever it was: the person who asked is long gone
        log.error("mail not sent", extra={"reason": type(error).__name__})
