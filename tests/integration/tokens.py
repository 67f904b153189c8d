"""Tokens (JWT, HS256) as a back end makes them, of nothing but Python's own library."""

import base64
import hashlib
import hmac
import json
import time

SECRET = "a secret that only the tests know: 5d1c0a"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(user_id="alice", rooms=None, ttl_s=3600, secret=SECRET, **claims):
    """`claims`: besides `sub`, `exp` and the permissions; None takes one away."""
    body = {"sub": user_id, "iat": time.time(), "exp": int(time.time()) + ttl_s}
    if rooms is not None:
        body["switchboard"] = {"rooms": rooms}
    body = {name: value for name, value in (body | claims).items() if value is not None}
    text = encode(b'{"alg":"HS256","typ":"JWT"}') + "." + encode(json.dumps(body).encode())
    return text + "." + encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())
