// [hooks]: the back end that is asked before clients are obeyed.
#include "config/setting_builders.h"
#include "config/setting_checks.h"
#include "config/setting_groups.h"
#include "webhook/settings.h"
#include "webhook/signer.h"

namespace switchboard::config {
namespace {

constexpr std::string_view kWhenDownNames[] = {"deny", "allow"};

std::string problem_with_hook_secret(std::string_view text) {
  if (text.empty()) return "";
  if (webhook::kind_of_secret(text) == webhook::SecretKind::kPrivateKey) return "must begin with whsec_";
  return webhook::problem_with_secret(text);
}

}  // namespace

void add_hooks(std::vector<Setting>& out) {
  out.push_back(
      plain("hooks", "url", SB_FIELD(config.hooks.url), webhook::problem_with_url, kReload,
            "Where questions are sent: https://..., or http://... within networks of your own. Empty: nobody is "
            "asked anything."));
  out.push_back(
      secret(plain("hooks", "secret", SB_FIELD(config.hooks.secret), problem_with_hook_secret, kReload,
                   "What questions are signed with, as webhooks are: whsec_ and 24 to 64 bytes in base64, as in `echo "
                   "whsec_$(openssl rand -base64 32)`.")));
  out.push_back(plain("hooks", "connect", SB_FIELD(config.shard.session.hooks.connect), nullptr, kReload,
                      "Whether it is asked about each connection. Its commands wait for the answer."));
  out.push_back(plain("hooks", "direct", SB_FIELD(config.shard.session.hooks.direct), nullptr, kReload,
                      "Whether it is asked about each direct message."));
  out.push_back(choice<kWhenDownNames>("hooks", "when_down", SB_FIELD(config.hooks.when_down), kReload,
                                       "What becomes of who asks when nobody answers in time, or not as one should: "
                                       "\"deny\" (`unavailable`) or \"allow\"."));
  out.push_back(integer("hooks", "timeout_ms", SB_FIELD(config.hooks.timeout_ms), 10, 10'000, "milliseconds", kReload,
                        "How long a question may take, whole."));
  out.push_back(integer("hooks", "concurrency_max", SB_FIELD(config.hooks.concurrency_max), 1, 10'000, "questions",
                        kReload, "Questions under way at once; others wait."));
  out.push_back(plain("hooks", "ca_file", SB_FIELD(config.hooks.ca_file), problem_with_optional_path, kReload,
                      "Certificates (PEM) of who may vouch for it. Empty: those of the system."));
}

}  // namespace switchboard::config
