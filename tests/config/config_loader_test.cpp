#include "config/config_loader.h"

#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>

namespace switchboard::config {
namespace {

/// A file in the test's own directory, gone at the end.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text)
      : path_(testing::TempDir() + "config_" + testing::UnitTest::GetInstance()->current_test_info()->name() +
              ".toml") {
    std::ofstream(path_) << text;
  }
  ~ConfigFile() { std::remove(path_.c_str()); }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Config loaded(const ConfigSources& sources) {
  auto config = load_config(sources);
  if (config) return *config;
  for (const auto& problem : config.error())
    ADD_FAILURE() << problem.text();
  return Config();
}

/// The problems as texts, without the directory of the file.
std::vector<std::string> problems_of(const ConfigSources& sources) {
  std::vector<std::string> out;
  const auto config = load_config(sources);
  if (config) return out;
  for (const auto& problem : config.error()) {
    std::string text = problem.text();
    if (sources.file && text.starts_with(*sources.file)) text = "f" + text.substr(sources.file->size());
    out.push_back(text);
  }
  return out;
}

std::vector<std::string> problems_of_text(const std::string& text) {
  const ConfigFile file(text);
  return problems_of({file.path(), {}, {}});
}

using Texts = std::vector<std::string>;

TEST(ConfigLoader, NoSourcesMeanTheDefaultsOfTheStructs) {
  const Config config = loaded({});
  const Config defaults;
  EXPECT_EQ(config.listen, defaults.listen);
  EXPECT_EQ(config.shard.session.ping_interval_ms, defaults.shard.session.ping_interval_ms);
  EXPECT_EQ(config.shard.rooms.defaults().backlog_bytes, room::RoomSettings{}.backlog_bytes);
}

TEST(ConfigLoader, FileOverridesDefaultsEnvironmentOverridesFileFlagsOverrideAll) {
  const ConfigFile file(
      "[limits]\nrooms_max = 1\nerrors_max = 1\nqueue_bytes_max = 5000\n"
      "[server]\nlisten = [\"127.0.0.1:1\"]\n");
  const Config config = loaded({file.path(),
                                {{"SWITCHBOARD_LIMITS_ERRORS_MAX", "2"},
                                 {"SWITCHBOARD_LIMITS_QUEUE_BYTES_MAX", "6000"},
                                 {"SWITCHBOARD_SERVER_LISTEN", "127.0.0.1:2, [::1]:2"}},
                                {{"limits.queue_bytes_max", "7000", "--set"}}});
  EXPECT_EQ(config.shard.rooms_max, 1u);
  EXPECT_EQ(config.shard.session.errors_max, 2u);
  EXPECT_EQ(config.shard.session.queue_bytes_max, 7000u);
  EXPECT_EQ(config.listen, (Texts{"127.0.0.1:2", "[::1]:2"}));
}

TEST(ConfigLoader, RepeatedListFlagsAddUpAndReplaceTheFile) {
  const ConfigFile file("[server]\nlisten = [\":1\"]\n");
  const Config config =
      loaded({file.path(), {}, {{"server.listen", ":2", "--listen"}, {"server.listen", ":3", "--listen"}}});
  EXPECT_EQ(config.listen, (Texts{":2", ":3"}));
}

TEST(ConfigLoader, EntriesToListenAreListenersWithTheSettingsOfTheProcess) {
  const Config config = loaded({{},
                                {{"SWITCHBOARD_SERVER_LISTEN", ":1, ws://:2, wss://[::1]:3, unix:/a/b, wss://fd:web"},
                                 {"SWITCHBOARD_SERVER_HOSTS", "a.example"}},
                                {}});
  ASSERT_EQ(config.listeners.size(), 5u);
  const char* addresses[] = {":1", ":2", "[::1]:3", "unix:/a/b", "fd:web"};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(config.listeners[i].name, "");
    EXPECT_EQ(config.listeners[i].address, addresses[i]);
    EXPECT_EQ(config.listeners[i].tls, i == 2 || i == 4);
    EXPECT_EQ(config.listeners[i].hosts, Texts{"a.example"});
  }
}

TEST(ConfigLoader, ASectionOfAListenerTakesFromTheProcessWhatItLeavesOut) {
  const ConfigFile file(
      "[listeners.b]\naddress = \":2\"\ntls = true\nhosts = []\nproxy_protocol = \"required\"\n"
      "[listeners.a]\naddress = \"unix:/a\"\norigins_allowed = []\nmode = \"0600\"\n"
      "[server]\nlisten = [\":1\"]\nhosts = [\"a.example\"]\ndemo = false\ntrusted_proxies = [\"10.0.0.0/8\"]\n"
      "[limits]\norigins_allowed = [\"https://a.example\"]\n");
  const Config config =
      loaded({file.path(), {{"SWITCHBOARD_LISTENERS_A_PATHS", "/a, /b"}}, {{"listeners.a.demo", "true", "--set"}}});
  ASSERT_EQ(config.listeners.size(), 3u);
  const ListenerSettings& entry = config.listeners[0];
  const ListenerSettings& a = config.listeners[1];
  const ListenerSettings& b = config.listeners[2];
  EXPECT_EQ(entry.address, ":1");
  EXPECT_EQ(a.name, "a");
  EXPECT_EQ(a.address, "unix:/a");
  EXPECT_EQ(a.hosts, Texts{"a.example"});
  EXPECT_EQ(a.origins_allowed, Texts{});
  EXPECT_EQ(a.paths, (Texts{"/a", "/b"}));
  EXPECT_EQ(a.mode, "0600");
  EXPECT_TRUE(a.demo);
  EXPECT_FALSE(a.tls);
  EXPECT_EQ(b.name, "b");
  EXPECT_TRUE(b.tls);
  EXPECT_EQ(b.hosts, Texts{});
  EXPECT_EQ(b.origins_allowed, Texts{"https://a.example"});
  EXPECT_EQ(b.proxy_protocol, ProxyProtocol::kRequired);
  EXPECT_EQ(b.trusted_proxies, Texts{"10.0.0.0/8"});
  EXPECT_FALSE(b.demo);
}

TEST(ConfigLoader, SectionsOfListenersStandAloneUnlessEntriesAreGiven) {
  const ConfigFile file("[listeners.a]\naddress = \"127.0.0.1:1\"\n");
  EXPECT_EQ(loaded({file.path(), {}, {}}).listen, Texts{}) << "no port that is open to all beside it";
  const Config both = loaded({file.path(), {}, {{"server.listen", ":2", "--listen"}}});
  EXPECT_EQ(both.listen, Texts{":2"});
  EXPECT_EQ(both.listeners.size(), 2u);
}

TEST(ConfigLoader, WhatOneListenerAloneCannotBeIsNamedWithItsLine) {
  EXPECT_EQ(problems_of_text("[listeners.a]\n\n[listeners.b]\ntls = true\n"
                             "[listeners.c]\naddress = \":1\"\nproxy_protocol = \"required\"\n"),
            (Texts{"f:1: [listeners.a] has no `address`", "f:3: [listeners.b] has no `address`",
                   "f:7: [listeners.c] requires the PROXY protocol, but nobody is trusted to speak it: set "
                   "`trusted_proxies`"}));
  EXPECT_EQ(problems_of_text("[server]\nlisten = []\n"),
            Texts{"f:2: `server.listen` is empty, and there is no section [listeners.NAME]"});
  EXPECT_EQ(problems_of_text("[server]\nproxy_protocol = \"required\"\n"),
            Texts{"f:2: `server.listen` requires the PROXY protocol, but nobody is trusted to speak "
                  "it: set `trusted_proxies`"});
}

TEST(ConfigLoader, KeysAndNamesOfListenersAreChecked) {
  EXPECT_EQ(
      problems_of_text("[listeners.a]\nadress = \":1\"\n[listeners]\ntls = true\n[listeners.A]\n"
                       "[listeners.b]\naddress = \"ws://:1\"\npaths = []\ntrusted_proxies = [\"proxy\"]\n"
                       "mode = \"888\"\nerrors_max = 1\n"),
      (Texts{"f:2: unknown key `listeners.a.adress`; did you mean `address`?",
             "f:4: unknown key `listeners.tls`; a listener's settings stand in [listeners.NAME]",
             "f:5: a listener's name has 1 to 64 lower-case letters, digits, '-' and '_'",
             "f:7: `listeners.b.address` is \"ws://:1\": is an address without a scheme; TLS is the setting `tls`",
             "f:8: `listeners.b.paths` is empty; it needs at least one entry",
             "f:9: `listeners.b.trusted_proxies` is \"proxy\": must be an address (192.0.2.1), a network "
             "(10.0.0.0/8, 2001:db8::/32) or \"unix\"",
             "f:10: `listeners.b.mode` is \"888\": must be three octal digits, as in \"0660\"",
             "f:11: unknown key `listeners.b.errors_max`; did you mean `limits.errors_max`?"}));
}

TEST(ConfigLoader, RoomsHaveTheirHistoryAndTheUsersOwnTheirSection) {
  const ConfigFile file(
      "[rooms.default]\nhistory_messages = 7\nhistory_bytes = 8192\n"
      "[rooms.chat]\nhistory_seconds = 60\ndurability = \"power\"\necho = false\n"
      "[rooms.cursors]\nhistory = false\npresence = false\npublish_from_outside = true\n"
      "[rooms.\"@\"]\nhistory_messages = 9\n");
  const room::RoomSettingsTable rooms = loaded({file.path(), {}, {}}).shard.rooms;
  EXPECT_EQ(rooms.of("chat:1").retention, (room::Retention{.messages = 7, .bytes = 8'192, .seconds = 60}));
  EXPECT_EQ(rooms.of("chat:1").durability, room::Durability::kPower);
  EXPECT_FALSE(rooms.of("chat:1").echo);
  EXPECT_FALSE(rooms.of("cursors:1").history);
  EXPECT_FALSE(rooms.of("cursors:1").presence);
  EXPECT_TRUE(rooms.of("cursors:1").publish_from_outside);
  EXPECT_EQ(rooms.of("@alice").retention, (room::Retention{.messages = 9, .bytes = 8'192}));
  EXPECT_EQ(rooms.of("@chat:1").retention.messages, 9u) << "a user's name has no namespace";
  EXPECT_EQ(problems_of_text("[rooms.\"@alice\"]\n"),
            Texts{"f:1: all users' own rooms have one section, [rooms.\"@\"]"});
  EXPECT_EQ(problems_of_text("[rooms.\"@\"]\npresence = true\n"),
            Texts{"f:2: `rooms.@.presence` is no setting of users' own rooms"});
}

TEST(ConfigLoader, MessagesAreKeptInAFileUnlessThereIsNoDirectoryForIt) {
  EXPECT_EQ(loaded({}).history.backend, HistoryBackend::kSqlite);
  EXPECT_TRUE(loaded({}).has_store());
  const ConfigSources nowhere{{}, {}, {{"server.data", "", "--data"}}};
  EXPECT_EQ(loaded(nowhere).history.backend, HistoryBackend::kMemory);
  EXPECT_FALSE(loaded(nowhere).has_store());
}

TEST(ConfigLoader, AStoreOnTheDiskWithoutADirectoryIsAContradiction) {
  const char* backend = "[history]\nbackend = \"sqlite\"\n";
  EXPECT_EQ(problems_of_text(backend), Texts{});
  EXPECT_EQ(
      problems_of_text(std::string(backend) + "[server]\ndata = \"\"\n"),
      Texts{"f:2: `history.backend` is \"sqlite\", but there is no directory for its file: `server.data` is empty"});
  EXPECT_EQ(problems_of_text(std::string(backend) + "[server]\ndata = \"\"\n[rooms.default]\nhistory = false\n"),
            Texts{});
}

TEST(ConfigLoader, DurabilityThatMemoryDoesNotHaveIsAContradiction) {
  const std::string file = "[history]\nbackend = \"memory\"\n[rooms.default]\n[rooms.chat]\ndurability = \"power\"\n";
  const Texts problem{
      "f:5: `rooms.chat.durability` is \"power\", but messages are kept in memory: `history.backend` is \"memory\""};
  EXPECT_EQ(problems_of_text(file), problem);
  const ConfigFile overridden(file);
  EXPECT_EQ(problems_of({overridden.path(), {{"SWITCHBOARD_ROOMS_CHAT_DURABILITY", "process"}}, {}}), Texts{});
}

TEST(ConfigLoader, WithoutAnyRoomThatHasHistoryThereIsNoStore) {
  const ConfigFile none("[rooms.default]\nhistory = false\n[rooms.chat]\n");
  EXPECT_FALSE(loaded({none.path(), {}, {}}).has_store());
  const ConfigFile one("[rooms.default]\nhistory = false\n[rooms.chat]\nhistory = true\n");
  EXPECT_TRUE(loaded({one.path(), {}, {}}).has_store());
}

TEST(ConfigLoader, LaterFlagOfOneValueWins) {
  EXPECT_EQ(loaded({{}, {}, {{"server.shards", "2", "--shards"}, {"server.shards", "3", "--set"}}}).shards, 3u);
}

TEST(ConfigLoader, EveryTypeIsReadFromAFile) {
  const ConfigFile file(
      "[server]\ndemo = false\nops = \"off\"\n[limits]\norigins_allowed = [\"https://a.example\", \"null\"]\n"
      "[log]\nformat = \"json\"\nlevel = \"error\"\n");
  const Config config = loaded({file.path(), {}, {}});
  EXPECT_FALSE(config.listener_defaults.demo);
  EXPECT_FALSE(config.ops_enabled());
  EXPECT_EQ(config.listener_defaults.origins_allowed, (Texts{"https://a.example", "null"}));
  EXPECT_EQ(config.log.format, log::LogFormat::kJson);
  EXPECT_EQ(config.log.level, log::LogLevel::kError);
}

TEST(ConfigLoader, NamespaceTakesFromDefaultWhatItLeavesOut) {
  const ConfigFile file(
      "[rooms.chat]\nbacklog_messages = 7\n[rooms.default]\nmembers_max = 5\nslow_client = \"disconnect\"\n"
      "[rooms.\"a b\"]\n");
  const Config config = loaded({file.path(), {{"SWITCHBOARD_ROOMS_DEFAULT_BACKLOG_BYTES", "8192"}}, {}});
  const room::RoomSettings& chat = config.shard.rooms.of("chat:1");
  EXPECT_EQ(chat.backlog_messages, 7u);
  EXPECT_EQ(chat.members_max, 5u);
  EXPECT_EQ(chat.backlog_bytes, 8192u);  // the default's own override came from a later source
  EXPECT_EQ(chat.slow_client, room::SlowClientPolicy::kDisconnect);
  EXPECT_EQ(config.shard.rooms.of("other").backlog_messages, room::RoomSettings{}.backlog_messages);
  EXPECT_TRUE(config.shard.rooms.named().contains("a b"));
  EXPECT_FALSE(config.shard.rooms.named().contains("default"));
}

TEST(ConfigLoader, EnvironmentAndFlagsNameNamespaces) {
  const Config config = loaded(
      {{}, {{"SWITCHBOARD_ROOMS_CHAT_MEMBERS_MAX", "3"}}, {{"rooms.game.v2.slow_client", "disconnect", "--set"}}});
  EXPECT_EQ(config.shard.rooms.of("chat:1").members_max, 3u);
  EXPECT_EQ(config.shard.rooms.of("game.v2:1").slow_client, room::SlowClientPolicy::kDisconnect);
}

TEST(ConfigLoader, UnknownKeyIsNamedWithItsLineAndTheNearestKey) {
  EXPECT_EQ(problems_of_text("[heartbeat]\n\nping_intervall_ms = 1\n"),
            (Texts{"f:3: unknown key `heartbeat.ping_intervall_ms`; did you mean `ping_interval_ms`?"}));
}

TEST(ConfigLoader, KeyInTheWrongSectionNamesTheRightOne) {
  EXPECT_EQ(problems_of_text("[server]\nrooms_max = 1\nslow_client = \"skip\"\n"),
            (Texts{"f:2: unknown key `server.rooms_max`; did you mean `limits.rooms_max`?",
                   "f:3: unknown key `server.slow_client`; did you mean `rooms.default.slow_client`?"}));
}

TEST(ConfigLoader, UnknownSectionsAndStrayKeysAreErrors) {
  EXPECT_EQ(problems_of_text("shards = 1\nserver = 3\n[hartbeat]\n[rooms]\nmembers_max = 2\n"),
            (Texts{"f:1: unknown key `shards` outside any section; it belongs under [server]",
                   "f:2: `server` must be a section", "f:3: unknown section `hartbeat`; did you mean `heartbeat`?",
                   "f:5: unknown key `rooms.members_max`; room settings stand in [rooms.default] or "
                   "[rooms.NAMESPACE]"}));
}

TEST(ConfigLoader, WrongTypesAreErrorsWithTheirLine) {
  EXPECT_EQ(
      problems_of_text("[server]\nshards = \"2\"\ndemo = 1\nlisten = \":8080\"\nops = [\"a\"]\ndrain_ms = 1.5\n"
                       "data = 1979-05-27\n[limits]\norigins_allowed = [\"*\", 1]\n[log]\nlevel = \"loud\"\n"),
      (Texts{"f:2: `server.shards` must be a whole number from 0 to 64", "f:3: `server.demo` must be true or false",
             "f:4: `server.listen` must be a list of texts, such as [\"...\"]", "f:5: `server.ops` must be a text",
             "f:6: `server.drain_ms` must be a whole number from 0 to 3600000", "f:7: `server.data` must be a text",
             "f:9: `limits.origins_allowed` must be a list of texts, such as [\"...\"]",
             "f:11: `log.level` is \"loud\"; it must be \"debug\", \"info\", \"warn\" or \"error\""}));
}

TEST(ConfigLoader, NamespaceWithAColonIsAnError) {
  EXPECT_EQ(problems_of_text("[rooms.\"a:b\"]\n"),
            (Texts{"f:1: a namespace has 1 to 255 bytes, no ':' and no control characters"}));
}

TEST(ConfigLoader, BadSyntaxIsNamedWithItsLine) {
  const Texts problems = problems_of_text("[server]\nshards = = 2\n");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_TRUE(problems[0].starts_with("f:2: not valid TOML: ")) << problems[0];
}

TEST(ConfigLoader, KeyGivenTwiceIsAnError) {
  const Texts problems = problems_of_text("[server]\nshards = 1\nshards = 2\n");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_TRUE(problems[0].starts_with("f:3: not valid TOML: ")) << problems[0];
}

TEST(ConfigLoader, MissingFileIsAnError) {
  EXPECT_EQ(problems_of({"/nonexistent/switchboard.toml", {}, {}}),
            (Texts{"f: cannot be read: No such file or directory"}));
}

TEST(ConfigLoader, FileOfOneMebibyteIsReadAndOneByteMoreIsNot) {
  const std::string text(1 << 20, '\n');
  EXPECT_EQ(problems_of_text(text), Texts{});
  EXPECT_EQ(problems_of_text(text + "\n"), (Texts{"f: is larger than 1 MiB"}));
}

TEST(ConfigLoader, UnknownVariablesAreErrorsAndForeignOnesAreNotLookedAt) {
  EXPECT_EQ(problems_of({{},
                         {{"PATH", "/bin"},
                          {"SWITCHBOARD_CONFIG", "elsewhere.toml"},
                          {"SWITCHBOARD_LIMITS_ROOM_MAX", "1"},
                          {"SWITCHBOARD_ROOMS_MEMBERS_MAX", "1"}},
                         {}}),
            (Texts{"SWITCHBOARD_LIMITS_ROOM_MAX: unknown variable `SWITCHBOARD_LIMITS_ROOM_MAX`; did you mean "
                   "`SWITCHBOARD_LIMITS_ROOMS_MAX`?",
                   "SWITCHBOARD_ROOMS_MEMBERS_MAX: unknown variable `SWITCHBOARD_ROOMS_MEMBERS_MAX`; did you mean "
                   "`SWITCHBOARD_ROOMS_DEFAULT_MEMBERS_MAX`?"}));
}

TEST(ConfigLoader, BadValuesOfVariablesAndFlagsNameTheirSource) {
  EXPECT_EQ(problems_of({{},
                         {{"SWITCHBOARD_SERVER_DEMO", "yes"}, {"SWITCHBOARD_SERVER_SHARDS", "2x"}},
                         {{"server.shards", "65", "--shards"}, {"shards", "1", "--set shards=1"}}}),
            (Texts{"SWITCHBOARD_SERVER_DEMO: `server.demo` must be true or false",
                   "SWITCHBOARD_SERVER_SHARDS: `server.shards` is \"2x\"; it must be a whole number from 0 to 64",
                   "--shards: `server.shards` is 65; it must be a whole number from 0 to 64",
                   "--set shards=1: `shards` is not of the form SECTION.KEY"}));
}

TEST(ConfigLoader, VariablesAndFlagsMayNotHoldWhatAFileCouldNot) {
  EXPECT_EQ(problems_of({{},
                         {{"SWITCHBOARD_ROOMS_A:B_MEMBERS_MAX", "1"},
                          {"SWITCHBOARD_ROOMS_\xF4_MEMBERS_MAX", "1"},
                          {"SWITCHBOARD_SERVER_DATA", "caf\xE9"}},
                         {{"rooms.\xF4.members_max", "1", "--set"}}})
                .size(),
            4u);
}

TEST(ConfigLoader, ProblemsOfAllSourcesAreReportedTogether) {
  const ConfigFile file("[limits]\nx = 1\ny = 2\n");
  EXPECT_EQ(problems_of({file.path(), {{"SWITCHBOARD_X", "1"}}, {{"a.b", "1", "--set"}}}).size(), 4u);
}

TEST(ConfigLoader, ManyKeysOfTheApiAreAProblemOfAllOfThem) {
  const auto with_keys = [](std::size_t count) {
    std::string text = "[api]\nlisten = \":1\"\nkeys = [";
    for (std::size_t i = 0; i < count; ++i)
      text += "\"" + std::string(40, 'k') + std::to_string(i) + "\",";
    return text + "]\n";
  };
  EXPECT_EQ(problems_of_text(with_keys(100)), Texts{});
  EXPECT_EQ(problems_of_text(with_keys(101)), Texts{"f:3: `api.keys`: there are more than 100 keys"});
  EXPECT_EQ(problems_of_text(with_keys(0)),
            Texts{"f:2: `api.listen` says where the API is, and `api.keys` has no key: nobody could use it"});
}

TEST(ConfigLoader, AuthenticationMustMakeSense) {
  const std::string secret = "secret = \"" + std::string(32, 's') + "\"\n";
  EXPECT_EQ(problems_of_text("[auth]\nanonymous = true\n").size(), 1);
  EXPECT_EQ(problems_of_text("[auth]\n" + secret + "anonymous = true\n"), Texts{});
  EXPECT_EQ(problems_of_text("[auth]\n" + secret + "cookie = \"sid\"\n").size(), 1);
  EXPECT_EQ(
      problems_of_text("[limits]\norigins_allowed = [\"https://a.example\"]\n[auth]\n" + secret + "cookie = \"sid\"\n"),
      Texts{});
  EXPECT_EQ(problems_of_text("[auth]\nsecret = \"hunter2\"\n"),
            Texts{"f:2: `auth.secret` must have at least 32 bytes: `openssl rand -base64 48` makes a good one"});
}

TEST(ConfigLoader, WebhooksComeSeveralTimesUnderOneHeading) {
  const ConfigFile file(R"(
[[webhooks]]
url = "https://a.example.com/x"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
[[webhooks]]
name = "billing"
url = "https://b.example.com/x"
events = ["room.*"]
)");
  const Config config =
      loaded({file.path(), {{"SWITCHBOARD_WEBHOOKS_BILLING_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}}, {}});
  ASSERT_EQ(config.webhooks.size(), 2u);
  EXPECT_EQ(config.webhooks[0].name, "1");
  EXPECT_EQ(config.webhooks[0].url, "https://a.example.com/x");
  EXPECT_EQ(config.webhooks[1].name, "billing");
  EXPECT_EQ(config.webhooks[1].secret, config.webhooks[0].secret) << "from a variable";
  EXPECT_EQ(config.webhooks[1].events, Texts{"room.*"});
}

TEST(ConfigLoader, WhatIsWrongWithAWebhookIsSaid) {
  const std::string good = "secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n";
  EXPECT_EQ(problems_of_text("[[webhooks]]\n" + good), Texts{"f:1: webhook `1` has no `url`"});
  EXPECT_EQ(problems_of_text("[[webhooks]]\nname = 5\n"), Texts{"f:1: `webhooks.name` must be a text"});
  EXPECT_EQ(problems_of_text("[webhooks]\nurl = \"https://a.example.com/\"\n"),
            Texts{"f:1: webhooks are written under [[webhooks]], once for each"});
  EXPECT_EQ(problems_of_text("[[webhooks]]\nurl = \"https://192.168.7.1/\"\n" + good),
            Texts{"f:2: webhook `1` has a `url` on this machine or its own networks: set `allow_private_addresses = "
                  "true` if that is meant"});
  std::string many;
  for (int i = 0; i < 33; ++i)
    many += "[[webhooks]]\nurl = \"https://a.example.com/\"\n" + good;
  ASSERT_EQ(problems_of_text(many).size(), 1u);
  EXPECT_NE(problems_of_text(many)[0].find("more than 32"), std::string::npos);
}

const std::string kSecretLine = "secret = \"" + std::string(32, 's') + "\"\n";

TEST(ConfigLoader, IssuersHaveSectionsOfTheirOwn) {
  const ConfigFile file("[issuers.shop]\nissuer = \"https://shop\"\n" + kSecretLine +
                        "[issuers.crm]\nissuer = \"https://crm\"\nkeys = [\"/a.pem\"]\naudience = [\"chat\"]\n");
  const std::string secret(40, 'e');
  const Config config =
      loaded({file.path(),
              {{"SWITCHBOARD_ISSUERS_SHOP_SECRET", secret}},
              {{"issuers.crm.leeway_ms", "5", "--set"}, {"issuers.crm.algorithms", "ES256", "--set"}}});
  EXPECT_TRUE(config.auth.is_on());
  EXPECT_FALSE(config.auth.own.has_keys());
  const IssuerSettings crm{.name = "crm",
                           .keys = {"/a.pem"},
                           .algorithms = {"ES256"},
                           .issuer = "https://crm",
                           .audience = {"chat"},
                           .leeway_ms = 5};
  const IssuerSettings shop{.name = "shop", .secret = secret, .issuer = "https://shop"};
  EXPECT_EQ(config.auth.issuers, (std::vector<IssuerSettings>{crm, shop}));
}

TEST(ConfigLoader, WhatAnIssuerLacksOrSharesIsNamed) {
  EXPECT_EQ(problems_of_text("[issuers.a]\n\n[issuers.b]\nissuer = \"https://b\"\nprevious_secrets = [\"" +
                             std::string(32, 'p') + "\"]\n"),
            (Texts{"f:1: [issuers.a] has no `issuer`: what the `iss` of its tokens is",
                   "f:1: [issuers.a] has neither `secret` nor `keys` nor `jwks`: no token of its could be good",
                   "f:3: [issuers.b] has neither `secret` nor `keys` nor `jwks`: no token of its could be good"}));
  EXPECT_EQ(problems_of_text("[auth]\nissuer = \"https://a\"\n" + kSecretLine +
                             "[issuers.a]\nissuer = \"https://a\"\n" + kSecretLine + "[issuers.b]\n" + kSecretLine +
                             "issuer = \"https://b\"\n[issuers.c]\n" + kSecretLine + "issuer = \"https://b\"\n"),
            (Texts{"f:5: [issuers.a] has the same `issuer` as [auth]",
                   "f:12: [issuers.c] has the same `issuer` as [issuers.b]"}));
  EXPECT_EQ(problems_of_text("[auth]\naudience = [\"chat\"]\n[issuers.a]\nissuer = \"https://a\"\n" + kSecretLine),
            Texts{"f:2: `auth.audience` says nothing without `auth.secret`, `auth.keys` or `auth.jwks`"});
}

TEST(ConfigLoader, WhatIsWrittenWronglyOfAnIssuerIsNamedWithoutItsSecret) {
  EXPECT_EQ(problems_of_text("[issuers.a]\nisuer = \"x\"\nsecret = \"hunter2\"\njwks = \"http://idp.example/\"\n"
                             "[issuers]\nissuer = \"x\"\n[issuers.A]\n[issuers.b]\ncookie = \"sid\"\n"),
            (Texts{"f:2: unknown key `issuers.a.isuer`; did you mean `issuer`?",
                   "f:3: `issuers.a.secret` must have at least 32 bytes: `openssl rand -base64 48` makes a good one",
                   "f:4: `issuers.a.jwks` is \"http://idp.example/\": must begin with https://: who can change keys on "
                   "their way can "
                   "make tokens",
                   "f:6: unknown key `issuers.issuer`; an issuer's settings stand in [issuers.NAME]",
                   "f:7: an issuer's name has 1 to 64 lower-case letters, digits, '-' and '_'",
                   "f:9: unknown key `issuers.b.cookie`; did you mean `auth.cookie`?"}));
}

TEST(ConfigLoader, ThereAreOnlySoManyIssuers) {
  std::string text;
  const auto add = [&](std::size_t i) {
    const std::string name = "i" + std::to_string(100 + i);
    text += "[issuers." + name + "]\nissuer = \"" + name + "\"\n" + kSecretLine;
  };
  for (std::size_t i = 0; i < kIssuersMax; ++i)
    add(i);
  EXPECT_EQ(problems_of_text(text), Texts{});
  add(kIssuersMax);
  EXPECT_EQ(problems_of_text(text), Texts{"f:97: [issuers.i132] is one too many: there may be 32 of them"});
}

TEST(ConfigLoader, AnUnknownSectionIsComparedWithWhatThereIs) {
  EXPECT_EQ(problems_of_text("[issuer.a]\n"), Texts{"f:1: unknown section `issuer`; did you mean `issuers`?"});
  EXPECT_EQ(problems_of_text("[ops]\n"), Texts{"f:1: unknown section `ops`; did you mean `server.ops`?"});
  EXPECT_EQ(problems_of_text("[db]\n"), Texts{"f:1: unknown section `db`"});
}

}  // namespace
}  // namespace switchboard::config
