// Makes the shards' TLS contexts from settings, again on every reload, with ticket keys that stay the same. The main
// thread's.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "net/tls_context.h"

namespace switchboard::listen {

using TlsContexts = std::vector<std::shared_ptr<net::TlsContext>>;

class TlsContextMaker {
 public:
  explicit TlsContextMaker(const Clock& clock) : clock_(clock) {}

  /// One for each shard; none when no listener wants TLS. Reads files. The error is a sentence for the operator.
  std::expected<TlsContexts, std::string> make(const config::Config& config);

 private:
  const Clock& clock_;
  std::optional<net::TlsTicketKeys> keys_;  // from the first use on
};

/// What is wrong with the files that [tls] names, whether or not a listener uses them; "" if nothing is.
std::string problem_with_tls(const config::Config& config);

}  // namespace switchboard::listen
