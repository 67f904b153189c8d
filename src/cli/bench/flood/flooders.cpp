#include "cli/bench/flood/flooders.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "cli/bench/population.h"

namespace switchboard::cli::bench {
namespace {

constexpr std::uint32_t kDiallingMax = 64;  // connections dialled but not joined, before the flood
constexpr int kEventsMax = 64;
constexpr std::size_t kPartialBytesMax = 1 << 20;  // of a frame that has not come whole
constexpr std::int64_t kReturnNs = 1'000'000'000;  // seldom enough that handshakes are not the flood
constexpr std::int64_t kClosePatienceNs = 2'000'000'000;

}  // namespace

Flooders::Flooders(const FlooderSettings& settings, const Endpoint& endpoint, std::vector<std::uint32_t> source_ipv4s)
    : settings_(settings),
      endpoint_(endpoint),
      source_ipv4s_(std::move(source_ipv4s)),
      tls_(Resumption::kNone),
      random_(kernel_random()),
      tag_(random_.token(4)),
      poller_(epoll_create1(EPOLL_CLOEXEC)),
      buffer_(kPartialBytesMax + kReadBytes) {
  SB_ASSERT(poller_.is_open());
  flooders_.reserve(settings.clients);
  for (std::uint32_t i = 0; i < settings.clients; ++i)
    flooders_.push_back({.connection = ClientConnection(Seat{i, Role::kPublisher})});
}

std::string Flooders::room_of(std::uint32_t index) const {
  return room_name(tag_, settings_.share_room ? 0 : index, "bench-flood");
}

std::expected<void, std::string> Flooders::begin(Progress& progress) {
  std::int64_t last_join_ns = now_ns();
  std::uint32_t dialled = 0;
  while (joined_ < size() && failure_.empty()) {
    while (dialled < size() && dialled - joined_ < kDiallingMax && failure_.empty())
      dial(dialled++);
    const std::uint32_t joined_before = joined_;
    const std::int64_t now = now_ns();
    wait_for_events(now + 1'000'000);
    if (joined_ > joined_before) last_join_ns = now;
    if (now - last_join_ns > kJoinPatienceNs) failure_ = "no connection has joined for 30 s";
    if (progress.is_due(now)) progress.show("flooders: " + std::to_string(joined_) + " joined", now);
  }
  if (!failure_.empty()) return std::unexpected("the flood could not begin: " + failure_);
  has_begun_ = true;
  return {};
}

void Flooders::turn(std::int64_t until_ns) {
  const std::int64_t now = now_ns();
  if (away_ > 0) dial_returning(now);
  wait_for_events(is_busy_ ? now : until_ns);
  is_busy_ = press_on(now_ns());
}

void Flooders::end() {
  is_ending_ = true;
  for (std::uint32_t i = 0; i < size(); ++i) {
    if (!is_joined(i)) continue;
    connection(i).phase = Phase::kClosing;
    connection(i).append_frame(ws::Opcode::kClose, "\x03\xe8", random_);  // 1000 (RFC 6455 section 7.4.1)
    flush(i);
  }
  const std::int64_t end_ns = now_ns() + kClosePatienceNs;
  for (std::int64_t now = now_ns(); open_ > 0 && now < end_ns; now = now_ns())
    wait_for_events(std::min(end_ns, now + 100'000'000));
  // What the server has not read yet would keep it busy after the run.
  for (Flooder& flooder : flooders_)
    flooder.connection.abort();
}

void Flooders::dial(std::uint32_t index) {
  Flooder& flooder = flooders_[index];
  flooder.connection = ClientConnection(Seat{index, Role::kPublisher});
  flooder.returns_ns = INT64_MAX;
  ++open_;
  const SocketOptions options{.source_ipv4 = source_ipv4s_.empty() ? 0 : source_ipv4s_[index % source_ipv4s_.size()]};
  if (auto dialled = flooder.connection.dial(endpoint_, options); !dialled) return fail(index, dialled.error());
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.u32 = index}};
  SB_ASSERT(epoll_ctl(poller_.get(), EPOLL_CTL_ADD, flooder.connection.fd(), &event) == 0);
}

void Flooders::dial_returning(std::int64_t now) {
  for (std::uint32_t i = 0; i < size(); ++i) {
    if (flooders_[i].returns_ns > now) continue;
    --away_;
    ++counts_.returns;
    dial(i);
  }
}

void Flooders::wait_for_events(std::int64_t until_ns) {
  epoll_event events[kEventsMax];
  const std::int64_t wait_ns = std::max<std::int64_t>(until_ns - now_ns(), 0);
  const timespec timeout{.tv_sec = wait_ns / 1'000'000'000, .tv_nsec = wait_ns % 1'000'000'000};
  const int count = epoll_pwait2(poller_.get(), events, kEventsMax, &timeout, nullptr);
  for (int i = 0; i < count; ++i)
    handle(events[i].data.u32, events[i].events);
}

void Flooders::handle(std::uint32_t index, std::uint32_t events) {
  ClientConnection& connection = flooders_[index].connection;
  if (connection.phase == Phase::kClosed) return;
  if (connection.phase == Phase::kConnecting) return finish_connect(index);
  if ((events & EPOLLOUT) != 0) {
    if (connection.has_unsent()) flush(index);
    if (connection.phase == Phase::kJoined) on_writable(index);
  }
  if (connection.phase != Phase::kClosed && (events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) read(index);
}

void Flooders::finish_connect(std::uint32_t index) {
  ClientConnection& connection = flooders_[index].connection;
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(connection.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(index, std::string("connect: ") + std::strerror(error));
  connection.phase = Phase::kUpgrading;
  if (endpoint_.tls) connection.use_tls(tls_);
  connection.send_upgrade(endpoint_, settings_.encoding, {});
  flush(index);
}

void Flooders::read(std::uint32_t index) {
  ClientConnection& connection = flooders_[index].connection;
  // Until the socket has no more: it is watched for edges.
  while (connection.phase != Phase::kClosed) {
    const std::size_t kept = connection.partial.size();
    if (kept > kPartialBytesMax) return lose(index);
    std::memcpy(buffer_.data(), connection.partial.data(), kept);
    const ssize_t n = connection.receive({buffer_.data() + kept, kReadBytes});
    if (n <= 0) {
      if (n == 0 || errno != EAGAIN) lose(index);
      return;
    }
    const std::string_view bytes(buffer_.data(), kept + static_cast<std::size_t>(n));
    std::size_t consumed = 0;
    if (connection.phase == Phase::kUpgrading) consumed = consume_upgrade(index, bytes);
    if (connection.phase != Phase::kUpgrading && connection.phase != Phase::kClosed) {
      consumed +=
          scan_frames(bytes.substr(consumed), [&](const ScannedFrame& frame) { return consume_frame(index, frame); });
    }
    if (connection.phase == Phase::kClosed) return;
    connection.partial.assign(bytes.substr(consumed));
  }
}

std::size_t Flooders::consume_upgrade(std::uint32_t index, std::string_view bytes) {
  const auto taken = ClientConnection::take_upgrade(bytes, settings_.encoding);
  if (!taken) fail(index, taken.error());
  if (!taken || *taken == 0) return 0;
  ClientConnection& connection = flooders_[index].connection;
  connection.phase = Phase::kJoining;
  connection.append_frame(
      ws::Opcode::kText,
      R"({"type":"join","room_id":")" + room_of(index) + R"(","user_id":")" + user_name(index) + R"("})", random_);
  flush(index);
  return *taken;
}

bool Flooders::consume_frame(std::uint32_t index, const ScannedFrame& frame) {
  ClientConnection& connection = flooders_[index].connection;
  switch (frame.opcode) {
    case ws::Opcode::kText:
      if (!frame.is_deflated) consume_text(index, frame.payload);  // short answers never are
      break;
    case ws::Opcode::kPing:
      connection.append_frame(ws::Opcode::kPong, frame.payload, random_);
      flush(index);
      break;
    case ws::Opcode::kClose:
      connection.close_code = ClientConnection::close_code_in(frame.payload);
      if (connection.phase != Phase::kClosing) {
        connection.append_frame(ws::Opcode::kClose, frame.payload.substr(0, 2), random_);
        flush(index);
      }
      lose(index);
      break;
    default:
      break;
  }
  return connection.phase != Phase::kClosed;
}

void Flooders::consume_text(std::uint32_t index, std::string_view push) {
  ClientConnection& connection = flooders_[index].connection;
  if (connection.phase == Phase::kJoining) {
    if (!push.starts_with(R"({"type":"joined")")) {
      return fail(index, "the join was answered " + std::string(push.substr(0, 200)));
    }
    connection.phase = Phase::kJoined;
    ++joined_;
    on_joined(index);
  } else if (push.starts_with(R"({"type":"error")")) {
    ++counts_.refused;
  } else if (connection.phase == Phase::kJoined) {
    on_push(index, push);
  }
}

void Flooders::flush(std::uint32_t index) {
  ClientConnection& connection = flooders_[index].connection;
  if (connection.phase == Phase::kClosed || connection.flush()) return;
  // The server has closed it; its Close frame, if there was one, is still to be read.
  if (errno != EPIPE && errno != ECONNRESET) return lose(index);
}

void Flooders::lose(std::uint32_t index) {
  Flooder& flooder = flooders_[index];
  if (flooder.connection.phase == Phase::kClosed) return;
  if (!has_begun_) {
    return fail(index,
                "closed by the server before it had joined, code " + std::to_string(flooder.connection.close_code));
  }
  const bool was_joined = flooder.connection.phase == Phase::kJoined;
  if (was_joined) --joined_;
  --open_;
  if (!is_ending_) {
    ++counts_.closed[flooder.connection.close_code];
    flooder.returns_ns = now_ns() + kReturnNs;
    ++away_;
  }
  flooder.connection.close();
  if (was_joined) on_lost(index);
}

void Flooders::fail(std::uint32_t index, const std::string& why) {
  if (has_begun_) return lose(index);
  if (failure_.empty()) failure_ = "connection " + std::to_string(index) + ": " + why;
  flooders_[index].connection.close();
}

}  // namespace switchboard::cli::bench
