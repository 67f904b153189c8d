// What a token says of a connection, for as long as it is good.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "auth/grants.h"
#include "auth/revocations.h"
#include "base/time.h"

namespace switchboard::session {

struct Credentials {
  std::shared_ptr<const auth::Grants> grants;  // never null
  Instant expires_at;                          // kNever: it does not end
  Instant ends_at;                             // when the connection does: a little later, for clocks that differ
  std::uint64_t token_id_hash = 0;             // see auth::hash_of_token_id
  std::optional<UnixMillis> issued_at;
  bool is_renewal_told = false;  // that it ends soon
};

}  // namespace switchboard::session
