// [auth], [issuers.NAME]: who is let in, and what everybody may.
#include "auth/grants.h"
#include "config/setting_builders.h"
#include "config/setting_checks.h"
#include "config/setting_groups.h"
#include "fetch/key_url.h"
#include "http/token.h"

namespace switchboard::config {
namespace {

constexpr std::size_t kSecretBytesMin = 32;  // RFC 7518 section 3.2
constexpr std::size_t kSecretBytesMax = 4'096;
constexpr std::string_view kAlgorithms[] = {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512",
                                            "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"};

std::string problem_with_secret(std::string_view text) {
  if (text.empty()) return "";
  if (text.size() < kSecretBytesMin) return "must have at least 32 bytes: `openssl rand -base64 48` makes a good one";
  return text.size() > kSecretBytesMax ? "must have at most 4096 bytes" : "";
}

std::string problem_with_previous_secret(std::string_view text) {
  return text.empty() ? "must not be empty" : problem_with_secret(text);
}

std::string problem_with_algorithm(std::string_view text) {
  std::string all;
  for (const std::string_view algorithm : kAlgorithms) {
    if (text == algorithm) return "";
    all += (all.empty() ? "" : ", ") + std::string(algorithm);
  }
  return "is not known; there are " + all;
}

std::string problem_with_jwks(std::string_view text) {
  return fetch::is_url(text) ? fetch::problem_with_key_url(text) : problem_with_optional_path(text);
}

std::string problem_with_permissions(std::string_view text) {
  const auto grants = auth::Grants::parse(text);
  return grants ? "" : grants.error();
}

/// A token in the sense of RFC 9110 (section 5.6.2): what a cookie may be called.
std::string problem_with_field_name(std::string_view text) {
  if (text.empty() || (text.size() <= 64 && http::is_token(text))) return "";
  return "must be a name of up to 64 letters, digits, '-' and '_'";
}

}  // namespace

void add_auth(std::vector<Setting>& out) {
  out.push_back(secret(plain(
      "auth", "secret", SB_FIELD(config.auth.own.secret), problem_with_secret, kReload,
      "The secret that clients' tokens (JWT) are signed with, HS256, at least 32 bytes. Setting it turns "
      "authentication "
      "on. Better in the variable SWITCHBOARD_AUTH_SECRET or a file that only the server can read than in a flag.")));
  out.push_back(secret(maybe_empty(
      plain("auth", "previous_secrets", SB_FIELD(config.auth.own.previous_secrets), problem_with_previous_secret,
            kReload, "Secrets that tokens may also be signed with, while a new one is being introduced."))));
  out.push_back(maybe_empty(
      plain("auth", "keys", SB_FIELD(config.auth.own.keys), problem_with_path, kReload,
            "Files with public keys (PEM: RSA, P-256, P-384, Ed25519) that tokens may be signed with. Turns "
            "authentication on.")));
  out.push_back(
      plain("auth", "jwks", SB_FIELD(config.auth.own.jwks), problem_with_jwks, kReload,
            "A JWK Set (RFC 7517) of keys that tokens may be signed with: a file, or an https:// address that it is "
            "fetched from, every ten minutes and when a token names a key that is not known. Turns "
            "authentication on."));
  out.push_back(maybe_empty(
      plain("auth", "algorithms", SB_FIELD(config.auth.own.algorithms), problem_with_algorithm, kReload,
            "Algorithms that tokens may be signed with, of those that their key is for. An empty list means HS256 with "
            "a secret, and any that a public key is for.")));
  out.push_back(
      plain("auth", "issuer", SB_FIELD(config.auth.own.issuer), nullptr, kReload,
            "What a token's `iss` must be. Empty: it may be any that no section [issuers.NAME] has, or none."));
  out.push_back(maybe_empty(plain("auth", "audience", SB_FIELD(config.auth.own.audience), nullptr, kReload,
                                  "A token's `aud` must name one of these. An empty list: it is not looked at.")));
  out.push_back(integer("auth", "leeway_ms", SB_FIELD(config.auth.own.leeway_ms), 0, 600'000, "milliseconds", kReload,
                        "How far the clock of who makes tokens may differ: a token is good that much longer, and "
                        "earlier."));
  out.push_back(
      integer("auth", "token_lifetime_max_ms", SB_FIELD(config.auth.token_lifetime_max_ms), 1'000, 3'162'240'000'000,
              "milliseconds", kReload,
              "How far ahead a token may end; one that ends later is refused. A revocation is remembered for so "
              "long."));
  out.push_back(integer("auth", "timeout_ms", SB_FIELD(config.auth.timeout_ms), 1, kHourMs, "milliseconds", kReload,
                        "How long a client may take, from its connection on, to show its token; then it is closed with "
                        "4001."));
  out.push_back(integer("auth", "renew_margin_ms", SB_FIELD(config.auth.renew_margin_ms), 0, 24 * kHourMs,
                        "milliseconds", kReload,
                        "How long before its token ends a v1 client is told `token_expiring`."));
  out.push_back(plain("auth", "cookie", SB_FIELD(config.auth.cookie), problem_with_field_name, kReload,
                      "The cookie a token may come in. Empty: none. Only where the pages that may connect are named "
                      "(origins_allowed): any page's requests carry cookies."));
  out.push_back(plain("auth", "query", SB_FIELD(config.auth.query), problem_with_field_name, kReload,
                      "The parameter of the address a token may come in, as in /ws?token=... Empty: none. Proxies log "
                      "addresses; this server does not."));
  out.push_back(plain("auth", "permissions", SB_FIELD(config.auth.permissions), problem_with_permissions, kReload,
                      "What every user with a token may, besides what the token says: JSON, as in a token's "
                      "`switchboard`: {\"rooms\":{\"chat:*\":[\"join\",\"publish\"]},\"direct\":[\"*\"]}. For whole "
                      "namespaces there is `allow`, in [rooms.NAME]."));
  out.push_back(plain("auth", "anonymous", SB_FIELD(config.auth.anonymous), nullptr, kReload,
                      "Whether clients may stay that bring no token. They may do what anonymous_permissions and the "
                      "rooms' allow_anonymous say, and cannot choose who they are."));
  out.push_back(plain("auth", "anonymous_permissions", SB_FIELD(config.auth.anonymous_permissions),
                      problem_with_permissions, kReload, "What these may: JSON, as in `permissions`."));
}

void add_issuers(std::vector<Setting>& out) {
  out.push_back(plain("issuers", "issuer", SB_FIELD(issuer.issuer), nullptr, kReload,
                      "What the `iss` of its tokens is, letter by letter. It must be there, and no other's."));
  out.push_back(secret(plain(
      "issuers", "secret", SB_FIELD(issuer.secret), problem_with_secret, kReload,
      "As auth.secret, for tokens of this issuer. It needs this, `keys` or `jwks`. The variable of [issuers.shop] is "
      "SWITCHBOARD_ISSUERS_SHOP_SECRET.")));
  out.push_back(secret(maybe_empty(plain("issuers", "previous_secrets", SB_FIELD(issuer.previous_secrets),
                                         problem_with_previous_secret, kReload, "As auth.previous_secrets."))));
  out.push_back(
      maybe_empty(plain("issuers", "keys", SB_FIELD(issuer.keys), problem_with_path, kReload, "As auth.keys.")));
  out.push_back(plain("issuers", "jwks", SB_FIELD(issuer.jwks), problem_with_jwks, kReload,
                      "As auth.jwks. Each address is fetched by itself; issuers may share one."));
  out.push_back(maybe_empty(plain("issuers", "algorithms", SB_FIELD(issuer.algorithms), problem_with_algorithm, kReload,
                                  "As auth.algorithms.")));
  out.push_back(
      maybe_empty(plain("issuers", "audience", SB_FIELD(issuer.audience), nullptr, kReload, "As auth.audience.")));
  out.push_back(integer("issuers", "leeway_ms", SB_FIELD(issuer.leeway_ms), 0, 600'000, "milliseconds", kReload,
                        "As auth.leeway_ms."));
}

}  // namespace switchboard::config
