#include "cli/bench/tls_client.h"

#include <cerrno>
#include <new>
#include <openssl/err.h>

namespace switchboard::cli::bench {

void TlsClientContext::Free::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}
void TlsClientContext::Free::operator()(SSL_SESSION* session) const {
  SSL_SESSION_free(session);
}

TlsClientContext::TlsClientContext(Resumption resumption)
    : context_(SSL_CTX_new(TLS_client_method())), resumption_(resumption) {
  if (!context_) throw std::bad_alloc();
  SSL_CTX_set_app_data(context_.get(), this);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_mode(context_.get(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context_.get(), 1);
  SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context_.get(), keep_session);
}

int TlsClientContext::keep_session(SSL* ssl, SSL_SESSION* session) {
  auto* self = static_cast<TlsClientContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  if (self->resumption_ == Resumption::kNone) return 0;
  self->session_.reset(session);
  return 1;
}

TlsClient::TlsClient(TlsClientContext& context, int fd) : ssl_(SSL_new(context.context_.get())) {
  if (ssl_ == nullptr || SSL_set_fd(ssl_, fd) != 1) throw std::bad_alloc();
  SSL_set_connect_state(ssl_);
  if (context.session_) SSL_set_session(ssl_, context.session_.get());
}

TlsClient::~TlsClient() {
  // Sessions of connections that were not ended properly could not be resumed.
  SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl_);
}

/// What recv(2) or send(2) would have said.
ssize_t TlsClient::fail(int result) {
  const int system_error = errno;
  const int error = SSL_get_error(ssl_, result);
  ERR_clear_error();
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    errno = EAGAIN;
  } else {
    errno = error == SSL_ERROR_SYSCALL && system_error != 0 ? system_error : EPROTO;
  }
  return -1;
}

ssize_t TlsClient::read(std::span<char> into) {
  std::size_t total = 0;
  while (total < into.size()) {
    std::size_t moved = 0;
    const int result = SSL_read_ex(ssl_, into.data() + total, into.size() - total, &moved);
    if (result != 1) {
      const ssize_t outcome = fail(result);
      return total > 0 ? static_cast<ssize_t>(total) : outcome;  // a failure is found again
    }
    total += moved;
  }
  return static_cast<ssize_t>(total);
}

ssize_t TlsClient::write(std::string_view bytes) {
  std::size_t moved = 0;
  const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &moved);
  return result == 1 ? static_cast<ssize_t>(moved) : fail(result);
}

ssize_t TlsClient::update_key() {
  if (!is_updating_ && SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED) != 1) {
    ERR_clear_error();
    errno = EPROTO;
    return -1;
  }
  const int result = SSL_do_handshake(ssl_);
  is_updating_ = result != 1;
  return result == 1 ? 1 : fail(result);
}

}  // namespace switchboard::cli::bench
