#include "cli/bench/flood/burst_flood.h"

namespace switchboard::cli::bench {
namespace {

// A server that makes some clients wait for seconds does not end the flood of all others.
constexpr std::int64_t kRoundPatienceNs = 1'000'000'000;

}  // namespace

BurstFlood::BurstFlood(FloodKind kind, std::uint32_t clients, const Endpoint& endpoint,
                       std::vector<std::uint32_t> source_ipv4s)
    : Flooders({.clients = clients,
                .share_room = kind == FloodKind::kHistory,
                .encoding = kind == FloodKind::kDeflated ? ws::Encoding::kDeflated : ws::Encoding::kPlain},
               endpoint, std::move(source_ipv4s)),
      under_way_max_(kind == FloodKind::kHistory ? 2 : 1),
      is_together_(kind != FloodKind::kHistory),
      states_(clients) {
  for (std::uint32_t i = 0; i < clients; ++i)
    states_[i].burst = make_burst(kind, room_of(i), static_cast<std::uint32_t>(random().next()));
}

bool BurstFlood::press_on(std::int64_t now_ns) {
  if (is_together_ && under_way_ > 0 && now_ns - last_answer_ns_ < kRoundPatienceNs) return false;
  bool has_sent = false;
  for (std::uint32_t i = 0; i < size(); ++i) {
    while (is_joined(i) && states_[i].under_way < under_way_max_) {
      send(i);
      has_sent = true;
    }
  }
  if (!has_sent) return false;
  last_answer_ns_ = now_ns;
  if (is_together_) ++count().rounds;
  return false;
}

void BurstFlood::send(std::uint32_t index) {
  State& state = states_[index];
  ++state.under_way;
  ++under_way_;
  count().messages += state.burst.messages;
  count().bytes += state.burst.bytes.size();
  connection(index).append_bytes(state.burst.bytes);
  flush(index);
}

void BurstFlood::on_push(std::uint32_t index, std::string_view push) {
  if (!answers_burst(push) || states_[index].under_way == 0) return;
  --states_[index].under_way;
  --under_way_;
  last_answer_ns_ = now_ns();
}

void BurstFlood::on_lost(std::uint32_t index) {
  under_way_ -= states_[index].under_way;
  states_[index].under_way = 0;
}

}  // namespace switchboard::cli::bench
