// Makes what sessions ask of [auth] and [issuers.NAME]: reads the keys that it names. For the start, and for a reload.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/policy.h"
#include "base/time.h"
#include "config/auth_settings.h"
#include "fetch/fetched_verifier.h"
#include "log/log.h"

namespace switchboard::server {

struct MadePolicy {
  std::shared_ptr<const auth::Policy> policy;  // null: there is no authentication
  std::vector<std::string> warnings;           // keys of a set that were left out
  /// Who judges tokens, and has keys fetched. It goes with the last policy that holds it.
  std::shared_ptr<fetch::FetchedVerifier> verifier;
  std::optional<std::vector<fetch::FetchedIssuer>>
      issuers;  // for `verifier`, if that was there: to be used from now on
};

/// What it takes to fetch keys. Both must outlive the policy.
struct PolicyParts {
  const Clock& clock;
  log::Log& log;
};

/// Reads files, and has keys fetched from then on, on threads of their own. `running`: what was made before; its
/// fetched keys stay in force when they are still to come from there. The error is a sentence for the operator, with
/// the file's name.
std::expected<MadePolicy, std::string> make_policy(const config::AuthSettings& settings, const PolicyParts& parts,
                                                   const MadePolicy& running = {});

/// The same without fetching anything: "" or what is wrong.
std::string problem_with_keys(const config::AuthSettings& settings);

}  // namespace switchboard::server
