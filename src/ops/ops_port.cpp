#include "ops/ops_port.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

#include "net/listener.h"
#include "net/tcp_transport.h"
#include "ops/ops_connection.h"
#include "ops/ops_pages.h"

namespace switchboard::ops {
namespace {

constexpr std::uint64_t kListenerToken = 1'000;
constexpr std::size_t kConnectionsMax = 64;
// Those that hold a connection and ask nothing must not fill the kernel's queue before who asks.
constexpr int kBacklog = 1'024;
constexpr int kAcceptsPerTurn = 64;
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

}  // namespace

struct OpsPort::State {
  State(net::Listener a_listener, net::Loop& a_loop, const listen::ShardGroup& shards, const broker::StoreStatus* store,
        const log::Log& log, const Clock& a_clock)
      : listener(std::move(a_listener)), loop(a_loop), clock(a_clock), pages(shards, store, log, a_clock) {}

  /// Whoever comes is let in: a probe must have its answer however many others hold a connection and ask nothing.
  void accept() {
    for (int n = 0; n < kAcceptsPerTurn; ++n) {
      net::Accepted accepted = listener.accept();
      if (accepted.status == net::AcceptStatus::kNone) return;
      if (accepted.status == net::AcceptStatus::kOutOfResources && !connections.empty()) {
        end_one();
        continue;
      }
      if (accepted.status != net::AcceptStatus::kAccepted) return pause_accepting();
      if (connections.size() == kConnectionsMax) end_one();
      const int fd = accepted.socket.get();
      const std::uint64_t token = next_token++;
      if (!loop.add_stream(fd, token)) continue;
      connections.try_emplace(token, std::make_unique<net::TcpTransport>(std::move(accepted.socket)), clock);
      // Its request is often there already. Answered now, it cannot be made to give way by those behind it first.
      on_ready({.token = token, .readable = true});
    }
  }

  void on_ready(const net::Readiness& readiness) {
    const auto found = connections.find(readiness.token);
    if (found == connections.end()) return;
    found->second.on_ready(answer);
    if (found->second.is_over()) connections.erase(found);
  }

  /// The one that can best be done without.
  void end_one() {
    connections.erase(std::ranges::min_element(
        connections, [](const auto& one, const auto& other) { return one.second.gives_way_before(other.second); }));
  }

  /// Trying at once again would only spin.
  void pause_accepting() {
    accept_again_at = clock.now() + kAcceptPause;
    loop.disable_source(listener.fd(), kListenerToken);
  }

  void end_pause() {
    if (!accept_again_at || clock.now() < *accept_again_at) return;
    accept_again_at.reset();
    loop.enable_source(listener.fd(), kListenerToken);
  }

  net::Listener listener;
  net::Loop& loop;
  const Clock& clock;
  OpsPages pages;
  OpsConnection::Answer answer = [this](const http::Request& request) { return pages.answer(request); };
  std::map<std::uint64_t, OpsConnection> connections;  // by token, which is never used again
  std::uint64_t next_token = kListenerToken + 1;
  std::optional<Instant> accept_again_at;  // there are no file descriptors, and no connection to take one from
};

OpsPort::OpsPort(std::unique_ptr<State> state) : state_(std::move(state)) {}
OpsPort::~OpsPort() = default;

std::expected<std::unique_ptr<OpsPort>, std::string> OpsPort::open(const net::ListenAddress& address, net::Loop& loop,
                                                                   listen::ShardGroup& shards,
                                                                   const broker::StoreStatus* store, log::Log& log,
                                                                   const Clock& clock) {
  const auto bound = net::probe_bind(address);
  if (!bound) return std::unexpected(bound.error());
  auto listener = net::Listener::open(*bound, {.accept_backlog = kBacklog});
  if (!listener) return std::unexpected(listener.error());
  auto state = std::make_unique<State>(std::move(*listener), loop, shards, store, log, clock);
  if (!loop.add_source(state->listener.fd(), kListenerToken)) {
    return std::unexpected("cannot watch the ops port " + address.to_string());
  }
  return std::unique_ptr<OpsPort>(new OpsPort(std::move(state)));
}

void OpsPort::on_ready(const net::Readiness& readiness) {
  if (readiness.token == kListenerToken) return state_->accept();
  state_->on_ready(readiness);
}

void OpsPort::on_tick() {
  state_->pages.on_tick();
  const Instant now = state_->clock.now();
  std::erase_if(state_->connections, [now](const auto& entry) { return entry.second.is_late(now); });
  state_->end_pause();
}

void OpsPort::set_hosts(const std::vector<std::string>& listed) {
  state_->pages.set_hosts(listed);
}

void OpsPort::set_key_sets(KeySets key_sets) {
  state_->pages.set_key_sets(std::move(key_sets));
}

void OpsPort::set_webhooks(std::function<std::vector<webhook::EndpointStatus>()> webhooks) {
  state_->pages.set_webhooks(std::move(webhooks));
}

void OpsPort::set_ready(bool ready) {
  state_->pages.set_ready(ready);
}

const net::ListenAddress& OpsPort::address() const {
  return state_->listener.address();
}

}  // namespace switchboard::ops
