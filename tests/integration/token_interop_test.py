"""Tokens of libraries that nobody here wrote are taken, and ours are taken by them: Debian's PyJWT, npm's jose and
jsonwebtoken, with every algorithm that each of them knows."""

import asyncio
import json
import os
import subprocess
import tempfile
import time
import unittest

import jwt
import websockets

from client import Client
from harness import DEADLINE_S, Server, run_command

SECRET = "a secret that is long enough for every hash there is: 64 bytes, or more"
FAMILIES = {
    "HS": None,
    "RS": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "ES256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ES384": ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "EdDSA": ["ED25519"],
}
ALGORITHMS = {f"{family}{bits}": family for family in ("HS", "RS") for bits in (256, 384, 512)}
ALGORITHMS |= {f"PS{bits}": "RS" for bits in (256, 384, 512)} | {name: name for name in ("ES256", "ES384", "EdDSA")}
CLAIMS = {"sub": "alice \u00e9 \U0001f600", "switchboard": {"rooms": {"chat:*": ["join"]}}}


def openssl(*arguments, text=None):
    return subprocess.run(["openssl", *arguments], input=text, capture_output=True, text=True, check=True,
                          timeout=DEADLINE_S).stdout


def node(**wish):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "token_interop.mjs")
    run = subprocess.run(["node", script], input=json.dumps(wish), capture_output=True, text=True, timeout=DEADLINE_S)
    assert run.returncode == 0, run.stderr
    return run.stdout


class TokenInterop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.private, cls.public = {}, {}
        for family, kind in FAMILIES.items():
            if kind is None:
                continue
            cls.private[family] = openssl("genpkey", "-algorithm", *kind)
            cls.public[family] = openssl("pkey", "-pubout", text=cls.private[family])
            for name, pem in (("private", cls.private[family]), ("public", cls.public[family])):
                with open(cls.path(family, name), "w", encoding="utf-8") as file:
                    file.write(pem)

    @classmethod
    def path(cls, family, name):
        return os.path.join(cls.folder.name, f"{family}.{name}.pem")

    def inspect(self, token, algorithm):
        family = ALGORITHMS[algorithm]
        key = ["--secret", SECRET] if family == "HS" else ["--key", self.path(family, "public")]
        shown = run_command("token", "inspect", token, *key)
        self.assertEqual(shown.returncode, 0, f"{algorithm}: {shown.stdout}{shown.stderr}")
        self.assertIn("good        yes", shown.stdout)

    def ours(self, algorithm):
        family = ALGORITHMS[algorithm]
        key = ["--secret", SECRET] if family == "HS" else ["--key", self.path(family, "private")]
        made = run_command("token", "--user", CLAIMS["sub"], "--alg", algorithm, "--kid", "k1", *key)
        self.assertEqual(made.returncode, 0, made.stderr)
        return made.stdout.strip()

    def test_pyjwt(self):
        for algorithm, family in ALGORITHMS.items():
            with self.subTest(algorithm):
                claims = CLAIMS | {"exp": time.time() + 3600}  # a fraction of a second
                self.inspect(jwt.encode(claims, self.private.get(family, SECRET), algorithm), algorithm)
                read = jwt.decode(self.ours(algorithm), self.public.get(family, SECRET), [algorithm])
                self.assertEqual(read["sub"], CLAIMS["sub"])

    def node_library(self, library, algorithms):
        for algorithm in algorithms:
            with self.subTest(algorithm):
                family = ALGORITHMS[algorithm]
                keys = {"secret": SECRET} if family == "HS" else {"privatePem": self.private[family],
                                                                 "publicPem": self.public[family]}
                keys |= {"library": library, "algorithm": algorithm}
                self.inspect(node(do="sign", claims=CLAIMS, keyId="k1", **keys), algorithm)
                self.assertEqual(node(do="verify", token=self.ours(algorithm), **keys), CLAIMS["sub"])

    def test_jose(self):
        self.node_library("jose", ALGORITHMS)

    def test_jsonwebtoken(self):
        self.node_library("jsonwebtoken", [name for name in ALGORITHMS if name != "EdDSA"])

    def test_a_server_with_a_set_that_jose_has_written_takes_them_all(self):
        jwks = os.path.join(self.folder.name, "jwks.json")
        with open(jwks, "w", encoding="utf-8") as file:
            file.write(node(do="jwks", publicPems=self.public))
        with Server(settings={"auth.jwks": jwks}) as server:
            async def run():
                for algorithm, family in ALGORITHMS.items():
                    if family == "HS":
                        continue
                    token = jwt.encode(CLAIMS | {"exp": int(time.time()) + 60}, self.private[family], algorithm,
                                       headers={"kid": family})
                    client = Client(await websockets.connect(server.url, extra_headers={"Authorization": f"Bearer {token}"}))
                    self.assertEqual((await client.ask(type="join", room_id="chat:1"))["type"], "joined", algorithm)
                    await client.close()
                forged = jwt.encode(CLAIMS | {"exp": int(time.time()) + 60}, "x" * 64, "HS256", headers={"kid": "RS"})
                client = Client(await websockets.connect(server.url, extra_headers={"Authorization": f"Bearer {forged}"}))
                self.assertEqual((await client.close_code())[0], 4001)

            asyncio.run(run())
            self.assertEqual(server.metric('switchboard_tokens_refused_total{reason="wrong_algorithm"}'), 1)


if __name__ == "__main__":
    unittest.main()
