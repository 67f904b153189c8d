#include "cli/bench/crowd.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "cli/bench/json_content.h"

namespace switchboard::cli::bench {
namespace {

constexpr std::uint32_t kUnansweredMax = 128;  // connections dialled but not joined: well below any listen backlog
constexpr int kBatchEvents = 64;
constexpr std::size_t kEnvelopeBytesMax = 4096;  // a frame without its content
constexpr std::uint32_t kBystanderPoller = UINT32_MAX;
constexpr std::int64_t kLeavePatienceNs = 1'000'000'000;  // without a single connection closed

std::size_t publications_hint(const LoadOptions& options) {
  const double seconds = options.time_s + options.warmup_s;
  const double messages = options.rate * seconds + options.bystander_pairs * options.bystander_rate * seconds + 1000;
  return options.window > 0 ? 1'000'000 : static_cast<std::size_t>(std::min(messages, double{kMessagesMax}));
}

timespec until(std::int64_t deadline_ns, std::int64_t now_ns) {
  const std::int64_t wait_ns = std::max<std::int64_t>(deadline_ns - now_ns, 0);
  return {.tv_sec = wait_ns / 1'000'000'000, .tv_nsec = wait_ns % 1'000'000'000};
}

}  // namespace

Crowd::Crowd(const LoadOptions& options, const Endpoint& endpoint, std::vector<std::uint32_t> source_ipv4s)
    : options_(options),
      endpoint_(endpoint),
      tls_(options.tls_resume ? Resumption::kLatest : Resumption::kNone),
      source_ipv4s_(std::move(source_ipv4s)),
      random_(kernel_random()),
      tag_(random_.token(4)),
      stamp_(tag_, options.content_bytes),
      population_(options),
      ledger_(publications_hint(options)),
      poller_(epoll_create1(EPOLL_CLOEXEC)),
      bystander_poller_(epoll_create1(EPOLL_CLOEXEC)),
      buffer_(kReadBytes + kEnvelopeBytesMax + options.content_bytes) {
  SB_ASSERT(poller_.is_open() && bystander_poller_.is_open());
  connections_.reserve(population_.size());
  for (std::uint32_t i = 0; i < population_.size(); ++i)
    connections_.emplace_back(population_.seat(i));
  // Wakes the loop from a longer wait; the bystanders themselves are read at the beginning of the next turn.
  epoll_event event{.events = EPOLLIN, .data = {.u32 = kBystanderPoller}};
  SB_ASSERT(epoll_ctl(poller_.get(), EPOLL_CTL_ADD, bystander_poller_.get(), &event) == 0);
}

void Crowd::watch(int poller, std::uint32_t index, int fd) {
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.u32 = index}};
  SB_ASSERT(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) == 0);
}

void Crowd::dial_next() {
  const std::uint32_t index = dialled_++;
  ClientConnection& connection = connections_[index];
  const SocketOptions socket_options{
      .source_ipv4 = source_ipv4s_.empty() ? 0 : source_ipv4s_[index % source_ipv4s_.size()],
      .receive_buffer_bytes = options_.receive_buffer_bytes};
  if (auto dialled = connection.dial(endpoint_, socket_options); !dialled) return fail(index, dialled.error());
  watch(is_bystander(connection.role) ? bystander_poller_.get() : poller_.get(), index, connection.fd());
}

std::expected<void, std::string> Crowd::join_everybody(Progress& progress) {
  const std::int64_t start_ns = now_ns();
  std::int64_t last_join_ns = start_ns;
  const double per_ns = options_.connect_rate / 1e9;
  while (joined_ < connections_.size() && failure_.empty()) {
    const std::int64_t now = now_ns();
    const auto allowed = options_.connect_rate > 0
                             ? static_cast<std::uint64_t>(static_cast<double>(now - start_ns) * per_ns) + 1
                             : connections_.size();
    while (dialled_ < std::min<std::uint64_t>(allowed, connections_.size()) && dialled_ - joined_ < kUnansweredMax &&
           failure_.empty()) {
      dial_next();
    }
    const std::uint32_t joined_before = joined_;
    turn(now + 1'000'000);
    if (joined_ > joined_before) last_join_ns = now;
    if (now - last_join_ns > kJoinPatienceNs) {
      return std::unexpected("no connection has joined for 30 s; " + std::to_string(joined_) + " are in");
    }
    if (progress.is_due(now)) progress.show("joining: " + std::to_string(joined_), now);
  }
  if (!failure_.empty()) return std::unexpected(failure_);
  return {};
}

void Crowd::turn(std::int64_t until_ns) {
  if (!population_.bystander_publishers().empty()) handle_batch(bystander_poller_.get(), 0);
  handle_batch(poller_.get(), until_ns);
}

void Crowd::handle_batch(int poller, std::int64_t until_ns) {
  epoll_event events[kBatchEvents];
  const timespec timeout = until(until_ns, until_ns == 0 ? 0 : now_ns());
  const int count = epoll_pwait2(poller, events, kBatchEvents, &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    if (events[i].data.u32 != kBystanderPoller) handle(events[i].data.u32, events[i].events);
  }
}

void Crowd::handle(std::uint32_t index, std::uint32_t events) {
  ClientConnection& connection = connections_[index];
  if (connection.phase == Phase::kClosed) return;
  if (connection.phase == Phase::kConnecting) return finish_connect(index);
  if ((events & EPOLLOUT) != 0 && connection.has_unsent() && !connection.flush()) return lose(index);
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    read(index, (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
  }
}

void Crowd::finish_connect(std::uint32_t index) {
  ClientConnection& connection = connections_[index];
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(connection.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(index, std::string("connect: ") + std::strerror(error));
  connection.phase = Phase::kUpgrading;
  if (endpoint_.tls) connection.use_tls(tls_);
  connection.send_upgrade(endpoint_, options_.encoding(), options_.token);
  if (!connection.flush()) fail(index, std::string("send: ") + std::strerror(errno));
}

void Crowd::read(std::uint32_t index, bool has_ended) {
  ClientConnection& connection = connections_[index];
  for (;;) {
    const std::size_t kept = connection.partial.size();
    if (kept > buffer_.size() - kReadBytes) return lose(index);
    std::memcpy(buffer_.data(), connection.partial.data(), kept);
    const ssize_t n = connection.receive({buffer_.data() + kept, kReadBytes});
    if (n <= 0) {
      if (n < 0 && errno == EAGAIN) return;
      return lose(index);
    }
    const std::size_t size = kept + static_cast<std::size_t>(n);
    const std::size_t consumed = consume(index, {buffer_.data(), size}, now_ns());
    if (connection.phase == Phase::kClosed) return;
    connection.partial.assign(buffer_.data() + consumed, size - consumed);
    // Edge-triggered: less than was asked for means that nothing is left (epoll(7)), except the end of the stream.
    if (static_cast<std::size_t>(n) < kReadBytes && !has_ended) return;
  }
}

std::size_t Crowd::consume(std::uint32_t index, std::string_view bytes, std::int64_t now) {
  ClientConnection& connection = connections_[index];
  std::size_t consumed = 0;
  if (connection.phase == Phase::kUpgrading) {
    consumed = consume_upgrade(index, bytes);
    if (connection.phase != Phase::kJoining) return consumed;
  }
  const bool is_publisher = connection.role == Role::kPublisher;
  const std::uint64_t delivered_before = ledger_.tally().delivered;
  consumed += scan_frames(bytes.substr(consumed), [&](const ScannedFrame& frame) {
    if (frame.opcode != ws::Opcode::kText || connection.phase != Phase::kJoined) [[unlikely]] {
      return consume_frame(index, frame);
    }
    const std::string_view push = frame.is_deflated ? inflate(frame.payload) : frame.payload;
    const auto number = stamp_.number_in(push);
    if (!number) [[unlikely]] {
      consume_stranger(push);
      return true;
    }
    frame_bytes_ += frame.bytes();
    deflated_ += frame.is_deflated ? 1 : 0;
    const Publication* publication = ledger_.receive(connection.place, *number, push, now);
    if (is_publisher && publication != nullptr && publication->publisher == index) {
      // Its messages come back in order: whatever it sent before this one will not come any more.
      connection.in_flight = connection.published - publication->own_index - 1;
    }
    return true;
  });
  if (ledger_.tally().delivered != delivered_before) last_delivery_ns_ = now;
  if (is_publisher && window_ > 0) top_up(index, now);
  return consumed;
}

std::size_t Crowd::consume_upgrade(std::uint32_t index, std::string_view bytes) {
  const auto taken = ClientConnection::take_upgrade(bytes, options_.encoding());
  if (!taken) fail(index, taken.error());
  if (!taken || *taken == 0) return 0;
  ClientConnection& connection = connections_[index];
  connection.phase = Phase::kJoining;
  command_ = R"({"type":"join","room_id":")" + room_name(tag_, connection.place.room) + "\"";
  if (options_.token.empty()) command_ += R"(,"user_id":")" + user_name(index) + "\"";  // else it is the token's
  command_ += "}";
  connection.append_frame(ws::Opcode::kText, command_, random_);
  if (!connection.flush()) fail(index, std::string("send: ") + std::strerror(errno));
  return *taken;
}

bool Crowd::consume_frame(std::uint32_t index, const ScannedFrame& frame) {
  ClientConnection& connection = connections_[index];
  switch (frame.opcode) {
    case ws::Opcode::kText:
      if (connection.phase == Phase::kJoining) consume_joined(index, frame.payload);
      break;
    case ws::Opcode::kPing:
      connection.append_frame(ws::Opcode::kPong, frame.payload, random_);
      if (!connection.flush()) lose(index);
      break;
    case ws::Opcode::kClose:
      connection.close_code = ClientConnection::close_code_in(frame.payload);
      // The answer to our own: the server ends the TCP connection first (RFC 6455 section 7.1.1).
      if (connection.phase == Phase::kClosing) break;
      connection.append_frame(ws::Opcode::kClose, frame.payload.substr(0, 2), random_);
      connection.flush();
      lose(index);
      break;
    default:
      break;
  }
  return connection.phase != Phase::kClosed;
}

void Crowd::consume_joined(std::uint32_t index, std::string_view push) {
  ClientConnection& connection = connections_[index];
  if (push.find(R"("type":"joined")") == std::string_view::npos) {
    return fail(index, "the join was answered " + std::string(push.substr(0, 200)));
  }
  connection.phase = Phase::kJoined;
  ++joined_;
  if (connection.role == Role::kSlowReader) epoll_ctl(poller_.get(), EPOLL_CTL_DEL, connection.fd(), nullptr);
}

void Crowd::consume_stranger(std::string_view push) {
  if (first_stranger_.empty()) first_stranger_ = push.substr(0, 200);
  ledger_.count_stranger();
}

std::string_view Crowd::inflate(std::string_view payload) {
  const auto push = deflate_reader_.read(payload, [this](std::string_view message) {
    const auto number = stamp_.number_in(message);
    if (!number) return false;
    std::string content;
    append_content(content, *number);
    return message.find(content) != std::string_view::npos;
  });
  return push.value_or("");
}

void Crowd::append_content(std::string& out, std::uint32_t number) const {
  if (options_.content == ContentKind::kFiller) {
    out += '"';
    stamp_.append_content(out, number);
    out += '"';
    return;
  }
  std::string stamp;
  stamp_.append_stamp(stamp, number);
  append_json_content(out, stamp, number, options_.content_bytes);
}

void Crowd::publish(std::uint32_t index, std::int64_t scheduled_ns, Period period) {
  ClientConnection& connection = connections_[index];
  if (connection.phase != Phase::kJoined || ledger_.is_full()) return;
  const std::uint32_t number =
      ledger_.publish({.scheduled_ns = scheduled_ns,
                       .expected = population_.readers(connection.place.room),
                       .room = connection.place.room,
                       .publisher = index,
                       .own_index = connection.published,
                       .cohort = is_bystander(connection.role) ? Cohort::kBystanders : Cohort::kMembers,
                       .period = period});
  ++connection.published;
  ++connection.in_flight;
  command_ = R"({"type":"broadcast","room_id":")" + room_name(tag_, connection.place.room) + R"(","content":)";
  append_content(command_, number);
  command_ += '}';
  if (!connection.has_unsent()) unflushed_.push_back(index);
  connection.append_frame(ws::Opcode::kText, command_, random_);
}

void Crowd::flush_publishers() {
  for (const std::uint32_t index : unflushed_) {
    if (connections_[index].phase == Phase::kJoined && !connections_[index].flush()) lose(index);
  }
  unflushed_.clear();
}

void Crowd::leave() {
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    ClientConnection& connection = connections_[i];
    if (connection.phase != Phase::kJoined) continue;
    connection.phase = Phase::kClosing;
    ++closing_;
    if (connection.role == Role::kSlowReader) watch(poller_.get(), i, connection.fd());
    connection.append_frame(ws::Opcode::kClose, "\x03\xe8", random_);  // 1000, RFC 6455 section 7.4.1
    if (!connection.flush()) lose(i);
  }
  std::int64_t last_close_ns = now_ns();
  for (std::int64_t now = last_close_ns; closing_ > 0 && now - last_close_ns < kLeavePatienceNs; now = now_ns()) {
    const std::uint32_t before = closing_;
    turn(now + kLeavePatienceNs / 10);
    if (closing_ < before) last_close_ns = now;
  }
  for (ClientConnection& connection : connections_)
    connection.close();
}

void Crowd::set_window(std::uint32_t window, Period period) {
  window_ = window;
  window_period_ = period;
  if (window == 0) return;
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i].role == Role::kPublisher) top_up(i, now_ns());
  }
}

void Crowd::top_up(std::uint32_t index, std::int64_t now) {
  while (connections_[index].in_flight < window_ && connections_[index].phase == Phase::kJoined && !ledger_.is_full()) {
    publish(index, now, window_period_);
  }
}

void Crowd::lose(std::uint32_t index) {
  ClientConnection& connection = connections_[index];
  if (connection.phase == Phase::kClosed) return;
  if (connection.phase == Phase::kClosing) {
    --closing_;
    return connection.close();
  }
  if (connection.phase != Phase::kJoined) {
    return fail(index, "closed by the server before it had joined, code " + std::to_string(connection.close_code));
  }
  if (connection.role != Role::kSlowReader) population_.remove_reader(connection.place.room);
  ++closed_[connection.close_code];
  connection.close();
}

void Crowd::fail(std::uint32_t index, std::string_view why) {
  if (failure_.empty()) failure_ = "connection " + std::to_string(index) + ": " + std::string(why);
  connections_[index].close();
}

}  // namespace switchboard::cli::bench
