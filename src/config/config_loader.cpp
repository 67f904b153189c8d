#include "config/config_loader.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "api/keys.h"
#include "config/config_values.h"
#include "config/environment_source.h"
#include "config/flag_source.h"
#include "config/settings_table.h"
#include "config/toml_source.h"

namespace switchboard::config {
namespace {

void append(SourceReading& all, SourceReading next) {
  std::ranges::move(next.assignments, std::back_inserter(all.assignments));
  std::ranges::move(next.headings, std::back_inserter(all.headings));
  std::ranges::move(next.problems, std::back_inserter(all.problems));
}

/// Every name of a section that is in a heading or in an assignment, without "default".
std::set<std::string> names_in(const SourceReading& reading, std::string_view section) {
  std::set<std::string> names;
  for (const SectionHeading& heading : reading.headings) {
    if (heading.section == section) names.insert(heading.name);
  }
  for (const SettingAssignment& assignment : reading.assignments) {
    if (assignment.address.setting->section == section) names.insert(assignment.address.name);
  }
  if (section == "rooms") names.erase(std::string(kDefaultNamespace));
  return names;
}

bool is_assigned(const SourceReading& reading, std::string_view name) {
  return std::ranges::any_of(reading.assignments, [&](const SettingAssignment& assignment) {
    return assignment.address.setting->name() == name;
  });
}

/// The assignments are in order of precedence. A namespace starts from the finished [rooms.default], a listener from
/// the finished settings of the process, whichever source those came from.
Config assemble(const SourceReading& reading) {
  Config config;
  room::RoomSettings rooms;
  ListenerSettings no_listener;
  IssuerSettings no_issuer;
  for (const auto& [address, value, where] : reading.assignments) {
    const bool is_default = address.setting->section == "rooms" && address.name == kDefaultNamespace;
    if (!address.setting->is_named() || is_default)
      address.setting->write({config, rooms, no_listener, no_issuer}, value);
  }
  const auto assign = [&](std::string_view section, const std::string& name, const SettingTarget& target) {
    for (const auto& [address, value, where] : reading.assignments) {
      if (address.setting->section == section && address.name == name) address.setting->write(target, value);
    }
  };
  config.shard.rooms = room::RoomSettingsTable(rooms);
  for (const std::string& name : names_in(reading, "rooms")) {
    room::RoomSettings settings = rooms;
    assign("rooms", name, {config, settings, no_listener, no_issuer});
    config.shard.rooms.set(name, settings);
  }
  for (const std::string& name : names_in(reading, "listeners")) {
    ListenerSettings settings = config.listener_defaults;
    settings.name = name;
    assign("listeners", name, {config, rooms, settings, no_issuer});
    config.listeners.push_back(std::move(settings));
  }
  for (const std::string& name : names_in(reading, "webhooks")) {
    webhook::EndpointSettings settings;
    settings.name = name;
    assign("webhooks", name, {config, rooms, no_listener, no_issuer, &settings});
    config.webhooks.push_back(std::move(settings));
  }
  for (const std::string& name : names_in(reading, "issuers")) {
    IssuerSettings settings{.name = name};
    assign("issuers", name, {config, rooms, no_listener, settings});
    config.auth.issuers.push_back(std::move(settings));
  }
  // Whoever wants nothing to last need not say it twice.
  if (config.data.empty() && !is_assigned(reading, "history.backend")) config.history.backend = HistoryBackend::kMemory;
  // Whoever describes listeners wants those, and no other on a port that is open to all.
  if (!config.listeners.empty() && !is_assigned(reading, "server.listen")) config.listen.clear();
  add_listen_entries(config);
  return config;
}

/// Where a setting of the process was made; only asked for those that are not as they are by default.
std::string place_of(const SourceReading& reading, std::string_view name) {
  std::string where;
  for (const SettingAssignment& assignment : reading.assignments) {
    if (assignment.address.setting->name() == name) where = assignment.where;
  }
  return where;
}

/// What the rooms ask of the store, and it cannot give.
std::vector<ConfigProblem> problems_of_history(const Config& config, const SourceReading& reading) {
  if (config.history.backend == HistoryBackend::kSqlite) {
    if (!config.data.empty() || !config.has_store()) return {};
    return {{place_of(reading, "history.backend"),
             "`history.backend` is \"sqlite\", but there is no directory for its file: `server.data` is empty"}};
  }
  std::vector<ConfigProblem> problems;
  for (const auto& [address, value, where] : reading.assignments) {
    if (address.setting->name() != "rooms.durability" || value != SettingValue(std::string("power"))) continue;
    if (value_of(config, address) != value) continue;  // another source has the last word
    problems.push_back({where, "`" + key_of(address) +
                                   "` is \"power\", but messages are kept in memory: `history.backend` is \"memory\""});
  }
  return problems;
}

/// Where a setting was made last.
std::string place_of_setting(const SourceReading& reading, std::string_view name) {
  std::string where;
  for (const auto& [address, value, at] : reading.assignments) {
    if (address.setting->name() == name) where = at;
  }
  return where;
}

std::vector<ConfigProblem> problems_of_api(const Config& config, const SourceReading& reading) {
  if (const auto keys = api::Keys::parse(config.api.keys); !keys) {
    return {{place_of_setting(reading, "api.keys"), "`api.keys`: " + keys.error()}};
  }
  if (config.api.listen.empty() || !config.api.keys.empty()) return {};
  return {{place_of_setting(reading, "api.listen"),
           "`api.listen` says where the API is, and `api.keys` has no key: nobody "
           "could use it"}};
}

std::vector<ConfigProblem> problems_of_auth(const Config& config, const SourceReading& reading) {
  std::vector<ConfigProblem> problems;
  const auto add = [&](std::string_view setting, const std::string& message) {
    problems.push_back({place_of_setting(reading, setting), message});
  };
  const AuthSettings& auth = config.auth;
  if (!auth.own.has_keys()) {
    // Whoever has moved what is said of an issuer to a section of its own may have left some of it behind.
    const IssuerSettings& own = auth.own;
    const std::pair<std::string_view, bool> useless[] = {{"auth.previous_secrets", !own.previous_secrets.empty()},
                                                         {"auth.algorithms", auth.is_on() && !own.algorithms.empty()},
                                                         {"auth.issuer", auth.is_on() && !own.issuer.empty()},
                                                         {"auth.audience", auth.is_on() && !own.audience.empty()}};
    for (const auto& [setting, is_set] : useless) {
      if (is_set)
        add(setting, "`" + std::string(setting) + "` says nothing without `auth.secret`, `auth.keys` or `auth.jwks`");
    }
  }
  if (!auth.is_on()) {
    const std::pair<std::string_view, bool> useless[] = {{"auth.cookie", !auth.cookie.empty()},
                                                         {"auth.query", !auth.query.empty()},
                                                         {"auth.permissions", !auth.permissions.empty()},
                                                         {"auth.anonymous", auth.anonymous}};
    for (const auto& [setting, is_set] : useless) {
      if (!is_set) continue;
      add(setting, "`" + std::string(setting) +
                       "` says nothing without `auth.secret`, `auth.keys`, `auth.jwks` or a "
                       "section [issuers.NAME]: there is no authentication");
    }
    return problems;
  }
  if (!auth.anonymous && !auth.anonymous_permissions.empty()) {
    add("auth.anonymous_permissions", "`auth.anonymous_permissions` says nothing while `auth.anonymous` is false");
  }
  if (!auth.cookie.empty()) {
    // Any page that a browser shows could connect as the browser's user.
    for (const ListenerSettings& listener : config.listeners) {
      if (std::ranges::find(listener.origins_allowed, "*") == listener.origins_allowed.end()) continue;
      add("auth.cookie", "`auth.cookie` needs `origins_allowed` to name the pages that may connect, and " +
                             std::string(shown_name(listener)) + " lets any page");
    }
  }
  return problems;
}

/// Questions that nobody could be asked.
std::vector<ConfigProblem> problems_of_hooks(const Config& config, const SourceReading& reading) {
  std::vector<ConfigProblem> problems;
  if (!config.hooks.url.empty()) {
    if (config.hooks.secret.empty()) {
      problems.push_back({place_of_setting(reading, "hooks.url"),
                          "`hooks.url` is set, and `hooks.secret` is not: the back end knows by it who asks"});
    }
    return problems;
  }
  for (const auto& [address, value, where] : reading.assignments) {
    const std::string name = address.setting->name();
    const bool is_question =
        name == "hooks.connect" || name == "hooks.direct" || name == "rooms.hook_join" || name == "rooms.hook_publish";
    if (!is_question || value != SettingValue(true) || value_of(config, address) != value) continue;
    problems.push_back({where, "`" + key_of(address) + "` asks nobody: `hooks.url` is empty"});
  }
  return problems;
}

/// Where a setting of a section with a name was made, else where the section begins.
std::string place_of(const SourceReading& reading, std::string_view section, const std::string& name,
                     std::string_view key) {
  std::string where;
  for (const SectionHeading& heading : reading.headings) {
    if (heading.section == section && heading.name == name) where = heading.where;
  }
  for (const SettingAssignment& assignment : reading.assignments) {
    const SettingAddress& address = assignment.address;
    if (address.setting->section != section || address.name != name) continue;
    if (where.empty() || address.setting->key == key) where = assignment.where;
  }
  return where;
}

std::vector<ConfigProblem> problems_of_webhooks(const Config& config, const SourceReading& reading) {
  std::vector<ConfigProblem> problems;
  for (const webhook::EndpointSettings& settings : config.webhooks) {
    const std::string problem = webhook::problem_with(settings);
    if (problem.empty()) continue;
    problems.push_back(
        {place_of(reading, "webhooks", settings.name, "url"), "webhook `" + settings.name + "` " + problem});
  }
  if (config.webhooks.size() > webhook::kEndpointsMax) {
    problems.push_back({place_of(reading, "webhooks", config.webhooks.back().name, ""),
                        "there are more than " + std::to_string(webhook::kEndpointsMax) + " webhooks"});
  }
  return problems;
}

/// What no single setting shows.
std::vector<ConfigProblem> problems_of_listeners(const Config& config, const SourceReading& reading) {
  std::vector<ConfigProblem> problems;
  const auto is_for_clients = [](const ListenerSettings& listener) { return listener.serves == Serves::kClients; };
  if (std::ranges::none_of(config.listeners, is_for_clients))
    problems.push_back(
        {place_of(reading, "server.listen"), "`server.listen` is empty, and there is no section [listeners.NAME]"});
  for (const ListenerSettings& listener : config.listeners) {
    const std::string heading = "[listeners." + listener.name + "]";
    if (listener.address.empty()) {
      problems.push_back({place_of(reading, "listeners", listener.name, "address"), heading + " has no `address`"});
    }
    if (listener.proxy_protocol != ProxyProtocol::kOff && listener.trusted_proxies.empty()) {
      const bool is_named = !listener.name.empty();
      problems.push_back({is_named ? place_of(reading, "listeners", listener.name, "proxy_protocol")
                                   : place_of(reading, "server.proxy_protocol"),
                          (is_named ? heading : "`server.listen`") +
                              " requires the PROXY protocol, but nobody is trusted to speak it: set "
                              "`trusted_proxies`"});
      if (!is_named) break;  // it is one setting for all entries
    }
  }
  return problems;
}

/// What one of [issuers.NAME] lacks, or has in common with another.
std::vector<ConfigProblem> problems_of_issuers(const Config& config, const SourceReading& reading) {
  std::vector<ConfigProblem> problems;
  const std::vector<IssuerSettings>& issuers = config.auth.issuers;
  const auto add = [&](const IssuerSettings& issuer, std::string_view key, const std::string& message) {
    problems.push_back({place_of(reading, "issuers", issuer.name, key), "[issuers." + issuer.name + "] " + message});
  };
  std::map<std::string_view, std::string> taken;  // by `issuer`: whose it is
  const IssuerSettings& own = config.auth.own;
  if (own.has_keys() && !own.issuer.empty()) taken.emplace(own.issuer, "[auth]");
  for (const IssuerSettings& issuer : issuers) {
    if (issuer.issuer.empty()) {
      add(issuer, "issuer", "has no `issuer`: what the `iss` of its tokens is");
    } else if (const auto [other, is_first] = taken.emplace(issuer.issuer, "[issuers." + issuer.name + "]");
               !is_first) {
      add(issuer, "issuer", "has the same `issuer` as " + other->second);
    }
    if (!issuer.has_keys())
      add(issuer, "", "has neither `secret` nor `keys` nor `jwks`: no token of its could be good");
  }
  if (issuers.size() > kIssuersMax) {
    add(issuers[kIssuersMax], "", "is one too many: there may be " + std::to_string(kIssuersMax) + " of them");
  }
  return problems;
}

}  // namespace

std::expected<Config, std::vector<ConfigProblem>> load_config(const ConfigSources& sources) {
  SourceReading all;
  if (sources.file) append(all, read_toml_file(*sources.file));
  append(all, read_environment(sources.environment));
  append(all, read_flags(sources.flags));
  if (!all.problems.empty()) return std::unexpected(std::move(all.problems));
  Config config = assemble(all);
  std::vector<ConfigProblem> problems = problems_of_listeners(config, all);
  std::ranges::move(problems_of_history(config, all), std::back_inserter(problems));
  std::ranges::move(problems_of_auth(config, all), std::back_inserter(problems));
  std::ranges::move(problems_of_issuers(config, all), std::back_inserter(problems));
  std::ranges::move(problems_of_api(config, all), std::back_inserter(problems));
  std::ranges::move(problems_of_hooks(config, all), std::back_inserter(problems));
  std::ranges::move(problems_of_webhooks(config, all), std::back_inserter(problems));
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return config;
}

}  // namespace switchboard::config
