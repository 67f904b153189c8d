#include "listen/listening_sockets.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "listen/listener_report.h"

namespace switchboard::listen {
namespace {

using Texts = std::vector<std::string>;

ListeningSockets opened(const std::vector<config::ListenerSettings>& listeners,
                        std::vector<net::InheritedSocket> inherited = {}) {
  auto sockets = ListeningSockets::open(listeners, {}, std::move(inherited));
  EXPECT_TRUE(sockets) << sockets.error();
  return sockets ? std::move(*sockets) : ListeningSockets();
}

/// A listening socket as it is passed to a process.
net::InheritedSocket passed(const char* name) {
  auto listener = net::Listener::open({.host = "127.0.0.1", .port = 0}, {});
  auto hold = net::Listener::share(listener->fd(), {});
  net::InheritedSocket socket;
  socket.name = name;
  socket.socket = net::FileDescriptor(::dup(hold->fd()));
  socket.address = listener->address();
  return socket;
}

TEST(ListeningSockets, EveryShardGetsOneOfEach) {
  std::string folder = testing::TempDir() + "listen-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  ListeningSockets sockets = opened(
      {{.name = {}, .address = "127.0.0.1:0", .tls = true},
       {.name = "local", .address = "unix:" + folder + "/s", .proxy_protocol = config::ProxyProtocol::kRequired}});
  ASSERT_EQ(sockets.places().size(), 2u);
  EXPECT_TRUE(sockets.places()[0].shown.starts_with("wss://127.0.0.1:")) << sockets.places()[0].shown;
  EXPECT_EQ(sockets.places()[1].shown, "unix:" + folder + "/s");
  for (int shard = 0; shard < 2; ++shard) {
    const auto listeners = sockets.for_shard();
    ASSERT_TRUE(listeners) << listeners.error();
    ASSERT_EQ(listeners->size(), 2u);
    EXPECT_TRUE((*listeners)[0].tls);
    EXPECT_FALSE((*listeners)[0].socket.is_shared());
    EXPECT_FALSE((*listeners)[0].wants_proxy_header);
    EXPECT_EQ((*listeners)[1].listener, 1);
    EXPECT_TRUE((*listeners)[1].socket.is_shared());
    EXPECT_TRUE((*listeners)[1].wants_proxy_header);
    EXPECT_FALSE((*listeners)[1].keeps_queue);
  }
  EXPECT_TRUE(std::filesystem::exists(folder + "/s"));
  sockets.close();
  EXPECT_FALSE(std::filesystem::exists(folder + "/s"));
  std::filesystem::remove_all(folder);
}

TEST(ListeningSockets, SocketsThatWerePassedAreFoundByTheirName) {
  std::vector<net::InheritedSocket> inherited;
  for (const char* name : {"web", "other", "web"})
    inherited.push_back(passed(name));
  const ListeningSockets sockets = opened({{.name = "a", .address = "fd:web"}}, std::move(inherited));
  EXPECT_EQ(sockets.places().size(), 2u) << "several sockets of one name are one listener";
  EXPECT_EQ(sockets.unused(), Texts{"other"});
  const auto listeners = sockets.for_shard();
  ASSERT_TRUE(listeners);
  for (const ShardListener& listener : *listeners) {
    EXPECT_EQ(listener.listener, 0);
    EXPECT_TRUE(listener.keeps_queue);
  }
}

TEST(ListeningSockets, WhatCannotBeOpenedIsSaid) {
  const auto missing = ListeningSockets::open({{.name = "a", .address = "fd:web"}}, {}, {});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().find("FileDescriptorName=web"), std::string::npos) << missing.error();
  EXPECT_FALSE(ListeningSockets::open({{.name = "a", .address = "unix:/nonexistent/s"}}, {}, {}));
  EXPECT_FALSE(ListeningSockets::open({{.name = "a", .address = "192.0.2.1:0"}}, {}, {}));
}

TEST(ListenerReport, WarnsOfWhatIsLikelyAMistakeWhereItIsInForce) {
  const std::vector<config::ListenerSettings> listeners = {
      {.name = {}, .address = "127.0.0.1:0", .trusted_proxies = {"0.0.0.0/0"}},
      {.name = "open", .address = "0.0.0.0:0", .trusted_proxies = {"::/0"}},
      {.name = "closed", .address = "0.0.0.0:0", .trusted_proxies = {"10.0.0.0/8"}, .origins_allowed = {}}};
  Texts of;
  for (const ListenerWarning& warning : warnings_of(listeners, opened(listeners)))
    of.push_back(warning.listener);
  EXPECT_EQ(of, (Texts{"open", "open"}));
}

TEST(ListenerReport, TheDemoIsWhereTheFirstListenerThatShowsItIs) {
  std::vector<config::ListenerSettings> listeners = {{.name = "a", .address = "127.0.0.1:0", .demo = false},
                                                     {.name = "b", .address = "127.0.0.1:0", .tls = true}};
  const ListeningSockets sockets = opened(listeners);
  EXPECT_EQ(demo_url(listeners, sockets.places()), "http" + sockets.places()[1].shown.substr(2) + "/");
  listeners[1].demo = false;
  EXPECT_EQ(demo_url(listeners, sockets.places()), "off");
}

}  // namespace
}  // namespace switchboard::listen
