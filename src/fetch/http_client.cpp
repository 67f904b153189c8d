#include "fetch/http_client.h"

#include <algorithm>
#include <curl/curl.h>
#include <utility>

#include "base/assert.h"
#include "base/version.h"
#include "net/address_set.h"
#include "net/outbound_socket.h"

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

/// One request. libcurl is given its address, so it stays where it is.
struct HttpClient::Transfer {
  Transfer(std::uint64_t its_ticket, HttpRequest its_request) : ticket(its_ticket), request(std::move(its_request)) {}
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Both return how much was taken; anything but all of it ends the transfer.
  static std::size_t take_body(char* bytes, std::size_t one, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (transfer.body.size() + count > transfer.request.body_bytes_max) {
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
  /// Before each connection that is tried: here the address is known that a name has come to.
  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (transfer.request.reach == Reach::kPublicOnly && net::is_special_purpose(net::peer_address_of(address->addr))) {
      transfer.forbidden = net::peer_address_of(address->addr).ip_text();
      return CURL_SOCKET_BAD;
    }
    return net::open_stream_socket(address->family, address->socktype, address->protocol);
  }

  /// Before the request is sent, also on a connection that was made for another one, which may have gone anywhere.
  static int check_peer(void* self, char* address, char*, int, int) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (transfer.request.reach == Reach::kAnywhere) return CURL_PREREQFUNC_OK;
    const auto ip = net::parse_ip(address);
    if (ip && !net::is_special_purpose({.ip = *ip})) return CURL_PREREQFUNC_OK;
    transfer.forbidden = address;
    return CURL_PREREQFUNC_ABORT;
  }

  /// False when libcurl does not know an option: it is not the one this was written for.
  bool set_up() {
    for (const std::string& header : request.headers)
      headers.reset(curl_slist_append(headers.release(), header.c_str()));
    CURL* const handle = easy.get();
    bool is_set_up = true;
    const auto set = [&](auto option, auto value) { is_set_up &= curl_easy_setopt(handle, option, value) == CURLE_OK; };
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PRIVATE, static_cast<void*>(this));
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROXY, "");  // else http_proxy and its like are asked
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_FORBID_REUSE, request.keep_alive == KeepAlive::kNo ? 1L : 0L);
    set(CURLOPT_USERAGENT, user_agent.c_str());
    if (request.body) {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDS, request.body->data());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
      // Without it libcurl waits up to a second for a 100 that few servers send.
      headers.reset(curl_slist_append(headers.release(), "Expect:"));
    }
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_TIMEOUT_MS, milliseconds_of(request.timeout));
    set(CURLOPT_QUICK_EXIT, 1L);  // a name that is still being looked up is not waited for
    set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request.body_bytes_max));
    if (!request.ca_file.empty()) {
      set(CURLOPT_CAINFO, request.ca_file.c_str());
      set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // else Debian's folder counts besides
    }
    set(CURLOPT_ERRORBUFFER, static_cast<char*>(words));
    set(CURLOPT_WRITEFUNCTION, &Transfer::take_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(CURLOPT_HEADERFUNCTION, &Transfer::take_head);
    set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::open_socket);
    set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
    set(CURLOPT_PREREQFUNCTION, &Transfer::check_peer);
    set(CURLOPT_PREREQDATA, static_cast<void*>(this));
    return is_set_up;
  }

  HttpOutcome outcome(CURLcode code) {
    if (code != CURLE_OK) return std::unexpected(problem(code));
    HttpAnswer answer;
    long status = 0;
    curl_off_t retry_after_s = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy.get(), CURLINFO_RETRY_AFTER, &retry_after_s);
    answer.status = static_cast<int>(status);
    answer.body = std::move(body);
    constexpr curl_off_t kYearS = 365 * 24 * 3'600;
    if (retry_after_s > 0) answer.retry_after = std::chrono::seconds(std::min(retry_after_s, kYearS));
    return answer;
  }

  std::string problem(CURLcode code) const {
    if (is_too_long || code == CURLE_FILESIZE_EXCEEDED) {
      return "sent more than " + std::to_string(request.body_bytes_max) + " bytes";
    }
    if (has_long_head) return "sent a head of more than " + std::to_string(kHeadBytesMax) + " bytes";
    if (!forbidden.empty()) return "has the address " + forbidden + ", which is none of the public internet";
    if (code == CURLE_OPERATION_TIMEDOUT) return "did not answer whole within " + seconds_text(request.timeout);
    return words[0] != '\0' ? words : curl_easy_strerror(code);
  }

  const std::uint64_t ticket;
  const HttpRequest request;
  const std::string user_agent = std::string("switchboard/") + version();
  std::unique_ptr<curl_slist, FreeList> headers;
  std::unique_ptr<CURL, FreeEasy> easy{curl_easy_init()};
  char words[CURL_ERROR_SIZE] = {};
  std::string body;
  std::string forbidden;  // the address it was not let connect to
  std::size_t head_bytes = 0;
  bool is_too_long = false;
  bool has_long_head = false;
};

void HttpClient::FreeMulti::operator()(void* multi) const {
  curl_multi_cleanup(multi);
  curl_global_cleanup();
}

HttpClient::HttpClient() {
  // Counted, and safe for threads, in Debian's libcurl ("threadsafe").
  const bool is_there = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  SB_ASSERT(is_there);
  multi_.reset(curl_multi_init());
  SB_ASSERT(multi_);
}

HttpClient::~HttpClient() {
  for (const auto& [ticket, transfer] : transfers_)
    curl_multi_remove_handle(multi_.get(), transfer->easy.get());
}

void HttpClient::start(std::uint64_t ticket, HttpRequest request) {
  const auto [at, is_new] = transfers_.emplace(ticket, std::make_unique<Transfer>(ticket, std::move(request)));
  SB_ASSERT(is_new);
  Transfer& transfer = *at->second;
  if (!transfer.easy || !transfer.set_up()) {
    transfers_.erase(at);
    done_.emplace_back(ticket, std::unexpected("cannot be asked: libcurl lacks what is needed"));
    return;
  }
  curl_multi_add_handle(multi_.get(), transfer.easy.get());
}

void HttpClient::cancel(std::uint64_t ticket) {
  std::erase_if(done_, [&](const auto& done) { return done.first == ticket; });
  const auto found = transfers_.find(ticket);
  if (found == transfers_.end()) return;
  curl_multi_remove_handle(multi_.get(), found->second->easy.get());
  transfers_.erase(found);
}

void HttpClient::end(std::uint64_t ticket, HttpOutcome outcome) {
  const auto found = transfers_.find(ticket);
  curl_multi_remove_handle(multi_.get(), found->second->easy.get());
  transfers_.erase(found);
  done_.emplace_back(ticket, std::move(outcome));
}

void HttpClient::run(Duration at_most) {
  int running = 0;
  if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) return;
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    void* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    auto& ended = *static_cast<Transfer*>(transfer);
    end(ended.ticket, ended.outcome(message->data.result));
  }
  if (!done_.empty() || is_stopped()) return;
  constexpr long kPollMsMax = 24L * 3'600 * 1'000;
  if (at_most <= Duration::zero()) return;
  curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(std::min(milliseconds_of(at_most), kPollMsMax)), nullptr);
}

std::optional<std::pair<std::uint64_t, HttpOutcome>> HttpClient::take_done() {
  if (done_.empty()) return std::nullopt;
  auto done = std::move(done_.front());
  done_.pop_front();
  return done;
}

void HttpClient::wake() {
  curl_multi_wakeup(multi_.get());
}

void HttpClient::stop() {
  is_stopped_.store(true, std::memory_order_release);
  wake();
}

}  // namespace switchboard::fetch
