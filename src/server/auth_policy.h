// Makes what sessions ask of [auth]: reads the keys that it names. For the start, and for a reload.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "auth/policy.h"
#include "config/auth_settings.h"

namespace switchboard::server {

struct MadePolicy {
  std::shared_ptr<const auth::Policy> policy;  // null: there is no authentication
  std::vector<std::string> warnings;           // keys of a set that were left out
};

/// Reads files. The error is a sentence for the operator, with the file's name.
std::expected<MadePolicy, std::string> make_policy(const config::AuthSettings& settings);

}  // namespace switchboard::server
