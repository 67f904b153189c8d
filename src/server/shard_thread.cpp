#include "server/shard_thread.h"

#include <algorithm>
#include <limits>
#include <pthread.h>
#include <string>

#include "net/tcp_transport.h"

namespace switchboard::server {
namespace {

// A listener's token lies above every client's: a generation of all ones is never reached.
constexpr std::uint64_t kListenerTokens = std::uint64_t{0xffffffff} << 32;
constexpr std::size_t kAcceptsPerTurn = 64;
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);
constexpr Duration kWaitMax = std::chrono::seconds(1);  // so that the heartbeat never looks stale

}  // namespace

ShardThread::ShardThread(std::uint32_t index, shard::ShardSettings settings, const shard::ShardParts& parts,
                         std::vector<net::Listener> listeners, Admission& admission)
    : clock_(parts.clock),
      exchange_(parts.exchange),
      admission_(admission),
      shard_(index, std::move(settings), parts),
      listeners_(std::move(listeners)) {
  exchange_.set_waker(index, [this] { loop_.wake(); });
  for (std::size_t i = 0; i < listeners_.size(); ++i)
    loop_.add_source(listeners_[i].fd(), kListenerTokens + i);
}

ShardThread::~ShardThread() {
  stop();
  join();
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
  if (accept_again_at_) wait = std::min(wait, std::max(Duration::zero(), *accept_again_at_ - now));
  return wait;
}

void ShardThread::run() {
  SleepFlag& sleep_flag = exchange_.sleep(shard_.index());
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
      if (readiness.token >= kListenerTokens) {
        accept_from(static_cast<std::size_t>(readiness.token - kListenerTokens), kAcceptsPerTurn);
        continue;
      }
      const SlotId id = SlotId::unpack(readiness.token);
      if (readiness.writable) shard_.on_writable(id);
      if (readiness.readable) shard_.on_readable(id, readiness.hung_up);
    }
    if (accept_again_at_ && clock_.now() >= *accept_again_at_) resume_accepting();
    run_posted();
    shard_.turn();
  }
}

void ShardThread::accept_from(std::size_t listener, std::size_t budget) {
  for (std::size_t n = 0; n < budget && listeners_[listener].is_open(); ++n) {
    net::Accepted accepted = listeners_[listener].accept();
    if (accepted.status == net::AcceptStatus::kNone) return;
    if (accepted.status == net::AcceptStatus::kOutOfResources) return pause_accepting();
    const auto admitted = admission_.admit(accepted.peer);
    if (admitted.verdict == Admission::Verdict::kDrop) {
      shard_.stats().connections_refused.add();
      continue;
    }
    const int fd = accepted.socket.get();
    const SlotId id =
        shard_.accept(std::make_unique<net::TcpTransport>(std::move(accepted.socket)), accepted.peer,
                      refusal(admitted.verdict), admitted.address);
    // Whatever has come already is reported as readiness right away. Without readiness its handshake times out.
    loop_.add_stream(fd, id.pack());
  }
}

/// Who is waiting stays in the kernel's queue. Trying at once again would only spin.
void ShardThread::pause_accepting() {
  shard_.stats().accept_pauses.add();
  accept_again_at_ = clock_.now() + kAcceptPause;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    if (listeners_[i].is_open()) loop_.enable_source(listeners_[i].fd(), kListenerTokens + i, false);
  }
}

void ShardThread::resume_accepting() {
  accept_again_at_.reset();
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    if (listeners_[i].is_open()) loop_.enable_source(listeners_[i].fd(), kListenerTokens + i, true);
  }
}

void ShardThread::stop_accepting() {
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    accept_from(i, std::numeric_limits<std::size_t>::max());
    listeners_[i].close();
  }
}

}  // namespace switchboard::server
