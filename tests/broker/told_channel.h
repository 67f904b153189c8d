// A store that does nothing by itself: what it answers to which request, and when, the test says.
#pragma once

#include <deque>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "broker/store.h"

namespace switchboard::broker {

class ToldChannel final : public StoreChannel {
 public:
  bool submit(StoreRequest&& request) override {
    if (is_full) return false;
    requests.push_back(std::move(request));
    return true;
  }
  std::optional<StoreAnswer> take() override {
    if (answers.empty()) return std::nullopt;
    StoreAnswer answer = std::move(answers.front());
    answers.pop_front();
    return answer;
  }
  bool has_answer() override { return !answers.empty(); }
  std::uint32_t opening() override { return opening_now; }
  void flush() override { ++flushes; }

  template <class What>
  const What& request(std::size_t index) {
    return std::get<What>(requests.at(index).what);
  }
  template <class What>
  void answer(std::size_t index, What what) {
    answers.push_back({.ticket = requests.at(index).ticket, .what = std::move(what)});
  }

  bool is_full = false;
  int flushes = 0;
  std::uint32_t opening_now = 1;
  std::vector<StoreRequest> requests;
  std::deque<StoreAnswer> answers;
};

}  // namespace switchboard::broker
