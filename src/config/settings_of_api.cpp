// [api]: the HTTP API for back ends.
#include "api/keys.h"
#include "config/setting_builders.h"
#include "config/setting_checks.h"
#include "config/setting_groups.h"

namespace switchboard::config {
namespace {

std::string problem_with_api_key(std::string_view text) {
  return api::Keys::problem_with(text);
}

std::string problem_with_api_address(std::string_view text) {
  if (text.empty()) return "";
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (text.starts_with(scheme)) return problem_with_address(text.substr(scheme.size()));
  }
  return problem_with_address(text);
}

}  // namespace

void add_api(std::vector<Setting>& out) {
  out.push_back(
      plain("api", "listen", SB_FIELD(config.api.listen), problem_with_api_address, kRestart,
            "Where back ends use the HTTP API: HOST:PORT, or https://HOST:PORT for TLS ([tls]). Empty: there is "
            "no API. Clients do not belong there."));
  out.push_back(secret(maybe_empty(plain(
      "api", "keys", SB_FIELD(config.api.keys), problem_with_api_key, kReload,
      "Keys that open it, better of 32 bytes than of fewer, or their SHA-256 (\"sha256:\" and 64 hexadecimal digits). "
      "What stands "
      "in "
      "brackets before one limits it: \"[publish,read] KEY\", \"[publish chat:*] sha256:...\". Scopes: publish; read "
      "(history, presence, rooms); admin (users, revocations, webhooks)."))));
  out.push_back(
      maybe_empty(plain("api", "origins_allowed", SB_FIELD(config.api.origins_allowed), problem_with_origin, kReload,
                        "Web pages whose requests browsers let through (CORS), by origin, as in "
                        "limits.origins_allowed. None: no page's.")));
  out.push_back(integer("api", "connections_max", SB_FIELD(config.api.connections_max), 1, 100'000, "connections",
                        kReload, "Connections to it on one shard; more are closed."));
  out.push_back(
      integer("api", "body_bytes_max", SB_FIELD(config.api.body_bytes_max), 1'024, 64 * kMiB, "bytes", kReload,
              "Size of a request's body; 413 above it. A single content is held to limits.message_bytes_max."));
  out.push_back(integer("api", "answer_timeout_ms", SB_FIELD(config.api.answer_timeout_ms), 100, kHourMs,
                        "milliseconds", kReload,
                        "How long a request waits for the store or for other shards; then it is told 503."));
}

}  // namespace switchboard::config
