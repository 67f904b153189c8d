#!/usr/bin/env bash
# Library:   OpenSSL 3.0.20 (Debian 12: libssl-dev 3.0.20-1~deb12u2).
# Question:  SSL_MODE_AUTO_RETRY is cleared, so that SSL_read comes back after a record that brings no data, such as a KeyUpdate of
#            TLS 1.3. Does it do so with SSL_set_read_ahead, too?
# The guess: yes: every such record ends the call with SSL_ERROR_WANT_READ, wherever its bytes were taken from. The manual page of
#            SSL_CTX_set_read_ahead says so as well: it advises against the pair, since SSL_read would then come back while a
#            complete record lies unread in its own buffer.
# Seen:      no. While anything read ahead is left, SSL_read goes on with the next record as if AUTO_RETRY were set, through any
#            number of KeyUpdates up to the data behind them. The cleared mode works only record by record, without reading ahead.
#            So it does not bound the work of one call when reading ahead, and what the manual warns of does not come about here.
#
# usage: findings/openssl_read_ahead_auto_retry.sh
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

#define UPDATES 100

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

/* The calls of SSL_read that ended with WANT_READ before the byte behind the KeyUpdates came. */
static int count_want_read(SSL_CTX *client_context, SSL_CTX *server_context, int read_ahead) {
  BIO *to_server = BIO_new(BIO_s_mem()), *to_client = BIO_new(BIO_s_mem());
  SSL *client = SSL_new(client_context), *server = SSL_new(server_context);
  char byte;
  int count = 0, result;
  BIO_set_mem_eof_return(to_server, -1);
  BIO_set_mem_eof_return(to_client, -1);
  must(BIO_up_ref(to_server) && BIO_up_ref(to_client), "share");
  SSL_set_bio(client, to_client, to_server);
  SSL_set_bio(server, to_server, to_client);
  SSL_set_connect_state(client);
  SSL_set_accept_state(server);
  SSL_clear_mode(server, SSL_MODE_AUTO_RETRY);
  SSL_set_read_ahead(server, read_ahead);
  for (int turn = 0; turn < 6; ++turn) SSL_do_handshake(turn % 2 == 0 ? client : server);
  must(SSL_is_init_finished(client) && SSL_is_init_finished(server) && BIO_pending(to_server) == 0, "shake hands");

  for (int i = 0; i < UPDATES; ++i) {
    must(SSL_key_update(client, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 && SSL_do_handshake(client) == 1, "update the key");
  }
  must(SSL_write(client, "x", 1) == 1, "write");
  while ((result = SSL_read(server, &byte, 1)) != 1) {
    must(SSL_get_error(server, result) == SSL_ERROR_WANT_READ && ++count <= 2 * UPDATES, "read");
  }
  printf("read_ahead=%d: %d KeyUpdates and 1 byte of data, %d times WANT_READ before the byte\n", read_ahead, UPDATES, count);
  SSL_free(client);
  SSL_free(server);
  return count;
}

int main(void) {
  SSL_CTX *client_context = SSL_CTX_new(TLS_client_method()), *server_context = SSL_CTX_new(TLS_server_method());
  int without, with;
  puts(OpenSSL_version(OPENSSL_VERSION));
  give_certificate(server_context);
  SSL_CTX_set_min_proto_version(server_context, TLS1_3_VERSION);
  without = count_want_read(client_context, server_context, 0);
  with = count_want_read(client_context, server_context, 1);
  SSL_CTX_free(client_context);
  SSL_CTX_free(server_context);
  return without == UPDATES && with == 0 ? 0 : 1;
}
C

libraries=(root/usr/lib/*/libssl.a root/usr/lib/*/libcrypto.a)
includes=(root/usr/include/*-linux-gnu)
timeout 120 gcc -Wall -Iroot/usr/include -I"${includes[0]}" probe.c -o probe "${libraries[@]}" -ldl -pthread
if ! OPENSSL_CONF=/dev/null timeout 20 ./probe; then
  echo "not as stated: one WANT_READ for each KeyUpdate without reading ahead, and none with it, was expected"
  exit 1
fi
echo "as stated: with reading ahead, the cleared SSL_MODE_AUTO_RETRY has no effect"
