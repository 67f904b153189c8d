#include "config/settings_table.h"

#include "config/setting_groups.h"

namespace switchboard::config {
namespace {

std::vector<Setting> build_table() {
  std::vector<Setting> out;
  add_server(out);
  add_listeners(out);
  add_limits(out);
  add_rates(out);
  add_operation_rates(out);
  add_user_rates(out);
  add_heartbeat(out);
  add_delivery(out);
  add_compression(out);
  add_tls(out);
  add_auth(out);
  add_issuers(out);
  add_api(out);
  add_hooks(out);
  add_webhooks(out);
  add_api_rates(out);
  add_log(out);
  add_rooms(out);
  add_room_rates(out);
  add_history(out);
  add_direct(out);
  return out;
}

}  // namespace

std::span<const SettingSection> setting_sections() {
  static constexpr SettingSection kSections[] = {
      {"server", "The process."},
      {"listeners",
       "More places to listen, each with its own settings: [listeners.NAME], the name being one of your own. What such "
       "a "
       "section leaves out is as in [server] and [limits]."},
      {"limits", "What clients may ask of it."},
      {"heartbeat", "How dead and stuck connections are found."},
      {"delivery", "How messages leave. The defaults are measured; change them with a benchmark at hand."},
      {"compression",
       "permessage-deflate (RFC 7692), when a client offers it. A message is compressed once for all who "
       "take it so."},
      {"tls", "For listeners whose address begins with wss://, and those with tls = true."},
      {"auth",
       "Who is let in: tokens (JWT) of one's own back end. Without a secret, keys or jwks everybody is who they say, "
       "and "
       "may do everything. With one of them nobody may do anything but what a token, `permissions` or the rooms' "
       "`allow` "
       "say."},
      {"issuers",
       "More who make tokens, besides the one of [auth], each with keys of its own: [issuers.NAME], the name being one "
       "of your own. A token's `iss` says whose it is, and only that one's keys count. What such a section leaves out "
       "is as by default, not as in [auth]; everything else that [auth] says is for all."},
      {"api", "The HTTP API for back ends: see API.md."},
      {"hooks",
       "A back end that is asked before clients are obeyed: see HOOKS.md. About which rooms, these say (`hook_join`, "
       "`hook_publish`)."},
      {"webhooks",
       "Back ends that are told what happens: [[webhooks]], once for each, up to 32; see WEBHOOKS.md. `name` says what "
       "it is "
       "called in the log and by `switchboard webhooks`; without one it is its place, \"1\", \"2\", ..."},
      {"log", "What is written to standard error. Never a message's content."},
      {"rooms",
       "Rooms, by namespace: the part of a room's id before the first ':'. [rooms.default] is for every room without a "
       "section of its own; [rooms.chat] is for chat:1, chat:2, ... and takes from [rooms.default] what it leaves "
       "out; [rooms.\"@\"] is for users' own rooms, where direct messages are kept."},
      {"history",
       "Where the rooms' messages are kept. What of each room, and for how long, is said by the rooms' own settings."},
      {"direct", "Direct messages: from user to user, whatever rooms they are in."},
  };
  return kSections;
}

std::span<const Setting> settings_table() {
  static const std::vector<Setting> kTable = build_table();
  return kTable;
}

std::string example_heading(std::string_view section) {
  if (!is_named_section(section)) return std::string(section);
  if (section == "webhooks") return "[webhooks]";  // which comes several times
  return std::string(section) + (section == "rooms" ? "." + std::string(kDefaultNamespace) : ".NAME");
}

const Setting* find_setting(std::string_view section, std::string_view key) {
  for (const Setting& setting : settings_table()) {
    if (setting.section == section && setting.key == key) return &setting;
  }
  return nullptr;
}

}  // namespace switchboard::config
