#include "server/auth_policy.h"

#include <utility>

#include "auth/verifier.h"
#include "base/assert.h"
#include "fetch/key_url.h"
#include "net/regular_file.h"

namespace switchboard::server {
namespace {

using Problem = std::unexpected<std::string>;

/// Of those that the configuration allows; without a list, HS256 for secrets and all for other keys.
auth::AlgorithmSet algorithms_of(const config::AuthSettings& settings) {
  auth::AlgorithmSet set;
  for (const std::string& name : settings.algorithms)
    set.add(*auth::algorithm_of(name));
  if (!set.empty()) return set;
  return auth::AlgorithmSet::all().without({auth::Algorithm::kHs384, auth::Algorithm::kHs512});
}

class PolicyMaker {
 public:
  explicit PolicyMaker(const config::AuthSettings& settings) : settings_(settings) {}

  /// Reads all that lies in files.
  std::expected<void, std::string> read() {
    if (auto added = add_secrets(); !added) return added;
    for (const std::string& file : settings_.keys)
      if (auto added = add_pem(file); !added) return added;
    if (!settings_.jwks.empty() && !fetch::is_url(settings_.jwks))
      if (auto added = add_set(settings_.jwks); !added) return added;
    rules_.issuer = settings_.issuer;
    rules_.audiences = settings_.audience;
    rules_.algorithms = algorithms_of(settings_);
    rules_.leeway = std::chrono::milliseconds(settings_.leeway_ms);
    rules_.lifetime_max = std::chrono::milliseconds(settings_.token_lifetime_max_ms);
    return {};
  }

  MadePolicy make(const PolicyParts& parts, const MadePolicy& running) {
    auto policy = std::make_shared<auth::Policy>(without_keys());
    if (fetch::is_url(settings_.jwks)) {
      fetch_from(settings_.jwks, parts, running);
      policy->verify = [fetched = made_.fetched](std::string_view token, UnixMillis now) {
        return fetched->verify(token, now);
      };
    } else {
      std::vector<auth::IssuerRules> issuers;
      issuers.push_back(std::move(rules_));
      policy->verify = [verifier = std::make_shared<const auth::Verifier>(std::move(issuers))](
                           std::string_view token, UnixMillis now) { return verifier->verify(token, now); };
    }
    made_.policy = std::move(policy);
    return std::move(made_);
  }

 private:
  std::expected<void, std::string> add(auth::Key key) {
    if (rules_.keys.size() >= auth::kKeysMax) return Problem("`auth` names more than 100 keys");
    rules_.keys.add(std::move(key));
    return {};
  }

  std::expected<void, std::string> add_secrets() {
    std::vector<std::string_view> secrets(settings_.previous_secrets.begin(), settings_.previous_secrets.end());
    if (!settings_.secret.empty()) secrets.insert(secrets.begin(), settings_.secret);
    for (const std::string_view secret : secrets) {
      auto key = auth::Key::of_secret(secret);
      SB_ASSERT(key);  // the table of settings knows how long one must be
      if (auto added = add(std::move(*key)); !added) return added;
    }
    return {};
  }

  std::expected<void, std::string> add_pem(const std::string& file) {
    const auto text = net::read_regular_file(file);
    if (!text) return Problem("`auth.keys`: " + file + ": " + text.error());
    auto key = auth::Key::of_pem(*text);
    if (!key) return Problem("`auth.keys`: " + file + " " + key.error());
    return add(std::move(*key));
  }

  std::expected<void, std::string> add_set(const std::string& file) {
    const auto text = net::read_regular_file(file);
    if (!text) return Problem("`auth.jwks`: " + file + ": " + text.error());
    auto set = auth::read_jwk_set(*text);
    if (!set) return Problem("`auth.jwks`: " + file + " " + set.error());
    for (const std::string& left_out : set->left_out)
      made_.warnings.push_back("`auth.jwks`: " + file + ": " + left_out + "; it is left out");
    for (auth::Key& key : set->keys)
      if (auto added = add(std::move(key)); !added) return added;
    return {};
  }

  void fetch_from(const std::string& url, const PolicyParts& parts, const MadePolicy& running) {
    made_.url = url;
    if (running.fetched && running.url == url) {
      made_.fetched = running.fetched;
      made_.rules = std::move(rules_);  // not before all else of the reload is known to be good
      return;
    }
    made_.fetched = std::make_shared<fetch::FetchedVerifier>(
        std::move(rules_), fetch::FetchedVerifierSettings{.url = url, .schedule = {}, .get = {}}, parts.clock,
        parts.log);
  }

  auth::Policy without_keys() const {
    auth::Policy policy;
    policy.users = grants_of(settings_.permissions);
    policy.anonymous = settings_.anonymous;
    policy.anonymous_grants = grants_of(settings_.anonymous_permissions);
    policy.timeout = std::chrono::milliseconds(settings_.timeout_ms);
    policy.renew_margin = std::chrono::milliseconds(settings_.renew_margin_ms);
    policy.leeway = std::chrono::milliseconds(settings_.leeway_ms);
    policy.cookie = settings_.cookie;
    policy.query = settings_.query;
    return policy;
  }

  static auth::Grants grants_of(std::string_view json) {
    auto grants = auth::Grants::parse(json);
    SB_ASSERT(grants);  // the table of settings has looked
    return std::move(*grants);
  }

  const config::AuthSettings& settings_;
  auth::IssuerRules rules_;
  MadePolicy made_;
};

}  // namespace

std::expected<MadePolicy, std::string> make_policy(const config::AuthSettings& settings, const PolicyParts& parts,
                                                   const MadePolicy& running) {
  if (!settings.is_on()) return MadePolicy{};
  PolicyMaker maker(settings);
  if (auto read = maker.read(); !read) return Problem(read.error());
  return maker.make(parts, running);
}

std::string problem_with_keys(const config::AuthSettings& settings) {
  const auto read = PolicyMaker(settings).read();
  return read ? "" : read.error();
}

}  // namespace switchboard::server
