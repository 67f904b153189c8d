#include "fetch/http_getter.h"

#include <utility>

namespace switchboard::fetch {
namespace {

constexpr std::uint64_t kTicket = 0;      // there is one at a time
constexpr std::chrono::seconds kTurn(1);  // its own timeout and `wake` end it sooner

}  // namespace

std::expected<std::string, std::string> HttpGetter::get(const std::string& url) {
  client_.start(kTicket, {.url = url,
                          .headers = {"Accept: application/jwk-set+json, application/json"},
                          .body = std::nullopt,
                          .timeout = settings_.timeout,
                          .body_bytes_max = settings_.body_bytes_max,
                          .ca_file = settings_.ca_file});
  auto done = client_.take_done();
  while (!done && !client_.is_stopped()) {
    client_.run(kTurn);
    done = client_.take_done();
  }
  if (!done) {
    client_.cancel(kTicket);
    return std::unexpected("was not waited for: the server is stopping");
  }
  if (!done->second) return std::unexpected(std::move(done->second.error()));
  HttpAnswer& answer = *done->second;
  if (answer.status == 200) return std::move(answer.body);
  return std::unexpected("answered with status " + std::to_string(answer.status) +
                         (answer.status / 100 == 3 ? "; redirects are not followed" : ""));
}

}  // namespace switchboard::fetch
