#include "shard/history_desk.h"

#include <utility>

#include "base/assert.h"
#include "shard/failure_code.h"

namespace switchboard::shard {

using protocol::ErrorCode;
using session::Attempt;
using session::Session;

void HistoryDesk::begin_replay(Client& client, SlotId view_id, std::uint32_t slot, Seq last, Seq live_from) {
  RoomView& view = views_.at(view_id);
  if (client.replaying) replays_.end(client, view_id);  // of the same membership, while it was implicit
  if (view.room.member(client.session().memberships()[slot].member).cursor > last) {
    return client.session().on_caught_up({.room_id = view.room.id(), .seq = last});
  }
  replays_.begin(client, view_id, last, live_from);
  sweep_.want(client);
}

// --- what sessions ask ---------------------------------------------------------------------------------------------

Attempt HistoryDesk::query(Session& session, std::uint32_t slot, const protocol::History& history,
                           std::string_view command_id) {
  const SlotId view_id = session.memberships()[slot].room;
  const RoomView& view = views_.at(view_id);
  if (!view.keeps_history()) {
    session.on_reply(
        session::Refused{session::Asked::kHistory, view.room.id(), command_id, ErrorCode::kHistoryUnavailable});
    return Attempt::kDone;
  }
  // Nothing is told here that is not in the log yet: the members have not been given it either.
  HistoryQuery asked({.client = session.id(), .view = view_id, .format = wire::plain_of(view.format)}, history,
                     command_id, view.epoch, view.room.log.end(), context_.settings.reply_bytes_max);
  const auto range = asked.next_range();
  if (!range) {
    answer(clients_.at(session.id()), view, asked);
    return Attempt::kDone;
  }
  if (!homes_.may_ask(session, view.home)) return homes_.wait(session, view.home);
  const std::uint64_t ticket = queries_.add(std::move(asked));
  if (queries_.at_work() > settings_.replays_max) {
    queries_.waiting().push_back(ticket);
    return Attempt::kPending;
  }
  const bool is_asked = request_page(view_id, *range, {PageTicket::For::kHistory, ticket});
  SB_ASSERT(is_asked);
  return queries_.find(ticket) == nullptr ? Attempt::kDone : Attempt::kPending;
}

// --- what is asked of homes ----------------------------------------------------------------------------------------

/// The page comes by `on_page`, at once where there can be none. False when the mailbox is full.
bool HistoryDesk::request_page(SlotId view_id, const broker::ReadRange& range, PageTicket ticket) {
  const RoomView* view = views_.find(view_id);
  if (view == nullptr || !view->home_room) {  // not joined any more: its home knows nothing of it
    on_page(ticket, std::unexpected(broker::Failure::kUnreadable));
    return true;
  }
  const bool is_sent = homes_.read(view->home, {.home_room = view->home_room,
                                                .wish = {.range = range, .format = wire::plain_of(view->format)},
                                                .ticket = ticket});
  if (!is_sent) blocked_by_ = view->home;
  return is_sent;
}

/// Pages are asked for in order: while the way to the home of the first is full, the others wait, too.
bool HistoryDesk::has_work() const {
  if (!replays_.has_work() && !query_may_begin()) return false;
  return !blocked_by_ || homes_.has_room(*blocked_by_);
}

void HistoryDesk::run() {
  blocked_by_.reset();
  replays_.ask_for_pages(context_.now, [this](SlotId view, const broker::ReadRange& range, std::uint64_t ticket) {
    return request_page(view, range, {PageTicket::For::kReplay, ticket});
  });
  // Whoever finds the mailbox full stays at the front.
  while (query_may_begin()) {
    const std::uint64_t ticket = queries_.waiting().front();
    queries_.waiting().pop_front();
    HistoryQuery* query = queries_.find(ticket);
    if (query != nullptr && read_on(ticket, *query) && blocked_by_) return;
  }
}

/// Pages that queries have been given are held until they are answered: so many at once, the others wait.
bool HistoryDesk::query_may_begin() const {
  return !queries_.waiting().empty() && queries_.at_work() < settings_.replays_max;
}

// --- what comes back -----------------------------------------------------------------------------------------------

void HistoryDesk::on_page(PageTicket ticket, const wire::PageOrError& page) {
  switch (ticket.what) {
    case PageTicket::For::kHistory:
      return on_query_page(ticket.number, page);
    case PageTicket::For::kReplay:
      if (Client* client = replays_.on_page(ticket.number, page, context_.now)) sweep_.want(*client);
      return;
    case PageTicket::For::kApi:
      SB_ASSERT(false && "pages of the API do not come here");
  }
}

void HistoryDesk::on_query_page(std::uint64_t ticket, const wire::PageOrError& page) {
  HistoryQuery* query = queries_.find(ticket);
  if (query == nullptr) return;
  Client* client = clients_.find(query->client());
  const RoomView* view = views_.find(query->view());
  if (client == nullptr || view == nullptr) return queries_.erase(ticket);  // it has ended meanwhile
  if (page) {
    query->take(*page);
    if (read_on(ticket, *query)) return;
    answer(*client, *view, *query);
  } else {
    client->session().on_reply(
        session::Refused{session::Asked::kHistory, view->room.id(), query->command_id(), code_of(page.error())});
  }
  queries_.erase(ticket);
  if (client->connection.paused()) delivery_.resumable().push_back(client->session().id());
  sweep_.want(*client);  // writes the answer
}

/// True when more is to be read, and is asked for.
bool HistoryDesk::read_on(std::uint64_t ticket, HistoryQuery& query) {
  const auto range = query.next_range();
  if (!range) return false;
  // The answer may come, and the query be over, during the call.
  if (!request_page(query.view(), *range, {PageTicket::For::kHistory, ticket})) queries_.waiting().push_front(ticket);
  return true;
}

/// An answer is counted before it is made: who asks and does not read must not fill the memory.
void HistoryDesk::answer(Client& client, const RoomView& view, HistoryQuery& query) {
  if (!outboxes_.make_room(query.bytes())) {
    return client.session().on_reply(
        session::Refused{session::Asked::kHistory, view.room.id(), query.command_id(), ErrorCode::kUnavailable});
  }
  client.session().on_reply(query.answer(view.room.id()));
}

}  // namespace switchboard::shard
