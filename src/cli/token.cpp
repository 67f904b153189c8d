// `switchboard token`: makes tokens for development, and shows what is in one.
#include "auth/token.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base64url.h"
#include "auth/grants.h"
#include "auth/json_members.h"
#include "auth/mint.h"
#include "auth/verifier.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "log/log_escape.h"
#include "net/regular_file.h"
#include "protocol/json_string.h"

namespace switchboard::cli {
namespace {

constexpr const char* kSecretVariable = "SWITCHBOARD_AUTH_SECRET";  // as `serve` reads it

int explain(std::string_view problem) {
  std::fprintf(stderr, "switchboard token: %.*s\n", static_cast<int>(problem.size()), problem.data());
  return kExitFailure;
}

/// Where a secret or a key is taken from.
struct KeyOptions {
  std::string secret;
  std::string secret_file;
  std::string key_file;

  void add_to(Options& options, std::string key_help) {
    options.value("--secret", "TEXT",
                  "The secret, as in auth.secret. Others can see it in the list of processes; the variable "
                  "SWITCHBOARD_AUTH_SECRET is read when there is none.",
                  secret);
    options.value("--secret-file", "FILE", "A file whose first line is the secret.", secret_file);
    options.value("--key", "FILE", std::move(key_help), key_file);
  }

  /// Reads the secret's file, or the variable, when the secret was not given itself.
  std::expected<void, std::string> read() {
    if (secret.empty() && !secret_file.empty()) {
      auto text = net::read_regular_file(secret_file);
      if (!text) return std::unexpected(secret_file + ": " + text.error());
      secret = text->substr(0, text->find_first_of("\r\n"));
    }
    if (secret.empty() && key_file.empty()) {
      const char* const variable = std::getenv(kSecretVariable);
      if (variable != nullptr) secret = variable;
    }
    return {};
  }
};

// --- making --------------------------------------------------------------------------------------------------------

struct Wish {
  std::string user, rooms, limits, issuer, audience, id, claims, algorithm, key_id;
  std::vector<std::string> direct;
  std::uint64_t ttl_s = 3'600;
};

/// The claim `switchboard`; "" when nothing is said of it.
std::string grants_of(const Wish& wish) {
  if (wish.rooms.empty() && wish.direct.empty() && wish.limits.empty()) return {};
  std::string out = "{\"rooms\":" + (wish.rooms.empty() ? "{}" : wish.rooms);
  if (!wish.direct.empty()) {
    out += ",\"direct\":[";
    for (const std::string& pattern : wish.direct)
      out += (out.back() == '[' ? "" : ",") + protocol::json_text(pattern);
    out += "]";
  }
  if (!wish.limits.empty()) out += ",\"limits\":" + wish.limits;
  return out + "}";
}

std::expected<std::string, std::string> claims_of(const Wish& wish) {
  const UnixMillis now_s = SystemClock().unix_ms() / 1'000;
  std::string out = "{\"sub\":" + protocol::json_text(wish.user) + ",\"iat\":" + std::to_string(now_s) +
                    ",\"exp\":" + std::to_string(now_s + static_cast<UnixMillis>(wish.ttl_s));
  if (!wish.issuer.empty()) out += ",\"iss\":" + protocol::json_text(wish.issuer);
  if (!wish.audience.empty()) out += ",\"aud\":" + protocol::json_text(wish.audience);
  if (!wish.id.empty()) out += ",\"jti\":" + protocol::json_text(wish.id);
  if (const std::string grants = grants_of(wish); !grants.empty()) {
    if (const auto parsed = auth::Grants::parse(grants); !parsed) {
      return std::unexpected("the permissions are no good: " + parsed.error());
    }
    out += ",\"switchboard\":" + grants;
  }
  if (!wish.claims.empty()) {
    const auto more = auth::JsonMembers::read(wish.claims);
    if (!more) return std::unexpected("--claims " + more.error());
    const auto begin = wish.claims.find('{') + 1;
    const std::string inside = wish.claims.substr(begin, wish.claims.rfind('}') - begin);
    if (inside.find_first_not_of(" \t\r\n") != std::string::npos) out += "," + inside;
  }
  out += "}";
  // What the server would refuse is refused here: twice the same claim, a user that cannot be one.
  if (const auto read = auth::read_payload(out); !read) return std::unexpected(read.error().message);
  return out;
}

int run_mint(int argc, char** argv) {
  Options options("token --user USER [OPTIONS]",
                  "Prints a token (JWT) for that user and nothing else: for development. In production your back end "
                  "makes them, with any JWT library.");
  KeyOptions keys;
  Wish wish;
  options.value("--user", "USER", "The user: the claim `sub`.", wish.user);
  keys.add_to(options, "A private key (PEM): RSA, P-256, P-384 or Ed25519.");
  options.value("--rooms", "JSON", "Permissions: {\"chat:*\":[\"join\",\"publish\"]}.", wish.rooms);
  options.values("--direct", "PATTERN", "Users that may be written to, such as '*'; may be repeated.", wish.direct);
  options.value("--limits", "JSON", "Limits of its connections: {\"rooms\":20,\"publishes_per_second\":5}.",
                wish.limits);
  options.value("--ttl", "SECONDS", "How long it is good.", wish.ttl_s);
  options.value("--alg", "NAME", "The algorithm, such as PS256. Otherwise the usual one of the key.", wish.algorithm);
  options.value("--kid", "TEXT", "The key's name, for the header.", wish.key_id);
  options.value("--issuer", "TEXT", "The claim `iss`.", wish.issuer);
  options.value("--audience", "TEXT", "The claim `aud`.", wish.audience);
  options.value("--id", "TEXT", "The claim `jti`.", wish.id);
  options.value("--claims", "JSON", "An object with further claims.", wish.claims);
  options.examples(
      "Examples:\n"
      "  switchboard token --secret-file secret --user alice --rooms '{\"chat:*\":[\"join\",\"publish\"]}'\n"
      "  switchboard token --key private.pem --kid k1 --user alice --ttl 60\n"
      "  switchboard token inspect TOKEN            what is in it, and whether it is good: see its --help\n"
      "\nExit codes: 0 printed, 1 the key or the claims are no good, 2 wrong usage.\n");
  if (const auto exit_code = options.parse(argc, argv)) return *exit_code;
  if (wish.user.empty()) {
    explain("--user is missing: whose token is it?");
    return kExitUsage;
  }
  constexpr std::uint64_t kTtlMax = 100ull * 365 * 86'400;
  if (wish.ttl_s > kTtlMax) {
    explain("--ttl is more than a hundred years");
    return kExitUsage;
  }
  if (const auto read = keys.read(); !read) return explain(read.error());
  std::string pem;
  if (!keys.key_file.empty()) {
    auto text = net::read_regular_file(keys.key_file);
    if (!text) return explain(keys.key_file + ": " + text.error());
    pem = std::move(*text);
  } else if (keys.secret.size() < auth::kSecretBytesMin) {
    return explain(keys.secret.empty() ? "there is no key: --secret, --secret-file, --key, or SWITCHBOARD_AUTH_SECRET"
                                       : "the secret must have at least 32 bytes");
  }
  const auth::SigningKey key{.secret = keys.secret, .private_pem = pem};
  auto algorithm = auth::usual_algorithm(key);
  if (!algorithm) return explain(algorithm.error());
  if (!wish.algorithm.empty()) {
    const auto named = auth::algorithm_of(wish.algorithm);
    if (!named) return explain("--alg: " + wish.algorithm + " is not known");
    algorithm = *named;
  }
  const auto claims = claims_of(wish);
  if (!claims) return explain(claims.error());
  const auto token = auth::mint(*claims, *algorithm, key, wish.key_id);
  if (!token) return explain(token.error());
  std::printf("%s\n", token->c_str());
  return kExitSuccess;
}

// --- inspecting ----------------------------------------------------------------------------------------------------

std::string date_of(UnixMillis at) {
  const std::time_t seconds = at / 1'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  const std::size_t bytes = std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return {text, bytes};
}

/// What somebody else has written goes to a terminal: without control characters.
void show(std::string_view label, std::string_view text) {
  std::string safe;
  log::append_json_string(safe, text);
  std::printf("%-11.*s %.*s\n", static_cast<int>(label.size()), label.data(), static_cast<int>(safe.size()) - 2,
              safe.data() + 1);
}

void show_claims(const auth::Payload& payload) {
  const auth::Claims& claims = payload.claims;
  show("user", claims.user_id);
  if (!claims.issuer.empty()) show("issuer", claims.issuer);
  for (const std::string& audience : payload.audience)
    show("audience", audience);
  if (!claims.token_id.empty()) show("id", claims.token_id);
  if (claims.issued_at) show("made", date_of(*claims.issued_at));
  if (payload.not_before) show("good from", date_of(*payload.not_before));
  if (payload.has_expiry) show("ends", date_of(claims.expires_at));
  if (!claims.grants.empty()) {
    std::string safe;
    log::append_plain_text(safe, claims.grants);
    std::printf("%-11s %s\n", "allows", safe.c_str());
    if (const auto grants = auth::Grants::parse(claims.grants); !grants) show("", "which " + grants.error());
  }
}

std::expected<auth::KeySet, std::string> keys_of(const KeyOptions& options, const std::string& jwks_file) {
  auth::KeySet keys;
  if (!options.secret.empty()) {
    auto key = auth::Key::of_secret(options.secret);
    if (!key) return std::unexpected("the secret " + key.error());
    keys.add(std::move(*key));
  }
  if (!options.key_file.empty()) {
    const auto text = net::read_regular_file(options.key_file);
    if (!text) return std::unexpected(options.key_file + ": " + text.error());
    auto key = auth::Key::of_pem(*text);
    if (!key) return std::unexpected(options.key_file + " " + key.error());
    keys.add(std::move(*key));
  }
  if (!jwks_file.empty()) {
    const auto text = net::read_regular_file(jwks_file);
    if (!text) return std::unexpected(jwks_file + ": " + text.error());
    auto set = auth::read_jwk_set(*text);
    if (!set) return std::unexpected(jwks_file + " " + set.error());
    for (auth::Key& key : set->keys)
      if (keys.size() < auth::kKeysMax) keys.add(std::move(key));
  }
  return keys;
}

int run_inspect(int argc, char** argv) {
  Options options("token inspect TOKEN [OPTIONS]",
                  "Shows what is in a token, and, with a key, whether the server would take it, and why not.");
  std::string token, jwks_file;
  KeyOptions key_options;
  options.positional("TOKEN", "The token; \"-\" reads it from the standard input.", token);
  key_options.add_to(options, "A public key (PEM).");
  options.value("--jwks", "FILE", "A JWK Set.", jwks_file);
  options.examples("\nExit codes: 0 it is good, or no key was given; 1 it is not, 2 wrong usage.\n");
  if (const auto exit_code = options.parse(argc, argv)) return *exit_code;
  if (token == "-" && !std::getline(std::cin, token)) return explain("there is nothing on the standard input");
  while (!token.empty() && (token.back() == '\r' || token.back() == '\n'))
    token.pop_back();
  const auto parts = auth::take_apart(token);
  if (!parts) return explain(parts.error().message);
  show("algorithm", parts->algorithm);
  if (!parts->key_id.empty()) show("key", parts->key_id);
  const auto payload = auth::read_payload(parts->payload);
  if (!payload) {
    show("payload", parts->payload);
    return explain(payload.error().message);
  }
  show_claims(*payload);
  if (const auto read = key_options.read(); !read) return explain(read.error());
  auto keys = keys_of(key_options, jwks_file);
  if (!keys) return explain(keys.error());
  if (keys->empty()) return kExitSuccess;
  auth::IssuerRules rules;
  rules.keys = std::move(*keys);
  const auto verified = auth::Verifier({std::move(rules)}).verify(token, SystemClock().unix_ms());
  if (!verified) return explain(verified.error().message);
  std::printf("%-11s yes\n", "good");
  return kExitSuccess;
}

}  // namespace

int run_token(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "inspect") return run_inspect(argc - 1, argv + 1);
  return run_mint(argc, argv);
}

}  // namespace switchboard::cli
