"""The token of the forms, for a visitor whose page was rendered before they came.

What Flask-WTF checks is the session's own token, signed; it is signed here so that equal sessions have equal tokens,
whichever process answers, and with them equal pages. The time that Flask-WTF would put into it is not looked at, since
tokens do not expire here.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import OrderedDict
from dataclasses import dataclass

from flask import Flask, session
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode
from werkzeug.http import dump_cookie, parse_cookie

_FIELD = "csrf_token"
#: Visitors whose tokens are remembered, and characters of a cookie header that is remembered for one.
_REMEMBERED = 4096
_LONGEST = 2048


class _OneTime(TimestampSigner):
    def get_timestamp(self) -> int:
        return 1


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is answered: the token of their forms, a short name of it, and the cookie that they must be given."""

    token: bytes
    name: str
    #: The value of Set-Cookie, by whether they came by https; None where they have it already.
    cookies: tuple[str, str] | None = None


class Tokens:
    """Tokens for the visitors of `app`."""

    def __init__(self, app: Flask) -> None:
        sessions = app.session_interface
        assert isinstance(sessions, SecureCookieSessionInterface)  # noqa: S101 - what create_app puts there
        serializer = sessions.get_signing_serializer(app)
        assert serializer is not None  # noqa: S101 - there is a secret key
        self._sessions = serializer
        self._name = sessions.get_cookie_name(app)
        self._longest_s = int(app.permanent_session_lifetime.total_seconds())
        forms = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="wtf-csrf-token", signer=_OneTime)
        self._sign_token, self._sign_session = (made.make_signer(made.salt).sign for made in (forms, serializer))
        # As Flask's session sets it.
        path, same_site = sessions.get_cookie_path(app), sessions.get_cookie_samesite(app)
        plain, secure = (
            dump_cookie(self._name, "*", path=path, httponly=True, secure=secure, samesite=same_site)
            for secure in (False, True)
        )
        self._plain, self._secure = plain.split("*", 1), secure.split("*", 1)
        self._known: OrderedDict[tuple[str, int], Visitor | None] = OrderedDict()

    def of(self, cookies: str) -> Visitor | None:
        """The visitor who sends this Cookie header; None for one whose session holds more than the forms' token."""
        if f"{self._name}=" not in cookies:
            return self._new()
        if len(cookies) > _LONGEST:
            return None
        key = cookies, int(time.time()) // 3600  # a session ends some day
        if key in self._known:
            return self._known[key]
        value = parse_cookie(cookies).get(self._name, "")
        try:
            held = self._sessions.loads(value, max_age=self._longest_s)
        except BadSignature:
            return self._new()
        visitor = None
        if isinstance(held, dict) and held.keys() == {_FIELD} and isinstance(held[_FIELD], str):
            visitor = self._visitor(held[_FIELD])
        self._known[key] = visitor
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return visitor

    def _new(self) -> Visitor:
        token = hashlib.sha1(os.urandom(64), usedforsecurity=False).hexdigest()  # as Flask-WTF makes them
        # What the serializer makes of it, without all that it looks for in a session.
        value = self._sign_session(base64_encode(f'{{"{_FIELD}":"{token}"}}')).decode()
        return self._visitor(token, (value.join(self._plain), value.join(self._secure)))

    def of_session(self) -> Visitor:
        """The visitor whose request Flask answers; Flask sets the cookie."""
        generate_csrf()
        return self._visitor(session[_FIELD])

    def _visitor(self, token: str, cookies: tuple[str, str] | None = None) -> Visitor:
        signed = self._sign_token(base64_encode(json.dumps(token)))
        return Visitor(signed, hashlib.sha256(signed).hexdigest()[:12], cookies)
