// What OpenSSL hands out, freed when it is done with, and its bytes. For the .cpp files of this folder alone.
#pragma once

#include <memory>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string_view>

namespace switchboard::auth {

template <auto Free>
struct FreedBy {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, FreedBy<Free>>;

using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using OwnedBio = Owned<BIO, BIO_free>;
using OwnedDigest = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

inline const unsigned char* unsigned_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// Reads this text, which must outlive it.
inline OwnedBio reader_of(std::string_view text) {
  return OwnedBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// For every call that takes such a callback: without one OpenSSL asks at the terminal, and waits there.
inline int no_passphrase(char*, int, int, void*) {
  return -1;
}

/// OpenSSL keeps its errors by thread, for whoever asks next: nobody does for these.
class ErrorsForgotten {
 public:
  ErrorsForgotten() = default;
  ErrorsForgotten(const ErrorsForgotten&) = delete;
  ErrorsForgotten& operator=(const ErrorsForgotten&) = delete;
  ~ErrorsForgotten() { ERR_clear_error(); }
};

}  // namespace switchboard::auth
