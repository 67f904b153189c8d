#include "shard/move_desk.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.h"
#include "session/commands/unasked.h"

namespace switchboard::shard {

using session::Session;
using session::commands::Unasked;

namespace {

constexpr std::size_t kStepsPerTurn = 64;
// What they wait for wakes the shard as a rule; this is for what does not, as a peer that takes its bytes again.
constexpr Duration kLook = std::chrono::milliseconds(50);

}  // namespace

void MoveDesk::begin(std::uint32_t from, const ApiQuestion& question, const MoveUser& move) {
  const std::uint64_t number = ++last_order_;
  std::size_t connections = 0;
  users_.for_each_of(move.user_id, [&](const Client& client) {
    line_.push_back({.order = number, .client = client.session().id()});
    ++connections;
  });
  Order order{.from = from,
              .asker = question.asker,
              .request = question.request,
              .move = move,
              .until = context_.now + std::chrono::milliseconds(settings_.api.answer_timeout_ms),
              .left = connections,
              .count = {}};
  if (connections == 0) {
    finish(number, order);
  } else {
    orders_.emplace(number, std::move(order));
  }
  unlooked_ = line_.size();
}

void MoveDesk::run() {
  if (unlooked_ == 0) unlooked_ = line_.size();
  for (std::size_t n = std::min(unlooked_, kStepsPerTurn); n > 0; --n) {
    Step step = line_.front();
    line_.pop_front();
    --unlooked_;
    const auto found = orders_.find(step.order);
    SB_ASSERT(found != orders_.end() && found->second.left > 0);
    Order& order = found->second;
    if (!look_at(step, order)) {
      line_.push_back(step);
    } else if (--order.left == 0) {
      finish(step.order, order);
    }
  }
}

/// True when it is done with.
bool MoveDesk::look_at(Step& step, Order& order) {
  Client* const client = clients_.find(step.client);
  if (client == nullptr || !client->session().is_open()) return true;  // gone meanwhile: it is in no room
  Session& session = client->session();
  if (context_.now >= order.until) {
    session.owed().release();
    delivery_.on_answered(*client);
    return true;
  }
  if (!step.is_under_way) return move(*client, step, order);
  if (session.owed().awaits_join()) return false;
  ++(session.find_joined(order.move.room_id) ? order.count.connections : order.count.refused);
  return true;
}

bool MoveDesk::move(Client& client, Step& step, Order& order) {
  Session& session = client.session();
  const bool is_join = order.move.way == MoveUser::Way::kIn;
  if (is_join && !homes_.may_ask(session, homes_.of(order.move.room_id))) return false;
  const Unasked outcome = is_join ? session::commands::join_unasked(session, order.move.room_id)
                                  : session::commands::leave_unasked(session, order.move.room_id);
  if (outcome == Unasked::kWaits) return false;
  delivery_.on_answered(client);  // it was told something, and its own commands may go on
  if (outcome == Unasked::kUnderWay) {
    step.is_under_way = true;
    return false;
  }
  ++(outcome == Unasked::kDone ? order.count.connections : order.count.refused);
  return true;
}

void MoveDesk::finish(std::uint64_t number, Order& order) {
  answers_.push_back({.to_shard = order.from, .asker = order.asker, .request = order.request, .count = order.count});
  orders_.erase(number);
}

std::optional<MoveDesk::Answer> MoveDesk::take_answer() {
  if (answers_.empty()) return std::nullopt;
  const Answer answer = answers_.front();
  answers_.pop_front();
  return answer;
}

std::optional<Instant> MoveDesk::next_deadline() const {
  return line_.empty() ? std::nullopt : std::optional(context_.now + kLook);
}

}  // namespace switchboard::shard
