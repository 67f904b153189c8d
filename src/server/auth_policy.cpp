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
auth::AlgorithmSet algorithms_of(const config::IssuerSettings& settings) {
  auth::AlgorithmSet set;
  for (const std::string& name : settings.algorithms)
    set.add(*auth::algorithm_of(name));
  if (!set.empty()) return set;
  return auth::AlgorithmSet::all().without({auth::Algorithm::kHs384, auth::Algorithm::kHs512});
}

/// Reads the keys of one issuer, as far as they lie in files.
class IssuerReader {
 public:
  /// `warnings`: where it is told which keys of a set were left out.
  IssuerReader(const config::IssuerSettings& settings, std::vector<std::string>& warnings)
      : settings_(settings),
        section_(settings.name.empty() ? "auth" : "issuers." + settings.name),
        warnings_(warnings) {}

  std::expected<fetch::FetchedIssuer, std::string> read() {
    if (auto added = add_secrets(); !added) return Problem(added.error());
    for (const std::string& file : settings_.keys)
      if (auto added = add_pem(file); !added) return Problem(added.error());
    const bool is_fetched = fetch::is_url(settings_.jwks);
    if (!settings_.jwks.empty() && !is_fetched)
      if (auto added = add_set(settings_.jwks); !added) return Problem(added.error());
    rules_.issuer = settings_.issuer;
    rules_.audiences = settings_.audience;
    rules_.algorithms = algorithms_of(settings_);
    rules_.leeway = std::chrono::milliseconds(settings_.leeway_ms);
    return fetch::FetchedIssuer{.rules = std::move(rules_), .url = is_fetched ? settings_.jwks : ""};
  }

 private:
  using Added = std::expected<void, std::string>;

  Added add(auth::Key key) {
    if (rules_.keys.size() >= auth::kKeysMax) return Problem("`" + section_ + "` names more than 100 keys");
    rules_.keys.add(std::move(key));
    return {};
  }

  Added add_secrets() {
    std::vector<std::string_view> secrets(settings_.previous_secrets.begin(), settings_.previous_secrets.end());
    if (!settings_.secret.empty()) secrets.insert(secrets.begin(), settings_.secret);
    for (const std::string_view secret : secrets) {
      auto key = auth::Key::of_secret(secret);
      SB_ASSERT(key);  // the table of settings knows how long one must be
      if (auto added = add(std::move(*key)); !added) return added;
    }
    return {};
  }

  Added add_pem(const std::string& file) {
    const auto text = net::read_regular_file(file);
    if (!text) return Problem(shown("keys") + ": " + file + ": " + text.error());
    auto key = auth::Key::of_pem(*text);
    if (!key) return Problem(shown("keys") + ": " + file + " " + key.error());
    return add(std::move(*key));
  }

  Added add_set(const std::string& file) {
    const auto text = net::read_regular_file(file);
    if (!text) return Problem(shown("jwks") + ": " + file + ": " + text.error());
    auto set = auth::read_jwk_set(*text);
    if (!set) return Problem(shown("jwks") + ": " + file + " " + set.error());
    for (const std::string& left_out : set->left_out)
      warnings_.push_back(shown("jwks") + ": " + file + ": " + left_out + "; it is left out");
    for (auth::Key& key : set->keys)
      if (auto added = add(std::move(key)); !added) return added;
    return {};
  }

  std::string shown(std::string_view key) const { return "`" + section_ + "." + std::string(key) + "`"; }

  const config::IssuerSettings& settings_;
  const std::string section_;
  std::vector<std::string>& warnings_;
  auth::IssuerRules rules_;
};

class PolicyMaker {
 public:
  explicit PolicyMaker(const config::AuthSettings& settings) : settings_(settings) {}

  /// Reads all that lies in files.
  std::expected<void, std::string> read() {
    std::vector<config::IssuerSettings> all = settings_.issuers;
    if (settings_.own.has_keys()) all.push_back(settings_.own);
    for (const config::IssuerSettings& one : all) {
      auto issuer = IssuerReader(one, made_.warnings).read();
      if (!issuer) return Problem(issuer.error());
      issuer->rules.lifetime_max = std::chrono::milliseconds(settings_.token_lifetime_max_ms);
      issuers_.push_back(std::move(*issuer));
    }
    return {};
  }

  MadePolicy make(const PolicyParts& parts, const MadePolicy& running) {
    if (running.verifier) {
      made_.verifier = running.verifier;
      made_.issuers = std::move(issuers_);  // not before all else of the reload is known to be good
    } else {
      made_.verifier =
          std::make_shared<fetch::FetchedVerifier>(std::move(issuers_), fetch::FetchSettings(), parts.clock, parts.log);
    }
    auto policy = std::make_shared<auth::Policy>(without_keys());
    policy->verify = [verifier = made_.verifier](std::string_view token, UnixMillis now) {
      return verifier->verify(token, now);
    };
    made_.policy = std::move(policy);
    return std::move(made_);
  }

 private:
  auth::Policy without_keys() const {
    auth::Policy policy;
    policy.users = grants_of(settings_.permissions);
    policy.anonymous = settings_.anonymous;
    policy.anonymous_grants = grants_of(settings_.anonymous_permissions);
    policy.timeout = std::chrono::milliseconds(settings_.timeout_ms);
    policy.renew_margin = std::chrono::milliseconds(settings_.renew_margin_ms);
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
  std::vector<fetch::FetchedIssuer> issuers_;
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
