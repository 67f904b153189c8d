#include "fetch/fetched_verifier.h"

#include <utility>

namespace switchboard::fetch {
namespace {

using enum auth::RefusalReason;

/// Whether another key set could make it good. Before there is one, keys of the configuration may be tried in vain.
bool may_be_known_soon(auth::RefusalReason reason, bool has_set) {
  return reason == kUnknownKey || (!has_set && (reason == kAlgorithm || reason == kSignature));
}

}  // namespace

FetchedVerifier::FetchedVerifier(std::vector<FetchedIssuer> issuers, FetchSettings settings, const Clock& clock,
                                 log::Log& log)
    : settings_(std::move(settings)), clock_(clock), log_(log) {
  use(std::move(issuers));
}

FetchedVerifier::~FetchedVerifier() {
  KeySets gone;
  const std::lock_guard lock(mutex_);
  std::swap(gone, sets_);
}  // the lock first, then the sets

std::expected<auth::Claims, auth::TokenRefusal> FetchedVerifier::verify(std::string_view token, UnixMillis now) {
  const std::shared_ptr<const Judge> judge = current();
  auto claims = judge->verifier.verify(token, now);
  if (claims || !claims.error().issuer) return claims;
  const Source& source = judge->sources[*claims.error().issuer];
  if (source.url.empty() || !may_be_known_soon(claims.error().reason, source.is_there)) return claims;
  // Whoever makes tokens may have begun to use a key that was published a moment ago.
  request_refetch(source.url);
  return std::unexpected(auth::TokenRefusal{.reason = kKeyPending,
                                            .message = "the token's key is not known yet: the key set is being "
                                                       "fetched; try again in a moment",
                                            .issuer = claims.error().issuer});
}

std::shared_ptr<const FetchedVerifier::Judge> FetchedVerifier::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void FetchedVerifier::request_refetch(const std::string& url) {
  const std::lock_guard lock(mutex_);
  // A reload may have taken it away meanwhile.
  if (const auto found = sets_.find(url); found != sets_.end()) found->second->request_refetch();
}

void FetchedVerifier::use(std::vector<FetchedIssuer> issuers) {
  KeySets gone;
  const std::lock_guard lock(mutex_);  // the sets that go do so behind it
  std::swap(gone, sets_);
  for (const FetchedIssuer& issuer : issuers) {
    if (issuer.url.empty() || sets_.contains(issuer.url)) continue;
    if (auto kept = gone.extract(issuer.url)) {
      sets_.insert(std::move(kept));
    } else {
      // Its thread may call at once: it waits for the lock then.
      sets_.emplace(issuer.url,
                    std::make_unique<FetchedKeySet>(issuer.url, settings_, clock_, log_, [this] { on_change(); }));
    }
  }
  issuers_ = std::move(issuers);
  rebuild();
}

std::vector<NamedKeySetStatus> FetchedVerifier::statuses() const {
  const std::lock_guard lock(mutex_);
  std::vector<NamedKeySetStatus> all;
  for (const auto& [url, set] : sets_)
    all.push_back({set->shown_url(), set->status()});
  return all;
}

/// On the thread of one of the sets.
void FetchedVerifier::on_change() {
  const std::lock_guard lock(mutex_);
  rebuild();
}

/// With the lock. The old judge goes with the last token that is being judged by it.
void FetchedVerifier::rebuild() {
  std::vector<auth::IssuerRules> all;
  std::vector<Source> sources;
  for (const FetchedIssuer& issuer : issuers_) {
    auth::IssuerRules& rules = all.emplace_back(issuer.rules);
    Source& source = sources.emplace_back(issuer.url);
    const auto found = sets_.find(issuer.url);
    const auto fetched = found == sets_.end() ? nullptr : found->second->keys();
    if (!fetched) continue;
    source.is_there = true;
    std::size_t left_out = 0;
    for (const auth::Key& key : *fetched)
      rules.keys.size() < auth::kKeysMax ? rules.keys.add(key) : void(++left_out);
    if (left_out == 0) continue;
    log_.warn(
        "keys left out",
        {{"url", found->second->shown_url()}, {"keys", left_out}, {"problem", "there are more than 100 keys in all"}});
  }
  current_ = std::make_shared<const Judge>(auth::Verifier(std::move(all)), std::move(sources));
}

}  // namespace switchboard::fetch
