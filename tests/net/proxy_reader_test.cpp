#include "net/proxy_reader.h"

#include <gtest/gtest.h>
#include <string>
#include <sys/socket.h>

#include "net/file_descriptor.h"

namespace switchboard::net {
namespace {

class ProxyReader : public testing::Test {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    proxy = FileDescriptor(ends[0]);
    server = FileDescriptor(ends[1]);
  }
  void send(std::string_view bytes) {
    ASSERT_EQ(::send(proxy.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  std::string rest() {
    char bytes[256];
    const ssize_t n = ::recv(server.get(), bytes, sizeof bytes, 0);
    return n > 0 ? std::string(bytes, static_cast<std::size_t>(n)) : std::string();
  }

  FileDescriptor proxy, server;
};

constexpr std::string_view kHeader = "PROXY TCP4 192.0.2.1 198.51.100.7 56789 443\r\n";

TEST_F(ProxyReader, TakesTheHeaderAndNothingBehindIt) {
  send(std::string(kHeader).append("GET /"));
  const ProxyHeader header = take_proxy_header(server.get(), false);
  EXPECT_EQ(header.status, ProxyHeaderStatus::kClient);
  EXPECT_EQ(header.client.to_string(), "192.0.2.1:56789");
  EXPECT_EQ(rest(), "GET /");
}

TEST_F(ProxyReader, WaitsForTheRestWhereverItWasCut) {
  for (std::size_t i = 0; i < kHeader.size(); ++i) {
    EXPECT_EQ(take_proxy_header(server.get(), false).status, ProxyHeaderStatus::kIncomplete) << i;
    send(kHeader.substr(i, 1));
  }
  EXPECT_EQ(take_proxy_header(server.get(), false).status, ProxyHeaderStatus::kClient);
  EXPECT_EQ(rest(), "");
}

TEST_F(ProxyReader, EndsWithAConnectionThatEndsFirst) {
  send("PROXY ");
  EXPECT_EQ(take_proxy_header(server.get(), true).status, ProxyHeaderStatus::kInvalid);
  proxy.reset();
  EXPECT_EQ(take_proxy_header(server.get(), true).status, ProxyHeaderStatus::kInvalid);
}

TEST_F(ProxyReader, TakesAWholeHeaderOfAConnectionThatHasEnded) {
  send(kHeader);
  proxy.reset();
  EXPECT_EQ(take_proxy_header(server.get(), true).status, ProxyHeaderStatus::kClient);
}

TEST_F(ProxyReader, LeavesWhatIsNoHeaderUntouched) {
  send("GET /");
  EXPECT_EQ(take_proxy_header(server.get(), false).status, ProxyHeaderStatus::kInvalid);
  EXPECT_EQ(rest(), "GET /");
}

}  // namespace
}  // namespace switchboard::net
