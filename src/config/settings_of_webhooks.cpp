// [[webhooks]]: where back ends are told what happens.
#include "config/setting_builders.h"
#include "config/setting_checks.h"
#include "config/setting_groups.h"
#include "webhook/interest.h"
#include "webhook/settings.h"
#include "webhook/signer.h"

namespace switchboard::config {
namespace {

std::string problem_with_webhook_secret(std::string_view text) {
  if (text.empty()) return "";
  if (webhook::kind_of_secret(text) == webhook::SecretKind::kPrivateKey) {
    return "must begin with whsec_; a private key belongs into additional_secrets";
  }
  return webhook::problem_with_secret(text);
}

}  // namespace

void add_webhooks(std::vector<Setting>& out) {
  out.push_back(plain("webhooks", "url", SB_FIELD(webhook->url), webhook::problem_with_url, kReload,
                      "Where events are sent, https://..."));
  out.push_back(
      secret(plain("webhooks", "secret", SB_FIELD(webhook->secret), problem_with_webhook_secret, kReload,
                   "What requests are signed with: whsec_ and 24 to 64 bytes in base64, as in `echo whsec_$(openssl "
                   "rand -base64 32)`. The receiver has it, too.")));
  out.push_back(secret(maybe_empty(plain("webhooks", "additional_secrets", SB_FIELD(webhook->additional_secrets),
                                         webhook::problem_with_secret, kReload,
                                         "Each signs besides: the old secret while a new one is being introduced, or a "
                                         "private key of Ed25519 (whsk_)."))));
  out.push_back(plain("webhooks", "events", SB_FIELD(webhook->events), webhook::problem_with_event_pattern, kReload,
                      "Which types of events: \"room.occupied\", \"user.*\" for all that begin so, \"*\" for all."));
  out.push_back(plain("webhooks", "rooms", SB_FIELD(webhook->rooms), webhook::problem_with_room_pattern, kReload,
                      "Of which rooms, by pattern (\"chat:*\"); events that are about no room are not held back."));
  out.push_back(plain("webhooks", "allow_private_addresses", SB_FIELD(webhook->allow_private_addresses), nullptr,
                      kReload,
                      "Whether it may be on this machine or its own networks (loopback, private, link-local), or be "
                      "asked without TLS. Looked at for every connection, after the name was looked up."));
  out.push_back(plain("webhooks", "ca_file", SB_FIELD(webhook->ca_file), problem_with_optional_path, kReload,
                      "Certificates (PEM) of who may vouch for it. Empty: those of the system."));
  out.push_back(integer("webhooks", "timeout_ms", SB_FIELD(webhook->timeout_ms), 100, 120'000, "milliseconds", kReload,
                        "How long a request may take, from looking its host up to the last byte of the answer."));
  out.push_back(integer("webhooks", "batch_ms", SB_FIELD(webhook->batch_ms), 0, 60'000, "milliseconds", kReload,
                        "How long an event may wait for others to be sent along with."));
  out.push_back(integer("webhooks", "batch_events_max", SB_FIELD(webhook->batch_events_max), 1, 1'000, "events",
                        kReload, "Events in one request. 1: each by itself, without an envelope."));
  out.push_back(integer("webhooks", "user_grace_ms", SB_FIELD(webhook->user_grace_ms), 0, kHourMs, "milliseconds",
                        kReload,
                        "A user who is back within it has not left the room, nor been offline: a page that is loaded "
                        "anew, say."));
  out.push_back(integer(
      "webhooks", "backlog_bytes_max", SB_FIELD(webhook->backlog_bytes_max), 64 * kKiB, 64 * kGiB, "bytes", kReload,
      "Events that wait for it, and those it has had, which may be replayed for 72 hours. When so much "
      "waits, what comes is lost, and it is told how much (events.lost)."));
  out.push_back(integer("webhooks", "retry_ms_max", SB_FIELD(webhook->retry_ms_max), 0, 30 * 24 * kHourMs,
                        "milliseconds", kReload, "How long events are tried again before they are given up."));
}

}  // namespace switchboard::config
