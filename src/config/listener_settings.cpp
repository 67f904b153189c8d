#include "config/listener_settings.h"

namespace switchboard::config {

ListenerSettings listener_of_entry(std::string_view entry, const ListenerSettings& defaults) {
  ListenerSettings listener = defaults;
  listener.name.clear();
  listener.tls = entry.starts_with("wss://");
  if (listener.tls) {
    entry.remove_prefix(6);
  } else if (entry.starts_with("ws://")) {
    entry.remove_prefix(5);
  }
  listener.address = entry;
  return listener;
}

ListenerSettings api_listener_of(std::string_view entry) {
  ListenerSettings listener{.serves = Serves::kApi, .origins_allowed = {}, .demo = false};
  listener.tls = entry.starts_with("https://");
  if (const std::size_t scheme = entry.find("://"); scheme != std::string_view::npos) entry.remove_prefix(scheme + 3);
  listener.address = entry;
  return listener;
}

std::string_view shown_name(const ListenerSettings& listener) {
  return listener.name.empty() ? std::string_view(listener.address) : std::string_view(listener.name);
}

}  // namespace switchboard::config
