"""Tokens (JWT) as a back end makes them: HS256 of nothing but Python's own library, ES256 with the openssl command."""

import base64
import hashlib
import hmac
import json
import subprocess
import time

from harness import never_logged

SECRET = "a secret that only the tests know: 5d1c0a"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(user_id="alice", rooms=None, ttl_s=3600, secret=SECRET, key_id=None, **claims):
    """`claims`: besides `sub`, `exp` and the permissions; None takes one away."""
    never_logged(secret)
    text = _signed_text("HS256", key_id, _claims(user_id, rooms, ttl_s, claims))
    return _signed(text, hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


def es256_token(private_pem_file, user_id="alice", rooms=None, ttl_s=3600, key_id=None, **claims):
    text = _signed_text("ES256", key_id, _claims(user_id, rooms, ttl_s, claims))
    der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", private_pem_file], input=text.encode(),
                         capture_output=True, check=True).stdout
    return _signed(text, _fixed_size(der))


def _claims(user_id, rooms, ttl_s, more):
    claims = {"sub": user_id, "iat": time.time(), "exp": int(time.time()) + ttl_s}
    if rooms is not None:
        claims["switchboard"] = {"rooms": rooms}
    return {name: value for name, value in (claims | more).items() if value is not None}


def _signed_text(algorithm, key_id, claims):
    header = {"alg": algorithm, "typ": "JWT"} | ({} if key_id is None else {"kid": key_id})
    return encode(json.dumps(header, separators=(",", ":")).encode()) + "." + encode(json.dumps(claims).encode())


def _signed(text, signature):
    payload, signature = text.partition(".")[2], encode(signature)
    never_logged(payload, signature)
    return f"{text}.{signature}"


def _fixed_size(der):
    """Two integers in DER, as a JWT wants them (RFC 7518 section 3.4): 32 bytes each."""
    first_end = 4 + der[3]
    first, second = der[4:first_end], der[first_end + 2:]
    return b"".join(int.from_bytes(number, "big").to_bytes(32, "big") for number in (first, second))
