#include "net/proxy_reader.h"

#include <array>
#include <cerrno>
#include <sys/socket.h>

namespace switchboard::net {

ProxyHeader take_proxy_header(int socket, bool hung_up) {
  constexpr ProxyHeader kGone{.status = ProxyHeaderStatus::kInvalid,
                              .problem = "the connection ended before its PROXY header"};
  std::array<char, kProxyHeaderBytesMax> bytes;
  const ssize_t seen = ::recv(socket, bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
  if (seen < 0) return errno == EAGAIN || errno == EINTR ? ProxyHeader{} : kGone;
  if (seen == 0) return kGone;
  const ProxyHeader header = parse_proxy_header({bytes.data(), static_cast<std::size_t>(seen)});
  if (header.status == ProxyHeaderStatus::kIncomplete) return hung_up ? kGone : header;
  if (header.status == ProxyHeaderStatus::kInvalid) return header;
  // They lie in the socket's buffer, so they come in one go.
  const ssize_t taken = ::recv(socket, bytes.data(), header.bytes, MSG_DONTWAIT);
  return taken == static_cast<ssize_t>(header.bytes) ? header : kGone;
}

}  // namespace switchboard::net
