#include "listen/shard_thread.h"

#include <algorithm>
#include <limits>
#include <pthread.h>
#include <string>

#include "net/proxy_reader.h"
#include "net/tcp_transport.h"
#include "net/tls_transport.h"

namespace switchboard::listen {
namespace {

// A listener's token lies above every client's: a generation of all ones is never reached.
constexpr std::uint64_t kListenerTokens = std::uint64_t{0xffffffff} << 32;
// Then connections to the API, by their numbers.
constexpr std::uint64_t kApiTokens = kListenerTokens + (std::uint64_t{1} << 30);
constexpr std::uint64_t kProxyStageTokens = kListenerTokens + (std::uint64_t{1} << 31);
// Each takes about 15 us; who else is waiting has a turn of the loop in between.
constexpr std::size_t kAcceptsPerTurn = 16;
// The other shards that wait at the same socket shall get their share, too.
constexpr std::size_t kSharedAcceptsPerTurn = 4;
constexpr std::size_t kEverybody = std::numeric_limits<std::size_t>::max();
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);
constexpr Duration kComplaintInterval = std::chrono::seconds(10);
constexpr Duration kWaitMax = std::chrono::seconds(1);  // so that the heartbeat never looks stale

std::vector<bool> which_speak_tls(const std::vector<ShardListener>& listeners) {
  std::vector<bool> out;
  for (const ShardListener& listener : listeners)
    out.push_back(listener.tls);
  return out;
}

}  // namespace

ShardThread::ShardThread(std::uint32_t index, shard::ShardSettings settings, const shard::ShardParts& parts,
                         std::vector<ShardListener> listeners, Admission& admission)
    : clock_(parts.clock),
      exchange_(parts.exchange),
      admission_(admission),
      shard_(index, std::move(settings), parts),
      observer_(parts.observer),
      listeners_(std::move(listeners)),
      gate_(which_speak_tls(listeners_)),
      watched_(listeners_.size()) {
  exchange_.set_waker(index, [this] { loop_.wake(); });
  watch_those_open();
}

ShardThread::~ShardThread() {
  stop();
  join();
}

void ShardThread::use_tls(std::shared_ptr<net::TlsContext> context, std::uint32_t handshakes_max) {
  tls_ = std::move(context);
  handshakes_max_ = handshakes_max;
}

void ShardThread::start() {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), ("shard-" + std::to_string(shard_.index())).c_str());
}

void ShardThread::post(std::function<void(ShardThread&)> work) {
  {
    const std::scoped_lock lock(posted_mutex_);
    posted_.push_back(std::move(work));
  }
  has_posted_.store(true, std::memory_order_release);
  loop_.wake();
}

void ShardThread::stop() {
  stopping_.store(true, std::memory_order_release);
  loop_.wake();
}

void ShardThread::join() {
  if (thread_.joinable()) thread_.join();
}

void ShardThread::run_posted() {
  if (!has_posted_.exchange(false, std::memory_order_acquire)) return;
  std::vector<std::function<void(ShardThread&)>> work;
  {
    const std::scoped_lock lock(posted_mutex_);
    work.swap(posted_);
  }
  for (auto& item : work)
    item(*this);
}

std::optional<Duration> ShardThread::time_to_wait() {
  if (shard_.has_work() || has_posted_.load(std::memory_order_acquire)) return Duration::zero();
  Duration wait = kWaitMax;
  const Instant now = clock_.now();
  if (const auto deadline = shard_.next_deadline()) wait = std::min(wait, std::max(Duration::zero(), *deadline - now));
  if (const auto deadline = proxy_stage_.next_deadline()) {
    wait = std::min(wait, std::max(Duration::zero(), *deadline - now));
  }
  if (const auto deadline = gate_.next_deadline()) wait = std::min(wait, std::max(Duration::zero(), *deadline - now));
  return wait;
}

void ShardThread::run() {
  SleepFlag& sleep_flag = exchange_.sleep(shard_.index());
  run_posted();  // what must be known before anybody is accepted
  while (!stopping_.load(std::memory_order_acquire)) {
    auto wait = time_to_wait();
    if (wait > Duration::zero()) {
      // Whoever pushes from here on wakes the loop; whatever was pushed before is seen now.
      sleep_flag.announce_sleep();
      wait = time_to_wait();
    }
    const auto ready = loop_.wait(wait);
    sleep_flag.awake();
    heartbeat_ms_.store(clock_.now().time_since_epoch() / std::chrono::milliseconds(1), std::memory_order_relaxed);
    for (const net::Readiness& readiness : ready) {
      if (readiness.token >= kProxyStageTokens) {
        on_proxy_header(static_cast<std::uint32_t>(readiness.token - kProxyStageTokens), readiness.hung_up);
        continue;
      }
      if (readiness.token >= kApiTokens) {
        shard_.on_api_ready(static_cast<std::uint32_t>(readiness.token - kApiTokens), readiness.hung_up);
        continue;
      }
      if (readiness.token >= kListenerTokens) {
        const auto listener = static_cast<std::size_t>(readiness.token - kListenerTokens);
        if (!watched_[listener]) continue;  // another one failed in this very turn
        if (listeners_[listener].socket.is_shared()) {
          accept_from_shared(listener);
        } else {
          accept_from(listener, kAcceptsPerTurn);
        }
        continue;
      }
      const SlotId id = SlotId::unpack(readiness.token);
      if (readiness.writable) shard_.on_writable(id);
      if (readiness.readable) shard_.on_readable(id, readiness.hung_up);
    }
    if (gate_.next_deadline() && gate_.end_pauses(clock_.now())) watch_those_open();
    turn_away_silent_proxies();
    run_posted();
    shard_.turn();
    if (gate_.is_tls_full() && shard_.opening() < handshakes_max_) {
      gate_.set_tls_full(false);
      watch_those_open();
    }
  }
}

/// The kernel wakes the first in the line of those that wait at a socket, even if it was the first last time. So
/// whoever has taken somebody goes to the end of the line: the shards take turns.
void ShardThread::accept_from_shared(std::size_t listener) {
  accept_from(listener, kSharedAcceptsPerTurn);
  if (!watched_[listener]) return;
  unwatch(listener);
  watch(listener);
}

void ShardThread::accept_from(std::size_t listener, std::size_t budget) {
  ShardListener& from = listeners_[listener];
  const bool is_last_call = budget == kEverybody;
  for (std::size_t n = 0; n < budget && from.socket.is_open(); ++n) {
    if (from.tls && !is_last_call && shard_.opening() >= handshakes_max_) {
      // Who is waiting stays in the kernel's queue.
      gate_.set_tls_full(true);
      return watch_those_open();
    }
    net::Accepted accepted = from.socket.accept();
    if (accepted.status == net::AcceptStatus::kNone) return;
    if (accepted.status != net::AcceptStatus::kAccepted) return on_accept_failed(listener, accepted);
    if (from.serves == config::Serves::kApi) {
      take_for_api(std::move(accepted.socket), from, accepted.peer);
    } else if (from.wants_proxy_header) {
      await_proxy_header(std::move(accepted.socket), listener, accepted.peer);
    } else {
      const int fd = accepted.socket.get();
      if (const SlotId id = take(std::move(accepted.socket), from, accepted.peer)) loop_.add_stream(fd, id.pack());
    }
  }
}

const net::AddressSet& ShardThread::trusted_proxies(const ShardListener& from) const {
  return shard_.session_settings().listeners[from.listener].trusted_proxies;
}

/// Until then it counts for no address, but among all connections.
void ShardThread::await_proxy_header(net::FileDescriptor socket, std::size_t listener, const net::PeerAddress& proxy) {
  if (!trusted_proxies(listeners_[listener]).contains(proxy)) return turn_away(proxy, "is none of trusted_proxies");
  if (admission_.admit({}).verdict == Admission::Verdict::kDrop) return shard_.stats().connections_refused.add();
  const int fd = socket.get();
  const auto timeout = std::chrono::milliseconds(shard_.session_settings().handshake_timeout_ms);
  const SlotId id = proxy_stage_.add({.socket = std::move(socket),
                                      .proxy = proxy,
                                      .listener = static_cast<std::uint16_t>(listener),
                                      .deadline = clock_.now() + timeout});
  loop_.add_stream(fd, kProxyStageTokens + id.index);
}

void ShardThread::on_proxy_header(std::uint32_t index, bool hung_up) {
  const ProxyStage::Waiting* waiting = proxy_stage_.find(index);
  if (waiting == nullptr) return;  // it was dealt with in this very turn
  const net::ProxyHeader header = net::take_proxy_header(waiting->socket.get(), hung_up);
  if (header.status == net::ProxyHeaderStatus::kIncomplete) return;
  ProxyStage::Waiting taken = proxy_stage_.take(index);
  admission_.release(nullptr);
  if (header.status == net::ProxyHeaderStatus::kInvalid) return turn_away(taken.proxy, header.problem);
  const bool has_client = header.status == net::ProxyHeaderStatus::kClient;
  const int fd = taken.socket.get();
  const SlotId id = take(std::move(taken.socket), listeners_[taken.listener], has_client ? header.client : taken.proxy);
  if (id) loop_.change_stream(fd, id.pack());  // the loop knows the socket already
}

void ShardThread::turn_away_silent_proxies() {
  while (const auto late = proxy_stage_.take_expired(clock_.now())) {
    admission_.release(nullptr);
    turn_away(late->proxy, "sent no PROXY header in time");
  }
}

void ShardThread::turn_away(const net::PeerAddress& peer, std::string_view reason) {
  shard_.stats().connections_refused.add();
  observer_.on_turned_away(peer, reason);
}

/// The loop is to watch it under the id that is returned: whatever has come already is reported as readiness right
/// away, and without readiness its handshake times out. None when it was turned away.
SlotId ShardThread::take(net::FileDescriptor socket, const ShardListener& from, const net::PeerAddress& peer) {
  // A trusted proxy's connection is counted for an address once the request has named the client's.
  const bool is_proxy = trusted_proxies(from).contains(peer);
  const auto admitted = admission_.admit(is_proxy ? net::PeerAddress{} : peer);
  if (admitted.verdict == Admission::Verdict::kDrop) {
    shard_.stats().connections_refused.add();
    return {};
  }
  return shard_.accept(transport_for(std::move(socket), from), peer, refusal(admitted.verdict), admitted.address,
                       from.listener);
}

void ShardThread::take_for_api(net::FileDescriptor socket, const ShardListener& from, const net::PeerAddress& peer) {
  const int fd = socket.get();
  if (const auto number = shard_.accept_api(transport_for(std::move(socket), from), peer)) {
    loop_.add_stream(fd, kApiTokens + *number);
  }
}

std::unique_ptr<net::Transport> ShardThread::transport_for(net::FileDescriptor socket, const ShardListener& from) {
  if (from.tls) return std::make_unique<net::TlsTransport>(std::move(socket), tls_, shard_.stats().tls);
  return std::make_unique<net::TcpTransport>(std::move(socket));
}

/// The kernel holds who waits at the others.
void ShardThread::watch_those_open() {
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    const bool wanted = listeners_[i].socket.is_open() && gate_.is_open(i);
    if (wanted == watched_[i]) continue;
    wanted ? watch(i) : unwatch(i);
  }
}

void ShardThread::watch(std::size_t listener) {
  const net::Listener& socket = listeners_[listener].socket;
  watched_[listener] = true;
  if (socket.is_shared()) {
    loop_.add_shared_source(socket.fd(), kListenerTokens + listener);
  } else {
    loop_.add_source(socket.fd(), kListenerTokens + listener);
  }
}

/// Taken out, not switched off: a socket that several loops wait on cannot be, and one that is shut down would go on
/// being reported.
void ShardThread::unwatch(std::size_t listener) {
  watched_[listener] = false;
  loop_.remove(listeners_[listener].socket.fd());
}

/// Trying at once again would only spin. Without file descriptors no listener gives anybody; any other reason is one's
/// own.
void ShardThread::on_accept_failed(std::size_t listener, const net::Accepted& failed) {
  shard_.stats().accept_pauses.add();
  const Instant now = clock_.now();
  if (failed.status == net::AcceptStatus::kOutOfResources) {
    gate_.pause_all(now + kAcceptPause);
  } else {
    gate_.pause(listener, now + kAcceptPause);
  }
  watch_those_open();
  if (now < next_complaint_) return;
  next_complaint_ = now + kComplaintInterval;
  observer_.on_accepting_paused(failed.error);
}

void ShardThread::stop_accepting() {
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    if (!listeners_[i].keeps_queue) accept_from(i, kEverybody);
    // A hold of another shard on the same socket would keep it in this loop.
    if (watched_[i]) unwatch(i);
    listeners_[i].socket.close();
  }
}

}  // namespace switchboard::listen
