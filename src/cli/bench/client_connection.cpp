#include "cli/bench/client_connection.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "cli/bench/masked_frame.h"

namespace switchboard::cli::bench {
namespace {

// RFC 6455 section 1.3.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

sockaddr_in socket_address(std::uint32_t ipv4, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(ipv4);
  address.sin_port = htons(port);
  return address;
}

std::string failure(const char* call) {
  return std::string(call) + ": " + std::strerror(errno);
}

}  // namespace

std::expected<void, std::string> ClientConnection::dial(const Endpoint& endpoint, const SocketOptions& options) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::unexpected(failure("socket"));
  socket_ = net::FileDescriptor(fd);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (options.receive_buffer_bytes > 0) {
    const int bytes = static_cast<int>(options.receive_buffer_bytes);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  if (options.source_ipv4 != 0) {
    // The port is chosen at connect, when the destination is known: otherwise ports run out per address, not per pair.
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const sockaddr_in source = socket_address(options.source_ipv4, 0);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) < 0)
      return std::unexpected(failure("bind"));
  }
  const sockaddr_in target = socket_address(endpoint.ipv4, endpoint.port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof target) < 0 && errno != EINPROGRESS) {
    return std::unexpected(failure("connect"));
  }
  phase = Phase::kConnecting;
  return {};
}

void ClientConnection::send_upgrade(const Endpoint& endpoint, ws::Encoding offered, std::string_view token) {
  unsent_.append("GET ").append(endpoint.path).append(" HTTP/1.1\r\nHost: ").append(endpoint.host);
  unsent_.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ").append(kKey);
  if (!token.empty()) unsent_.append("\r\nAuthorization: Bearer ").append(token);
  if (offered == ws::Encoding::kDeflated) {
    unsent_.append(
        "\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  }
  unsent_.append("\r\nSec-WebSocket-Version: 13\r\n\r\n");
}

std::expected<std::size_t, std::string> ClientConnection::take_upgrade(std::string_view bytes, ws::Encoding wanted) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  const std::string_view head = bytes.substr(0, end + 4);
  if (!head.starts_with("HTTP/1.1 101 ") || head.find(kAccept) == std::string_view::npos) {
    return std::unexpected("the upgrade was refused: " + std::string(head.substr(0, head.find('\r'))));
  }
  if (wanted == ws::Encoding::kDeflated && (head.find("permessage-deflate") == std::string_view::npos ||
                                            head.find("server_no_context_takeover") == std::string_view::npos)) {
    return std::unexpected("the server does not compress with every message by itself");
  }
  return head.size();
}

std::uint16_t ClientConnection::close_code_in(std::string_view payload) {
  if (payload.size() < 2) return 0;
  return static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 |
                                    static_cast<unsigned char>(payload[1]));
}

void ClientConnection::append_frame(ws::Opcode opcode, std::string_view payload, Random& random) {
  append_masked_frame(unsent_, first_byte(opcode), payload, static_cast<std::uint32_t>(random.next()));
}

ssize_t ClientConnection::receive(std::span<char> into) {
  return tls_ ? tls_->read(into) : ::recv(fd(), into.data(), into.size(), 0);
}

bool ClientConnection::flush() {
  std::size_t sent = 0;
  while (sent < unsent_.size()) {
    const std::string_view rest = std::string_view(unsent_).substr(sent);
    const ssize_t n = tls_ ? tls_->write(rest) : ::send(fd(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EINTR) continue;
      unsent_.erase(0, sent);
      return errno == EAGAIN;
    }
    sent += static_cast<std::size_t>(n);
  }
  // An idle connection keeps no buffer: thousands of them are held.
  if (unsent_.capacity() > 512) {
    unsent_ = {};
  } else {
    unsent_.clear();
  }
  return true;
}

void ClientConnection::abort() {
  // Without lingering the kernel resets the connection (RFC 9293 section 3.10.5), and what is on its way is dropped.
  const linger none{.l_onoff = 1, .l_linger = 0};
  if (socket_.is_open()) setsockopt(fd(), SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close();
}

}  // namespace switchboard::cli::bench
