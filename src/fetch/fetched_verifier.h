// Judges tokens of several issuers, each with keys of the configuration, keys that are fetched, or both: a verifier
// that is replaced whenever a key set has changed, and that has a set fetched anew when a token of its issuer names a
// key that is not in it.
#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "auth/verifier.h"
#include "base/time.h"
#include "fetch/fetched_key_set.h"
#include "log/log.h"

namespace switchboard::fetch {

/// One who makes tokens, and where more keys of theirs are.
struct FetchedIssuer {
  auth::IssuerRules rules;  // with the keys that count besides those that are fetched
  std::string url;          // see problem_with_key_url; "": nowhere. Issuers with the same one share the set
};

struct NamedKeySetStatus {
  std::string url;  // as it may be shown
  KeySetStatus status;
};

class FetchedVerifier {
 public:
  /// Fetching begins at once, on a thread for each URL; until there is a set, the other keys of its issuer alone count.
  /// `clock` and `log` must outlive it.
  FetchedVerifier(std::vector<FetchedIssuer> issuers, FetchSettings settings, const Clock& clock, log::Log& log);
  ~FetchedVerifier();
  FetchedVerifier(const FetchedVerifier&) = delete;
  FetchedVerifier& operator=(const FetchedVerifier&) = delete;

  /// See auth::Verifier. Any thread; it never waits for the network.
  std::expected<auth::Claims, auth::TokenRefusal> verify(std::string_view token, UnixMillis now);

  /// Other issuers from now on. What was fetched from a URL that is still among them stays; a new one's is fetched, and
  /// one that has gone is forgotten. One thread's.
  void use(std::vector<FetchedIssuer> issuers);
  /// Of each URL. Any thread.
  std::vector<NamedKeySetStatus> statuses() const;

 private:
  using KeySets = std::map<std::string, std::unique_ptr<FetchedKeySet>, std::less<>>;  // by URL

  /// Where the keys of one issuer come from, for as long as these are those in force.
  struct Source {
    std::string url;        // "": none is fetched
    bool is_there = false;  // a set was fetched
  };
  /// What tokens are judged by. Immutable, and owner of no key set: whoever judges last must not be who ends its
  /// thread.
  struct Judge {
    auth::Verifier verifier;
    std::vector<Source> sources;  // of the issuers, in the verifier's order
  };

  std::shared_ptr<const Judge> current() const;
  void on_change();
  void rebuild();
  void request_refetch(const std::string& url);

  const FetchSettings settings_;
  const Clock& clock_;
  log::Log& log_;

  // Held for the copy of a pointer: with a token, not with a message.
  mutable std::mutex mutex_;
  std::vector<FetchedIssuer> issuers_;
  std::shared_ptr<const Judge> current_;
  KeySets sets_;  // never destroyed under the lock: their threads ask for it
};

}  // namespace switchboard::fetch
