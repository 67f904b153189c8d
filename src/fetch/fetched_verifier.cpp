#include "fetch/fetched_verifier.h"

#include <utility>

namespace switchboard::fetch {
namespace {

std::shared_ptr<const auth::Verifier> verifier_of(auth::IssuerRules rules) {
  std::vector<auth::IssuerRules> issuers;
  issuers.push_back(std::move(rules));
  return std::make_shared<const auth::Verifier>(std::move(issuers));
}

}  // namespace

FetchedVerifier::FetchedVerifier(auth::IssuerRules rules, FetchedVerifierSettings settings, const Clock& clock,
                                 log::Log& log)
    : shown_url_(settings.url.substr(0, settings.url.find('?'))),
      log_(log),
      rules_(std::move(rules)),
      current_(verifier_of(rules_)),
      fetcher_(std::move(settings.url), settings.schedule, std::move(settings.get), clock, *this) {}

FetchedVerifier::~FetchedVerifier() = default;

std::expected<auth::Claims, auth::TokenRefusal> FetchedVerifier::verify(std::string_view token, UnixMillis now) {
  auto claims = current()->verify(token, now);
  // Whoever makes tokens may have begun to use a key that was published a moment ago.
  if (!claims && claims.error().reason == auth::RefusalReason::kUnknownKey) {
    fetcher_.request_refetch();
    return std::unexpected(auth::TokenRefusal{.reason = auth::RefusalReason::kKeyPending,
                                              .message = "the token's key is not known yet: the key set is being "
                                                         "fetched; try again in a moment"});
  }
  return claims;
}

void FetchedVerifier::on_key_set(auth::JwkSet set) {
  for (const std::string& left_out : set.left_out)
    log_.warn("key left out", {{"url", shown_url_}, {"problem", left_out}});
  const std::size_t taken = set.keys.size();
  {
    const std::lock_guard lock(mutex_);
    fetched_ = std::move(set.keys);
    rebuild();
  }
  log_.info("key set fetched", {{"url", shown_url_}, {"keys", taken}});
}

void FetchedVerifier::on_fetch_failed(const std::string& problem) {
  // It is tried again every half minute: one line for as long as it is the same.
  if (problem == last_problem_) return;
  last_problem_ = problem;
  log_.warn("key set not fetched", {{"url", shown_url_}, {"problem", problem}});
}

void FetchedVerifier::on_fetch_recovered() {
  last_problem_.clear();
  log_.info("key set reachable again", {{"url", shown_url_}});
}

std::shared_ptr<const auth::Verifier> FetchedVerifier::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void FetchedVerifier::use(auth::IssuerRules rules) {
  const std::lock_guard lock(mutex_);
  rules_ = std::move(rules);
  rebuild();
}

/// With the lock. The old verifier goes with the last token that is being judged by it.
void FetchedVerifier::rebuild() {
  auth::IssuerRules rules = rules_;
  std::size_t left_out = 0;
  for (const auth::Key& key : fetched_)
    rules.keys.size() < auth::kKeysMax ? rules.keys.add(key) : void(++left_out);
  if (left_out > 0) {
    log_.warn("keys left out",
              {{"url", shown_url_}, {"keys", left_out}, {"problem", "there are more than 100 keys in all"}});
  }
  current_ = verifier_of(std::move(rules));
}

}  // namespace switchboard::fetch
