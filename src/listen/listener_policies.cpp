#include "listen/listener_policies.h"

#include "base/assert.h"

namespace switchboard::listen {

std::vector<session::ListenerPolicy> policies_of(const std::vector<config::ListenerSettings>& listeners) {
  std::vector<session::ListenerPolicy> policies;
  for (const config::ListenerSettings& listener : listeners) {
    session::ListenerPolicy policy{.origins = listener.origins_allowed,
                                   .hosts = listener.hosts,
                                   .paths = listener.paths,
                                   .trusted_proxies = {},
                                   .demo = listener.demo,
                                   .name = std::string(config::shown_name(listener))};
    for (const std::string& proxy : listener.trusted_proxies) {
      const bool is_added = policy.trusted_proxies.add(proxy).has_value();
      SB_ASSERT(is_added);
    }
    policies.push_back(std::move(policy));
  }
  if (policies.empty()) policies.emplace_back();
  return policies;
}

}  // namespace switchboard::listen
