#!/usr/bin/env bash
# Library:   OpenSSL 3.0.20 (Debian 12: libssl-dev 3.0.20-1~deb12u2).
# Question:  the peer sends KeyUpdates of TLS 1.3 that ask for one in return, and we only read for now. Which call writes the
#            answers, and how many are there? And with SSL_MODE_AUTO_RETRY cleared, how often does SSL_read come back for them?
# The guess: SSL_read only notes that an answer is due and the next SSL_write sends it, one for all requests so far (this is how
#            the change that put the answers off described it; before it, each SSL_read sent one at once). One WANT_READ a request.
# Seen:      one answer a request, for all that. A lone request is answered by the next SSL_write, as guessed. But an answer that
#            is due is written by the SSL_read that meets the next request, so three requests make SSL_read write two answers and
#            SSL_write the third: who only reads may have to write, and a peer gets as much output as it asks for. With AUTO_RETRY
#            cleared each of these comes back twice with WANT_READ: once having taken the request off the transport and written
#            the answer to the one before, and once more without having read or written a byte.
#
# usage: findings/openssl_key_update_answers.sh
# Needs gcc and apt; client and server are in one process and talk through memory. Exits 1 if the behaviour is not as stated.
set -euo pipefail

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
cd "$temp"
timeout 120 apt-get -qq -o APT::Sandbox::User=root download libssl-dev=3.0.20-1~deb12u2
dpkg -x libssl-dev_*.deb root

cat >probe.c <<'C'
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

static void must(int ok, const char *what) {
  if (ok) return;
  printf("could not %s\n", what);
  exit(2);
}

static void give_certificate(SSL_CTX *context) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *certificate = X509_new();
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  must(X509_sign(certificate, key, EVP_sha256()) > 0, "sign");
  must(SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1, "use the certificate");
  X509_free(certificate);
  EVP_PKEY_free(key);
}

static int count_records(BIO *bio) {
  unsigned char *bytes;
  long size = BIO_get_mem_data(bio, &bytes), at = 0;
  int count = 0;
  for (; at + 5 <= size; ++count) at += 5 + bytes[at + 3] * 256 + bytes[at + 4];
  must(at == size, "find whole records");
  return count;
}

struct seen {
  int by_read;    /* answers written by SSL_read */
  int by_write;   /* answers written by the SSL_write after it */
  int want_read;  /* calls of SSL_read that ended with WANT_READ before the data */
  int idle;       /* those of them that neither took nor wrote a byte */
};

static struct seen ask(SSL_CTX *client_context, SSL_CTX *server_context, int requests, int auto_retry) {
  BIO *to_server = BIO_new(BIO_s_mem()), *to_client = BIO_new(BIO_s_mem());
  SSL *client = SSL_new(client_context), *server = SSL_new(server_context);
  struct seen seen = {0, 0, 0, 0};
  BIO_set_mem_eof_return(to_server, -1);
  BIO_set_mem_eof_return(to_client, -1);
  must(BIO_up_ref(to_server) && BIO_up_ref(to_client), "share");
  SSL_set_bio(client, to_client, to_server);
  SSL_set_bio(server, to_server, to_client);
  SSL_set_connect_state(client);
  SSL_set_accept_state(server);
  if (!auto_retry) SSL_clear_mode(server, SSL_MODE_AUTO_RETRY);
  for (int turn = 0; turn < 6; ++turn) SSL_do_handshake(turn % 2 == 0 ? client : server);
  must(SSL_is_init_finished(client) && SSL_is_init_finished(server), "shake hands");
  must(BIO_pending(to_server) == 0 && BIO_pending(to_client) == 0, "start with nothing under way");

  for (int i = 0; i < requests; ++i) {
    must(SSL_key_update(client, SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake(client) == 1, "update the key");
  }
  must(SSL_write(client, "x", 1) == 1, "write");

  printf("%d request(s), AUTO_RETRY %s\n", requests, auto_retry ? "set" : "cleared");
  for (;;) {
    long in = BIO_pending(to_server), out = BIO_pending(to_client);
    char byte;
    int result = SSL_read(server, &byte, 1);
    long taken = in - BIO_pending(to_server), written = BIO_pending(to_client) - out;
    printf("  SSL_read: %-9s  bytes taken: %3ld  written: %2ld\n", result == 1 ? "data" : "WANT_READ", taken, written);
    if (result == 1) break;
    must(SSL_get_error(server, result) == SSL_ERROR_WANT_READ && ++seen.want_read < 100, "read");
    seen.idle += taken == 0 && written == 0;
  }
  seen.by_read = count_records(to_client);
  must(SSL_write(server, "y", 1) == 1, "write back");
  seen.by_write = count_records(to_client) - seen.by_read - 1;
  printf("  answers written by SSL_read: %d, by SSL_write: %d\n", seen.by_read, seen.by_write);
  SSL_free(client);
  SSL_free(server);
  return seen;
}

static int is(struct seen seen, int by_read, int by_write, int want_read, int idle) {
  return seen.by_read == by_read && seen.by_write == by_write && seen.want_read == want_read && seen.idle == idle;
}

int main(void) {
  SSL_CTX *client_context = SSL_CTX_new(TLS_client_method()), *server_context = SSL_CTX_new(TLS_server_method());
  int as_stated;
  puts(OpenSSL_version(OPENSSL_VERSION));
  give_certificate(server_context);
  SSL_CTX_set_min_proto_version(server_context, TLS1_3_VERSION);
  SSL_CTX_set_num_tickets(server_context, 0);
  as_stated = is(ask(client_context, server_context, 1, 1), 0, 1, 0, 0);
  as_stated &= is(ask(client_context, server_context, 3, 1), 2, 1, 0, 0);
  as_stated &= is(ask(client_context, server_context, 1, 0), 0, 1, 1, 0);
  as_stated &= is(ask(client_context, server_context, 3, 0), 2, 1, 5, 2);
  SSL_CTX_free(client_context);
  SSL_CTX_free(server_context);
  return as_stated ? 0 : 1;
}
C

libraries=(root/usr/lib/*/libssl.a root/usr/lib/*/libcrypto.a)
includes=(root/usr/include/*-linux-gnu)
timeout 120 gcc -Wall -Iroot/usr/include -I"${includes[0]}" probe.c -o probe "${libraries[@]}" -ldl -pthread
if ! OPENSSL_CONF=/dev/null timeout 20 ./probe; then
  echo "not as stated: an answer a request was expected, all but the last written by SSL_read"
  exit 1
fi
echo "as stated: SSL_read writes the answers to all requests but the last"
