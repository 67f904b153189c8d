// The PROXY header, versions 1 and 2: the answer does not depend on the split, comes with the header's last byte, and
// not one byte more is taken off the socket; a client's address it tells of is one that can be written and read again.
#include "net/proxy_header.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "fuzz/byte_script.h"
#include "net/address_set.h"
#include "net/proxy_reader.h"

namespace switchboard::fuzz {
namespace {

using net::ProxyHeader;
using net::ProxyHeaderStatus;

bool is_same(const ProxyHeader& a, const ProxyHeader& b) {
  return a.status == b.status && a.bytes == b.bytes && a.client == b.client && a.problem == b.problem;
}

ProxyHeader parse(std::string_view bytes) {
  const OwnMemory memory(bytes);
  return net::parse_proxy_header(memory.view());
}

void check_client(const net::PeerAddress& client) {
  SB_ASSERT(client.has_ip());
  const auto again = net::parse_ip(client.ip_text());
  SB_ASSERT(again == client.ip);
  const std::string ip = client.ip_text();
  const bool is_ipv6 = ip.find(':') != std::string::npos;
  const std::string line =
      (is_ipv6 ? "PROXY TCP6 " : "PROXY TCP4 ") + ip + " " + ip + " " + std::to_string(client.port) + " 443\r\n";
  const ProxyHeader header = parse(line);
  SB_ASSERT(header.status == ProxyHeaderStatus::kClient && header.client == client && header.bytes == line.size());
}

/// The answer to the first prefix that has one; every longer one has the same.
ProxyHeader check_prefixes(std::string_view stream) {
  ProxyHeader found = parse({});
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    const ProxyHeader header = parse(stream.substr(0, size));
    if (found.status != ProxyHeaderStatus::kIncomplete) {
      SB_ASSERT(is_same(header, found));
      continue;
    }
    found = header;
    if (header.status == ProxyHeaderStatus::kOwn || header.status == ProxyHeaderStatus::kClient) {
      SB_ASSERT(header.bytes == size && size <= net::kProxyHeaderBytesMax);
    }
    SB_ASSERT(header.status == ProxyHeaderStatus::kInvalid || header.problem.empty());
    SB_ASSERT(header.status != ProxyHeaderStatus::kInvalid || !header.problem.empty());
    SB_ASSERT(header.status != ProxyHeaderStatus::kIncomplete || size < net::kProxyHeaderBytesMax);
    if (header.status == ProxyHeaderStatus::kClient) check_client(header.client);
  }
  return found;
}

class SocketPair {
 public:
  SocketPair() { SB_ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends_) == 0); }
  ~SocketPair() {
    close(ends_[0]);
    close(ends_[1]);
  }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;

  int server() const { return ends_[0]; }
  /// False when the kernel takes no more: a byte sent alone takes as much of its memory as hundreds.
  bool send(std::string_view bytes) {
    return write(ends_[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  }
  void finish() { shutdown(ends_[1], SHUT_WR); }
  std::string left() {
    std::string bytes(8'192, '\0');
    const ssize_t count = recv(ends_[0], bytes.data(), bytes.size(), 0);
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }

 private:
  int ends_[2];
};

/// What is taken off a socket while the pieces arrive is what the bytes say.
void check_socket(const Split& split, std::string_view stream, const ProxyHeader& expected) {
  SocketPair sockets;
  std::string sent;
  for (const std::string_view piece : split.of(stream)) {
    if (!sockets.send(piece)) return;
    sent += piece;
    const ProxyHeader header = net::take_proxy_header(sockets.server(), false);
    if (header.status == ProxyHeaderStatus::kIncomplete) continue;
    SB_ASSERT(is_same(header, expected));
    SB_ASSERT(sockets.left() == sent.substr(header.bytes));
    return;
  }
  SB_ASSERT(expected.status == ProxyHeaderStatus::kIncomplete);
  sockets.finish();
  const ProxyHeader header = net::take_proxy_header(sockets.server(), true);
  SB_ASSERT(header.status == ProxyHeaderStatus::kInvalid);
}

}  // namespace
}  // namespace switchboard::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace switchboard;
  fuzz::ByteScript script(data, size);
  const fuzz::Split split(script);
  const std::string_view stream = script.bytes(net::kProxyHeaderBytesMax + 200);
  fuzz::check_socket(split, stream, fuzz::check_prefixes(stream));
  return 0;
}
