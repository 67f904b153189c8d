#include "server/ops_port.h"

#include <cstdint>
#include <map>

#include "net/listener.h"
#include "net/tcp_transport.h"
#include "server/ops_connection.h"
#include "server/ops_pages.h"

namespace switchboard::server {
namespace {

constexpr std::uint64_t kListenerToken = 1'000;
// More wait in the kernel's queue until one of these ends, at most OpsConnection::kTimeMax.
constexpr std::size_t kConnectionsMax = 64;

}  // namespace

struct OpsPort::State {
  State(net::Listener a_listener, net::Loop& a_loop, const ShardGroup& shards, const broker::StoreStatus* store,
        const Log& log, const Clock& a_clock)
      : listener(std::move(a_listener)), loop(a_loop), clock(a_clock), pages(shards, store, log, a_clock) {}

  void accept() {
    while (connections.size() < kConnectionsMax) {
      net::Accepted accepted = listener.accept();
      if (accepted.status == net::AcceptStatus::kOutOfResources) return set_accepting(false);
      if (accepted.status == net::AcceptStatus::kNone) return;
      const int fd = accepted.socket.get();
      const std::uint64_t token = next_token++;
      if (!loop.add_stream(fd, token)) continue;
      connections.try_emplace(token, std::make_unique<net::TcpTransport>(std::move(accepted.socket)), clock.now());
    }
    set_accepting(false);
  }

  void set_accepting(bool wanted) {
    if (accepting == wanted) return;
    accepting = wanted;
    loop.enable_source(listener.fd(), kListenerToken, wanted);
  }

  net::Listener listener;
  net::Loop& loop;
  const Clock& clock;
  OpsPages pages;
  OpsConnection::Answer answer = [this](const http::Request& request) { return pages.answer(request); };
  std::map<std::uint64_t, OpsConnection> connections;  // by token, which is never used again
  std::uint64_t next_token = kListenerToken + 1;
  bool accepting = true;
};

OpsPort::OpsPort(std::unique_ptr<State> state) : state_(std::move(state)) {}
OpsPort::~OpsPort() = default;

std::expected<std::unique_ptr<OpsPort>, std::string> OpsPort::open(const net::ListenAddress& address, net::Loop& loop,
                                                                   ShardGroup& shards, const broker::StoreStatus* store,
                                                                   Log& log, const Clock& clock) {
  const auto bound = net::probe_bind(address);
  if (!bound) return std::unexpected(bound.error());
  auto listener = net::Listener::open(*bound, {.accept_backlog = static_cast<int>(kConnectionsMax)});
  if (!listener) return std::unexpected(listener.error());
  auto state = std::make_unique<State>(std::move(*listener), loop, shards, store, log, clock);
  if (!loop.add_source(state->listener.fd(), kListenerToken)) {
    return std::unexpected("cannot watch the ops port " + address.to_string());
  }
  return std::unique_ptr<OpsPort>(new OpsPort(std::move(state)));
}

void OpsPort::on_ready(const net::Readiness& readiness) {
  if (readiness.token == kListenerToken) return state_->accept();
  const auto found = state_->connections.find(readiness.token);
  if (found == state_->connections.end()) return;
  OpsConnection& connection = found->second;
  if (readiness.writable) connection.on_writable();
  if (readiness.readable) connection.on_readable(state_->answer, OpsPages::refuse);
  if (!connection.is_over()) return;
  state_->connections.erase(found);
  state_->set_accepting(true);
}

void OpsPort::on_tick() {
  state_->pages.on_tick();
  const Instant now = state_->clock.now();
  std::erase_if(state_->connections, [now](const auto& entry) { return entry.second.is_late(now); });
  // Also after accepting stopped for want of file descriptors: there may be some again.
  if (state_->connections.size() < kConnectionsMax) state_->set_accepting(true);
}

void OpsPort::set_ready(bool ready) {
  state_->pages.set_ready(ready);
}

const net::ListenAddress& OpsPort::address() const {
  return state_->listener.address();
}

}  // namespace switchboard::server
