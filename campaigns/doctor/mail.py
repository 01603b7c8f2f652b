"""Mail: whether the server really accepts what we send."""

from __future__ import annotations

from django.conf import settings

from campaigns.doctor.checks import Check, green, red
from campaigns.doctor.configured import TAKE_IT
from campaigns.status import mail_server


def configured() -> Check:
    """Without asking the server."""
    if settings.SENDS_EMAIL:
        return green("mail", f"It goes out as {settings.DEFAULT_FROM_EMAIL}.")
    return of_problem("no mail server: no email is sent")


def examine(address: str = "") -> Check:
    """Send an email to the address, or ask the server as if one were to come."""
    if not settings.SENDS_EMAIL:
        return configured()
    problem = mail_server.send_test(address) if address else mail_server.problem_found()
    if problem:
        return of_problem(problem)
    done = f"has accepted a mail to {address}" if address else "takes our sender"
    return green("mail", f"The server {done}; mails come from {settings.DEFAULT_FROM_EMAIL}.")


def of_problem(problem: str) -> Check:
    if "no mail server" in problem:
        fix = (
            "Write your mail server's address into secrets/email_url: smtp+tls://user:password@"
            "host:587, or smtps:// for port 465, the special characters of the password as %XX. "
            "Alarms and links to set a password reach nobody before."
        )
    elif "user or password" in problem:
        fix = (
            "Correct user and password in secrets/email_url: the special characters of each as "
            "%XX, such as @ as %40 and # as %23."
        )
    elif "sender" in problem or "email:" in problem:
        fix = (
            "Set MAIL_FROM in .env to an address that this account may send from, such as the one "
            "that it logs in with."
        )
    elif "receiver" in problem:
        fix = "Set OPERATOR_CONTACT in .env to an address that exists, or give another to --mail."
    elif "SSLError" in problem or "Disconnected" in problem or "Timeout" in problem:
        fix = (
            "Begin secrets/email_url with smtps:// for port 465, with smtp+tls:// for 587; if it "
            "does, the firewall or the provider keeps mail from leaving: ask for port 587."
        )
    else:
        fix = (
            "Check host and port in secrets/email_url, and that the firewall lets web and worker "
            "reach it: many providers close port 25."
        )
    return red("mail", f"{problem[0].upper()}{problem[1:]}.", f"{fix} {TAKE_IT}")
