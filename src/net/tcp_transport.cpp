#include "net/tcp_transport.h"

#include <cerrno>
#include <sys/socket.h>

#include "base/assert.h"

namespace switchboard::net {

IoResult TcpTransport::read(std::span<char> into) {
  SB_ASSERT(!into.empty());  // what is read into nothing cannot be told from the peer's end
  const ssize_t n = ::recv(socket_.get(), into.data(), into.size(), MSG_DONTWAIT);
  if (n > 0) return {IoStatus::kOk, static_cast<std::size_t>(n)};
  if (n == 0) return {IoStatus::kEnd, 0};
  if (errno == EAGAIN || errno == EINTR) return {IoStatus::kWouldBlock, 0};
  return {IoStatus::kFailed, 0};
}

IoResult TcpTransport::write(std::string_view bytes) {
  const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n >= 0) return {IoStatus::kOk, static_cast<std::size_t>(n)};
  if (errno == EAGAIN || errno == EINTR) return {IoStatus::kWouldBlock, 0};
  return {IoStatus::kFailed, 0};
}

void TcpTransport::finish_writing() {
  ::shutdown(socket_.get(), SHUT_WR);
}

}  // namespace switchboard::net
