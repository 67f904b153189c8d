// Tokens of npm's `jose` and `jsonwebtoken`, for token_interop_test.py. Reads one JSON object from the standard input,
// {do: "sign" | "verify" | "jwks", library, algorithm, secret | privatePem | publicPem, claims | token, keyId}, and
// writes what came of it: a token, "ok" or an error, a JWK Set.

import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SignJWT, exportJWK, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';

const wish = JSON.parse(readFileSync(0, 'utf8'));

const signingKey = () => (wish.secret ? new TextEncoder().encode(wish.secret) : createPrivateKey(wish.privatePem));
const checkingKey = () => (wish.secret ? new TextEncoder().encode(wish.secret) : createPublicKey(wish.publicPem));

async function sign() {
  if (wish.library === 'jsonwebtoken') {
    return jsonwebtoken.sign(wish.claims, wish.secret ?? wish.privatePem,
      { algorithm: wish.algorithm, expiresIn: 3600, keyid: wish.keyId });
  }
  return new SignJWT(wish.claims).setProtectedHeader({ alg: wish.algorithm, kid: wish.keyId }).setIssuedAt()
    .setExpirationTime('1h').sign(signingKey());
}

async function verify() {
  const claims = wish.library === 'jsonwebtoken'
    ? jsonwebtoken.verify(wish.token, wish.secret ?? wish.publicPem, { algorithms: [wish.algorithm] })
    : (await jwtVerify(wish.token, checkingKey(), { algorithms: [wish.algorithm] })).payload;
  return claims.sub;
}

async function jwks() {
  const keys = [];
  for (const [keyId, pem] of Object.entries(wish.publicPems)) {
    keys.push({ ...(await exportJWK(createPublicKey(pem))), kid: keyId, use: 'sig' });
  }
  return JSON.stringify({ keys });
}

process.stdout.write(await { sign, verify, jwks }[wish.do]());
