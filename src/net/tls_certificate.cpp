#include "net/tls_certificate.h"

#include <algorithm>
#include <ctime>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <openssl/x509v3.h>

#include "net/regular_file.h"

namespace switchboard::net {
namespace {

constexpr std::int64_t kDayS = 86'400;
constexpr std::int64_t kWarnDays = 14;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

/// A PEM file's text, which may be a private key: wiped when it is done with.
class PemText {
 public:
  static std::expected<PemText, std::string> read(const std::string& path) {
    auto text = read_regular_file(path);
    if (!text) return std::unexpected(path + ": " + text.error());
    return PemText(std::move(*text));
  }
  ~PemText() { OPENSSL_cleanse(text_.data(), text_.size()); }
  PemText(PemText&& other) noexcept = default;
  PemText& operator=(PemText&&) = delete;

  /// Reads this text, which must outlive it.
  Bio reader() const { return Bio(BIO_new_mem_buf(text_.data(), static_cast<int>(text_.size()))); }

 private:
  explicit PemText(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// Nobody is there to type one.
int no_password(char*, int, int, void*) {
  return -1;
}

std::vector<std::string> names_of(X509* leaf) {
  std::vector<std::string> names;
  auto* alternatives = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives, i);
    if (name->type != GEN_DNS) continue;
    const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    std::string host(text, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    std::ranges::transform(host, host.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; });
    names.push_back(std::move(host));
  }
  GENERAL_NAMES_free(alternatives);
  return names;
}

std::int64_t unix_seconds(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return timegm(&parts);
}

}  // namespace

void TlsCertificate::Free::operator()(X509* certificate) const {
  X509_free(certificate);
}
void TlsCertificate::Free::operator()(EVP_PKEY* key) const {
  EVP_PKEY_free(key);
}
void TlsCertificate::Free::operator()(stack_st_X509* chain) const {
  sk_X509_pop_free(chain, X509_free);
}

StaticText take_openssl_reason() {
  const char* text = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return text == nullptr ? StaticText("unknown reason") : StaticText::lasting(text);
}

std::string problem_with_certificate_entry(std::string_view entry) {
  const auto colon = entry.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == entry.size() ||
      entry.find(':', colon + 1) != std::string_view::npos) {
    return "it must be CHAIN:KEY, the paths of two PEM files with one ':' between them";
  }
  return "";
}

std::expected<TlsCertificate, std::string> TlsCertificate::load(std::string_view entry) {
  if (std::string problem = problem_with_certificate_entry(entry); !problem.empty()) {
    return std::unexpected(std::string(entry) + ": " + problem);
  }
  TlsCertificate loaded;
  loaded.chain_path_ = entry.substr(0, entry.find(':'));
  const std::string key_path(entry.substr(entry.find(':') + 1));

  const auto chain_text = PemText::read(loaded.chain_path_);
  if (!chain_text) return std::unexpected(chain_text.error());
  const Bio chain_file = chain_text->reader();
  loaded.leaf_.reset(PEM_read_bio_X509_AUX(chain_file.get(), nullptr, no_password, nullptr));
  if (!loaded.leaf_) {
    return std::unexpected(loaded.chain_path_ +
                           ": no certificate in PEM form at its beginning: " + std::string(take_openssl_reason()));
  }
  loaded.chain_.reset(sk_X509_new_null());
  while (X509* next = PEM_read_bio_X509(chain_file.get(), nullptr, no_password, nullptr))
    sk_X509_push(loaded.chain_.get(), next);
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return std::unexpected(loaded.chain_path_ +
                           ": a certificate of its chain is broken: " + std::string(take_openssl_reason()));
  }
  ERR_clear_error();

  const auto key_text = PemText::read(key_path);
  if (!key_text) return std::unexpected(key_text.error());
  loaded.key_.reset(PEM_read_bio_PrivateKey(key_text->reader().get(), nullptr, no_password, nullptr));
  if (!loaded.key_) {
    const bool is_locked = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_BAD_PASSWORD_READ;
    const std::string reason(take_openssl_reason());
    return std::unexpected(key_path + (is_locked ? ": the private key is protected by a password; store it without one"
                                                 : ": no private key in PEM form: " + reason));
  }
  if (X509_check_private_key(loaded.leaf_.get(), loaded.key_.get()) != 1) {
    ERR_clear_error();
    return std::unexpected(key_path + ": this private key does not belong to the certificate in " + loaded.chain_path_);
  }
  loaded.names_ = names_of(loaded.leaf_.get());
  return loaded;
}

std::string TlsCertificate::warning(std::int64_t unix_s) const {
  const std::int64_t ends = unix_seconds(X509_get0_notAfter(leaf_.get()));
  if (unix_s > ends) return chain_path_ + ": the certificate has expired; clients will refuse it";
  if (unix_s < unix_seconds(X509_get0_notBefore(leaf_.get()))) {
    return chain_path_ + ": the certificate is not valid yet; clients will refuse it";
  }
  if (ends - unix_s > kWarnDays * kDayS) return "";
  return chain_path_ + ": the certificate expires in " + std::to_string((ends - unix_s) / kDayS) + " days";
}

}  // namespace switchboard::net
