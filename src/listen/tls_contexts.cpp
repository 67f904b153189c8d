#include "listen/tls_contexts.h"

#include <algorithm>

namespace switchboard::listen {
namespace {

bool has_tls_listener(const config::Config& config) {
  return std::ranges::any_of(config.listeners, &config::ListenerSettings::tls);
}

}  // namespace

std::expected<TlsContexts, std::string> TlsContextMaker::make(const config::Config& config) {
  TlsContexts contexts;
  if (!has_tls_listener(config)) return contexts;
  if (!keys_) keys_ = net::TlsTicketKeys::random(clock_.now());
  for (std::uint32_t shard = 0; shard < config.shards; ++shard) {
    auto context = net::TlsContext::create(config.tls, *keys_, clock_);
    if (!context) return std::unexpected(context.error());
    contexts.push_back(std::move(*context));
  }
  return contexts;
}

std::string problem_with_tls(const config::Config& config) {
  if (!has_tls_listener(config) && config.tls.certificates.empty()) return "";
  const SystemClock clock;
  const auto context = net::TlsContext::create(config.tls, net::TlsTicketKeys::random(clock.now()), clock);
  return context ? "" : context.error();
}

}  // namespace switchboard::listen
