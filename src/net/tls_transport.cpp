#include "net/tls_transport.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "base/http_date.h"
#include "net/tls_certificate.h"

namespace switchboard::net {
namespace {

// A socket that has just refused bytes is given small records, so that little is held for it; one that takes all it
// gets is given more before each send, which costs as much for 64 KB as for 12.
constexpr std::uint32_t kSealBytesFirst = 16'384;
constexpr std::uint32_t kSealBytesBlocked = 4'096;
constexpr std::uint32_t kSealBytesMax = 65'536;
// Twice what one write can leave. Only a peer that makes us answer (key updates, alerts) and reads nothing gets there.
constexpr std::size_t kHeldBytesMax = 2 * (kSealBytesMax + 4'096);

// Records without data in one read, each of which may cost 20 us (new keys), and as many more than such with data as a
// connection may send. Who updates keys once an hour, as RFC 8446 section 5.5 would have it, never gets near.
constexpr std::uint32_t kIdleRecordsPerRead = 8;
constexpr std::uint32_t kIdleRecordsMax = 100;

constexpr char kHandshakeRecord = 0x16;  // RFC 8446 section 5.1
constexpr std::size_t kUnreadBytesMax = 65'536;
constexpr std::size_t kRecordOverhead = 64;  // header, padding, tag: more than any has

std::string plain_http_answer(UnixMillis now) {
  return "HTTP/1.1 400 Bad Request\r\n"
         "Date: " +
         http_date(now) +  // RFC 9110 section 6.6.1
         "\r\n"
         "Content-Type: text/plain; charset=utf-8\r\n"
         "Content-Length: 45\r\n"
         "Connection: close\r\n"
         "\r\n"
         "This port speaks TLS: use https:// or wss://\n";
}

}  // namespace

struct TlsTransport::Stream {
  static TlsTransport& of(BIO* bio) { return *static_cast<TlsTransport*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    TlsTransport& self = of(bio);
    if (self.incoming_.empty()) {
      if (self.ended_) return 0;
      self.starved_ = true;
      if (!self.is_reset_) BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t count = std::min(self.incoming_.size(), static_cast<std::size_t>(size));
    std::memcpy(into, self.incoming_.data(), count);
    self.incoming_.remove_prefix(count);
    return static_cast<int>(count);
  }

  /// Takes everything: OpenSSL never has to try again.
  static int write(BIO* bio, const char* bytes, int size) {
    of(bio).context_->sealed().append(bytes, static_cast<std::size_t>(size));
    return size;
  }

  static long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return of(bio).ended_ ? 1 : 0;
    return 0;
  }

  static const BIO_METHOD* method() {
    static const BIO_METHOD* const kMethod = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "switchboard socket");
      BIO_meth_set_read(made, read);
      BIO_meth_set_write(made, write);
      BIO_meth_set_ctrl(made, control);
      return made;
    }();
    return kMethod;
  }
};

TlsTransport::TlsTransport(FileDescriptor socket, std::shared_ptr<TlsContext> context, TlsStats& stats)
    : socket_(std::move(socket)), seal_bytes_(kSealBytesFirst), context_(std::move(context)), stats_(stats) {}

TlsTransport::~TlsTransport() {
  if (state_ == State::kHandshake) stats_.failed.add();
  if (state_ == State::kOpen) say_goodbye();
  SSL_free(ssl_);
}

IoResult TlsTransport::fail(StaticText why) {
  if (is_opening()) stats_.failed.add();
  state_ = State::kFailed;
  failure_ = why;
  return {IoStatus::kFailed, 0};
}

/// Looks at the first byte, so that whoever speaks something else is told so, and silence costs nothing.
IoStatus TlsTransport::begin() {
  char first = 0;
  const ssize_t n = ::recv(socket_.get(), &first, 1, MSG_DONTWAIT | MSG_PEEK);
  if (n < 0) return errno == EAGAIN || errno == EINTR ? IoStatus::kWouldBlock : fail("the connection was reset").status;
  if (n == 0) return IoStatus::kEnd;
  if (first >= 'A' && first <= 'Z') return refuse_plain_http();
  if (first != kHandshakeRecord) {
    drop_unread();
    return fail("the first byte was not a TLS handshake's").status;
  }
  BIO* stream = BIO_new(Stream::method());
  ssl_ = SSL_new(context_->default_context());
  if (ssl_ == nullptr || stream == nullptr) {
    BIO_free(stream);
    return fail("no memory for a TLS connection").status;
  }
  BIO_set_data(stream, this);
  BIO_set_init(stream, 1);
  SSL_set_bio(ssl_, stream, stream);
  SSL_set_accept_state(ssl_);
  state_ = State::kHandshake;
  return IoStatus::kOk;
}

/// Unread bytes at a close would make the kernel reset the connection, and an answer be lost.
void TlsTransport::drop_unread() {
  std::array<char, 4'096> unread;
  for (std::size_t total = 0; total < kUnreadBytesMax;) {
    const ssize_t n = ::recv(socket_.get(), unread.data(), unread.size(), MSG_DONTWAIT);
    if (n <= 0) break;
    total += static_cast<std::size_t>(n);
  }
}

IoStatus TlsTransport::refuse_plain_http() {
  drop_unread();
  const std::string answer = plain_http_answer(context_->unix_ms());
  [[maybe_unused]] const auto sent = ::send(socket_.get(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  ::shutdown(socket_.get(), SHUT_WR);
  return fail("plain HTTP on a TLS port").status;
}

IoResult TlsTransport::read(std::span<char> into) {
  if (state_ == State::kFailed) return {IoStatus::kFailed, 0};
  if (state_ == State::kSilent) {
    if (const IoStatus status = begin(); status != IoStatus::kOk) return {status, 0};
  }
  std::size_t total = 0;
  const IoStatus status = read_records(into, total);
  const bool is_sent = send_sealed();  // handshake messages, alerts
  if (status == IoStatus::kFailed || status == IoStatus::kEnd) {
    // What came before the end is good. The next read finds the end again.
    if (total > 0) return {IoStatus::kLast, total};
    return status == IoStatus::kEnd ? IoResult{IoStatus::kEnd, 0} : fail(failure_);
  }
  if (state_ == State::kFailed) return {IoStatus::kFailed, 0};
  if (!is_sent) return {IoStatus::kHeld, total};
  if (status == IoStatus::kMore) return {IoStatus::kMore, total};
  return {total > 0 ? IoStatus::kOk : IoStatus::kWouldBlock, total};
}

/// Fills `into` as far as the socket has something. kOk: it did, or there is no more for the moment. kMore: there is.
IoStatus TlsTransport::read_records(std::span<char> into, std::size_t& total) {
  // What an earlier read has received and not opened goes first; it lies where records are opened from, as all does.
  const std::string_view left = ahead_.front();
  std::ranges::copy(left, context_->incoming().begin());
  incoming_ = {context_->incoming().data(), left.size()};
  ahead_.consume(left.size());
  const IoStatus status = open_records(into, total);
  ahead_.append(incoming_);
  incoming_ = {};
  return status == IoStatus::kOk && !ahead_.empty() ? IoStatus::kMore : status;
}

/// Behind what has been received. False when the socket has no more: for the moment, for ever, or because it failed.
bool TlsTransport::receive(std::size_t bytes_max) {
  if (drained_ || ended_ || is_reset_) return false;
  const std::span<char> room = context_->incoming();
  const std::size_t size = std::min(bytes_max, room.size());
  const ssize_t n = ::recv(socket_.get(), room.data(), size, MSG_DONTWAIT);
  emptied_ = n < static_cast<ssize_t>(size);
  ended_ = n == 0;
  drained_ = n < 0 && (errno == EAGAIN || errno == EINTR);
  is_reset_ = n < 0 && !drained_;
  if (n > 0) incoming_ = {room.data(), static_cast<std::size_t>(n)};
  return n > 0;
}

/// False when there were too many without.
bool TlsTransport::count_record(bool has_data) {
  if (!has_data) return ++idle_records_ <= kIdleRecordsMax;
  idle_records_ -= idle_records_ > 0 ? 1 : 0;
  return true;
}

IoStatus TlsTransport::open_records(std::span<char> into, std::size_t& total) {
  ERR_clear_error();  // SSL_get_error looks at the thread's queue
  emptied_ = drained_ = false;
  std::uint32_t idle = 0;
  while (total < into.size()) {
    // A short receive has emptied the socket: asking again is a system call for nothing, once there is something to
    // give. Readiness is announced again for what comes later.
    const bool may_receive = !emptied_ || total == 0;
    if (incoming_.empty() && may_receive) receive(into.size() - total + kRecordOverhead);
    starved_ = false;
    const std::size_t waiting = incoming_.size();
    std::size_t moved = 0;
    const int result = SSL_read_ex(ssl_, into.data() + total, into.size() - total, &moved);
    if (state_ == State::kHandshake && SSL_is_init_finished(ssl_) == 1) {
      state_ = State::kOpen;
      BIO_up_ref(context_->sealer());
      SSL_set0_wbio(ssl_, context_->sealer());
      (SSL_session_reused(ssl_) == 1 ? stats_.resumed : stats_.full).add();
    }
    if (result == 1) {
      total += moved;
      count_record(true);
      continue;
    }
    switch (SSL_get_error(ssl_, result)) {
      case SSL_ERROR_WANT_READ:
        if (starved_) {
          // In the middle of a record, perhaps: the rest of it may be there.
          if (drained_ || (emptied_ && total > 0)) return IoStatus::kOk;
          continue;
        }
        // OpenSSL comes back as well when it has answered a record, and has taken nothing meanwhile.
        if (incoming_.size() < waiting && !count_record(false)) {
          failure_ = "sent too many TLS records without data";
          return IoStatus::kFailed;
        }
        if (++idle == kIdleRecordsPerRead) return IoStatus::kMore;
        continue;
      case SSL_ERROR_ZERO_RETURN:
        return IoStatus::kEnd;
      case SSL_ERROR_SSL:
        // The queue's literal says it best ("no shared cipher", "certificate verify failed").
        failure_ = take_openssl_reason();
        return IoStatus::kFailed;
      default:
        failure_ = "the connection was reset";
        return ended_ ? IoStatus::kEnd : IoStatus::kFailed;
    }
  }
  return IoStatus::kOk;
}

IoResult TlsTransport::write(std::string_view bytes) {
  if (state_ != State::kOpen) {
    if (state_ == State::kHandshake) stats_.failed.add();
    if (is_opening()) failure_ = "its TLS handshake was not finished";
    state_ = State::kFailed;
    return {IoStatus::kFailed, 0};
  }
  if (!held_.empty()) {
    if (const IoResult flushed = flush(); flushed.status != IoStatus::kOk) return {flushed.status, 0};
  }
  std::size_t total = 0;
  while (total < bytes.size()) {
    std::size_t sealed = 0;
    const std::size_t size = std::min<std::size_t>(bytes.size() - total, seal_bytes_);
    if (SSL_write_ex(ssl_, bytes.data() + total, size, &sealed) != 1) {
      failure_ = take_openssl_reason();
      context_->sealed().clear();
      return fail(failure_);
    }
    total += sealed;
    if (!send_sealed()) {
      seal_bytes_ = kSealBytesBlocked;
      return state_ == State::kFailed ? IoResult{IoStatus::kFailed, 0} : IoResult{IoStatus::kHeld, total};
    }
    if (size == seal_bytes_) seal_bytes_ = std::min(seal_bytes_ * 2, kSealBytesMax);
  }
  return {IoStatus::kOk, total};
}

/// Hands the kernel what was sealed, behind what is held. False when something is held, or the socket failed.
bool TlsTransport::send_sealed() {
  std::string& sealed = context_->sealed();
  std::size_t taken = 0;
  if (!sealed.empty() && held_.empty()) {
    const ssize_t n = ::send(socket_.get(), sealed.data(), sealed.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) fail("the connection was reset");
    if (n > 0) taken = static_cast<std::size_t>(n);
  }
  if (state_ != State::kFailed && taken < sealed.size()) held_.append(std::string_view(sealed).substr(taken));
  sealed.clear();
  if (held_.size() > kHeldBytesMax) fail("it made us answer and did not read");
  return held_.empty() && state_ != State::kFailed;
}

IoResult TlsTransport::flush() {
  if (state_ == State::kFailed) return {IoStatus::kFailed, 0};
  std::size_t moved = 0;
  while (!held_.empty()) {
    const std::string_view waiting = held_.front();
    const ssize_t n = ::send(socket_.get(), waiting.data(), waiting.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EAGAIN || errno == EINTR) return {IoStatus::kHeld, moved};
      return fail("the connection was reset");
    }
    moved += static_cast<std::size_t>(n);
    held_.consume(static_cast<std::size_t>(n));
  }
  return {IoStatus::kOk, moved};
}

void TlsTransport::say_goodbye() {
  if (said_goodbye_ || !held_.empty()) return;
  said_goodbye_ = true;
  SSL_shutdown(ssl_);
  send_sealed();
}

void TlsTransport::finish_writing() {
  if (state_ == State::kOpen) say_goodbye();
  ::shutdown(socket_.get(), SHUT_WR);
}

}  // namespace switchboard::net
