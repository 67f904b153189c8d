#include "config/platform_variables.h"

#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "config/config_loader.h"
#include "config/setting_lookup.h"
#include "config/settings_table.h"

namespace switchboard::config {
namespace {

using Environment = std::vector<std::pair<std::string, std::string>>;

std::vector<std::string> problems_of(const Environment& environment) {
  const auto config = load_config({{}, environment, {}});
  std::vector<std::string> texts;
  if (config) return texts;
  for (const ConfigProblem& problem : config.error())
    texts.push_back(problem.text());
  return texts;
}

/// What Kubernetes puts into every container of a namespace for one port of a Service whose name gives `prefix`.
Environment of_service(const std::string& prefix, const std::string& address, const std::string& port,
                       const std::string& protocol = "TCP", const std::string& scheme = "tcp") {
  const std::string endpoint = scheme + "://" + address + ":" + port;
  const std::string of_port = prefix + "_PORT_" + port + "_" + protocol;
  return {{prefix + "_SERVICE_HOST", address},
          {prefix + "_SERVICE_PORT", port},
          {prefix + "_SERVICE_PORT_WS", port},
          {prefix + "_PORT", endpoint},
          {of_port, endpoint},
          {of_port + "_PROTO", scheme},
          {of_port + "_PORT", port},
          {of_port + "_ADDR", address}};
}

TEST(PlatformVariables, OfAServiceCalledLikeUsNeverStopTheStart) {
  EXPECT_EQ(problems_of(of_service("SWITCHBOARD", "10.0.0.1", "8080")), std::vector<std::string>());
}

TEST(PlatformVariables, NorDoThoseOfServicesWhoseNamesBeginWithOurs) {
  for (const auto& setting : settings_table()) {
    std::string section(setting.section);
    for (char& c : section)
      c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(problems_of(of_service("SWITCHBOARD_" + section, "10.0.0.1", "80")), std::vector<std::string>())
        << section;
  }
  for (const char* name : {"REDIS", "OPS_2", "PORT", "SERVICE", "SERVICE_PORT", "CONFIG", "1"}) {
    EXPECT_EQ(problems_of(of_service(std::string("SWITCHBOARD_") + name, "fd00::1", "6379")),
              std::vector<std::string>())
        << name;
  }
}

TEST(PlatformVariables, OfOtherProtocolsAndNamedPortsAreKnown) {
  EXPECT_EQ(problems_of(of_service("SWITCHBOARD", "10.0.0.1", "53", "UDP", "udp")), std::vector<std::string>());
  EXPECT_EQ(problems_of(of_service("SWITCHBOARD", "10.0.0.1", "9", "SCTP", "sctp")), std::vector<std::string>());
  EXPECT_EQ(problems_of({{"SWITCHBOARD_PORT", "tcp://[fd00::1]:8080"},
                         {"SWITCHBOARD_SERVICE_PORT_HTTP_METRICS", "8081"},
                         {"SWITCHBOARD_SERVICE_PORT_8081_ALT", "8081"}}),
            std::vector<std::string>());
}

TEST(PlatformVariables, OfDockersLinksAreKnown) {
  EXPECT_EQ(problems_of({{"SWITCHBOARD_NAME", "/web/switchboard"},
                         {"SWITCHBOARD_ENV_PATH", "/bin"},
                         {"SWITCHBOARD_PORT_8080_TCP_START", "tcp://172.17.0.2:8080"},
                         {"SWITCHBOARD_PORT_8080_TCP_PORT_END", "8090"}}),
            std::vector<std::string>());
}

TEST(PlatformVariables, WhatSomebodyMayHaveMeantForUsIsStillRefused) {
  for (const auto& [name, value] : Environment{{"SWITCHBOARD_HEARTBEAT_PING_INTERVALL_MS", "1000"},
                                               {"SWITCHBOARD_PORT", "8080"},
                                               {"SWITCHBOARD_PORT", ""},
                                               {"SWITCHBOARD_PORTS", "tcp://10.0.0.1:80"},
                                               {"SWITCHBOARD_HOST", "10.0.0.1"},
                                               {"SWITCHBOARD_SERVER_LISTENS", ":8080"},
                                               {"SWITCHBOARD_SERVICE_HOSTS", "10.0.0.1"},
                                               {"SWITCHBOARD_SERVICE_PORT_", "80"},
                                               {"SWITCHBOARD_MYSERVICE_HOST", "10.0.0.1"},
                                               {"SWITCHBOARD_PORT_TCP", "80"},
                                               {"SWITCHBOARD_PORT_8080", "80"},
                                               {"SWITCHBOARD_PORT_8080_HTTP", "80"},
                                               {"SWITCHBOARD_PORT_8080_TCP_X", "80"},
                                               {"SWITCHBOARD_PORT_8080X_TCP", "80"},
                                               {"SWITCHBOARD_NAME", "chat"},
                                               {"SWITCHBOARD_", "1"}}) {
    const auto problems = problems_of({{name, value}});
    ASSERT_EQ(problems.size(), 1u) << name << "=" << value;
    EXPECT_TRUE(problems[0].starts_with(name + ": unknown variable `" + name + "`")) << problems[0];
  }
}

TEST(PlatformVariables, NoSettingOfOursLooksLikeOne) {
  for (const Setting& setting : settings_table()) {
    for (const char* name : {"default", "a", "service", "port_1_tcp"}) {
      const std::string variable = environment_name({&setting, setting.is_named() ? name : ""});
      EXPECT_FALSE(is_platform_variable(variable, "tcp://10.0.0.1:80")) << variable;
    }
  }
}

}  // namespace
}  // namespace switchboard::config
