#include "fetch/http_getter.h"

#include <algorithm>
#include <curl/curl.h>
#include <utility>

#include "base/assert.h"
#include "base/version.h"

namespace switchboard::fetch {
namespace {

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

long milliseconds_of(Duration duration) {
  return std::max(1L, static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()));
}

std::string seconds_text(Duration duration) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return ms % 1'000 == 0 ? std::to_string(ms / 1'000) + " s" : std::to_string(ms) + " ms";
}

}  // namespace

/// One GET. libcurl is given its address, so it stays where it is.
struct HttpGetter::Transfer {
  explicit Transfer(const GetSettings& its_settings) : settings(its_settings) {}
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Both return how much was taken; anything but all of it ends the transfer.
  static std::size_t take_body(char* bytes, std::size_t one, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (transfer.body.size() + count > transfer.settings.body_bytes_max) {
      transfer.is_too_long = true;
      return 0;
    }
    transfer.body.append(bytes, one * count);
    return count;
  }
  /// Heads of 1xx answers and trailers count, too: libcurl keeps them all.
  static std::size_t take_head(char*, std::size_t one, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.head_bytes += one * count;
    if (transfer.head_bytes <= kHeadBytesMax) return count;
    transfer.has_long_head = true;
    return 0;
  }

  /// False when libcurl does not know an option: it is not the one this was written for.
  bool set_up(const std::string& url) {
    headers.reset(curl_slist_append(nullptr, "Accept: application/jwk-set+json, application/json"));
    CURL* const handle = easy.get();
    const auto set = [&](auto option, auto value) { is_set_up &= curl_easy_setopt(handle, option, value) == CURLE_OK; };
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROXY, "");  // else http_proxy and its like are asked
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_FORBID_REUSE, 1L);  // the next one is minutes away
    set(CURLOPT_USERAGENT, user_agent.c_str());
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_TIMEOUT_MS, milliseconds_of(settings.timeout));
    set(CURLOPT_QUICK_EXIT, 1L);  // a name that is still being looked up is not waited for
    set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(settings.body_bytes_max));
    if (!settings.ca_file.empty()) {
      set(CURLOPT_CAINFO, settings.ca_file.c_str());
      set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // else Debian's folder counts besides
    }
    set(CURLOPT_ERRORBUFFER, static_cast<char*>(words));
    set(CURLOPT_WRITEFUNCTION, &Transfer::take_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(CURLOPT_HEADERFUNCTION, &Transfer::take_head);
    set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    return is_set_up;
  }

  std::string problem() const {
    if (is_too_long || code == CURLE_FILESIZE_EXCEEDED) {
      return "sent more than " + std::to_string(settings.body_bytes_max) + " bytes";
    }
    if (has_long_head) return "sent a head of more than " + std::to_string(kHeadBytesMax) + " bytes";
    if (code == CURLE_OPERATION_TIMEDOUT) return "did not answer whole within " + seconds_text(settings.timeout);
    return words[0] != '\0' ? words : curl_easy_strerror(code);
  }

  const GetSettings& settings;
  std::string user_agent = std::string("switchboard/") + version();
  std::unique_ptr<curl_slist, FreeList> headers;
  std::unique_ptr<CURL, FreeEasy> easy{curl_easy_init()};
  char words[CURL_ERROR_SIZE] = {};
  std::string body;
  std::size_t head_bytes = 0;
  bool is_set_up = true;
  bool is_too_long = false;
  bool has_long_head = false;
  bool is_done = false;
  CURLcode code = CURLE_OK;
};

void HttpGetter::FreeMulti::operator()(void* multi) const {
  curl_multi_cleanup(multi);
  curl_global_cleanup();
}

HttpGetter::HttpGetter(GetSettings settings) : settings_(std::move(settings)) {
  // Counted, and safe for threads, in Debian's libcurl ("threadsafe").
  const bool is_there = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  SB_ASSERT(is_there);
  multi_.reset(curl_multi_init());
  SB_ASSERT(multi_);
}

HttpGetter::~HttpGetter() = default;

std::expected<std::string, std::string> HttpGetter::get(const std::string& url) {
  Transfer transfer(settings_);
  if (!transfer.easy || !transfer.set_up(url)) return std::unexpected("cannot be asked: libcurl lacks what is needed");
  curl_multi_add_handle(multi_.get(), transfer.easy.get());
  run(transfer);
  curl_multi_remove_handle(multi_.get(), transfer.easy.get());
  if (!transfer.is_done) return std::unexpected("was not waited for: the server is stopping");
  if (transfer.code != CURLE_OK) return std::unexpected(transfer.problem());
  long status = 0;
  curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status == 200) return std::move(transfer.body);
  return std::unexpected("answered with status " + std::to_string(status) +
                         (status / 100 == 3 ? "; redirects are not followed" : ""));
}

void HttpGetter::run(Transfer& transfer) {
  constexpr int kPollMs = 1'000;  // its own timeouts and `wake` end it sooner
  int running = 1;
  while (!is_stopped()) {
    if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) return;
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      transfer.is_done = true;
      transfer.code = message->data.result;
    }
    if (transfer.is_done || running == 0) return;
    curl_multi_poll(multi_.get(), nullptr, 0, kPollMs, nullptr);
  }
}

void HttpGetter::wait(Duration at_most) {
  if (is_stopped()) return;
  constexpr long kPollMsMax = 24L * 3'600 * 1'000;
  curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(std::min(milliseconds_of(at_most), kPollMsMax)), nullptr);
}

void HttpGetter::wake() {
  curl_multi_wakeup(multi_.get());
}

void HttpGetter::stop() {
  is_stopped_.store(true, std::memory_order_release);
  wake();
}

}  // namespace switchboard::fetch
