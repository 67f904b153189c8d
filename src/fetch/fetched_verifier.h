// Judges tokens whose keys are fetched: a verifier that is replaced whenever the key set has changed, and that has the
// set fetched anew when a token names a key that is not in it.
#pragma once

#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "auth/verifier.h"
#include "base/time.h"
#include "fetch/key_set_fetcher.h"
#include "log/log.h"

namespace switchboard::fetch {

struct FetchedVerifierSettings {
  std::string url;  // see problem_with_key_url
  ScheduleSettings schedule;
  GetSettings get;
};

class FetchedVerifier final : private KeySetEvents {
 public:
  /// `rules`: of the issuer, with the keys that count besides those that are fetched. Fetching begins at once, on a
  /// thread of its own; until there is a set, these keys alone count. `clock` and `log` must outlive it.
  FetchedVerifier(auth::IssuerRules rules, FetchedVerifierSettings settings, const Clock& clock, log::Log& log);
  ~FetchedVerifier();

  /// See auth::Verifier. Any thread; it never waits for the network.
  std::expected<auth::Claims, auth::TokenRefusal> verify(std::string_view token, UnixMillis now);

  /// Other rules, and other keys besides those that are fetched; what was fetched stays. Any thread.
  void use(auth::IssuerRules rules);
  /// Any thread.
  KeySetStatus status() const { return fetcher_.status(); }
  /// The URL as it may be shown: a query can hold a key of somebody's.
  const std::string& shown_url() const { return shown_url_; }

 private:
  void on_key_set(auth::JwkSet set) override;
  void on_fetch_failed(const std::string& problem) override;
  void on_fetch_recovered() override;

  std::shared_ptr<const auth::Verifier> current() const;
  void rebuild();

  const std::string shown_url_;
  log::Log& log_;

  std::string last_problem_;  // the fetcher's thread's: what was logged last

  // Held for the copy of a pointer: with a token, not with a message.
  mutable std::mutex mutex_;
  auth::IssuerRules rules_;
  std::vector<auth::Key> fetched_;
  std::shared_ptr<const auth::Verifier> current_;

  KeySetFetcher fetcher_;  // last: its thread uses all others
};

}  // namespace switchboard::fetch
