// Shard, the part about rooms' histories: pages for members that are behind, and `history` queries. Both are read by
// the room's home, wherever that is.
#include <utility>

#include "base/assert.h"
#include "shard/failure_code.h"
#include "shard/page_ticket.h"
#include "shard/shard.h"

namespace switchboard::shard {

using protocol::ErrorCode;
using session::Attempt;
using session::Session;

/// The client has joined with `since` or `last`: it is told when it has had everything up to `last`.
void Shard::begin_replay(Client& client, SlotId view_id, std::uint32_t slot, Seq last) {
  RoomView& view = views_.at(view_id);
  if (client.replaying) replays_.end(client, view_id);  // of the same membership, while it was implicit
  if (view.room.member(client.session().memberships()[slot].member).cursor > last) {
    return client.session().on_caught_up({.room_id = view.room.id(), .seq = last});
  }
  replays_.begin(client, view_id, last);
  sweep_.want(client);
}

// --- what sessions ask ---------------------------------------------------------------------------------------------

Attempt Shard::read_history(Session& session, std::uint32_t slot, const protocol::History& history,
                            std::string_view command_id) {
  const SlotId view_id = session.memberships()[slot].room;
  const RoomView& view = views_.at(view_id);
  if (!view.keeps_history()) {
    session.on_reply(
        session::Refused{session::Asked::kHistory, view.room.id(), command_id, ErrorCode::kHistoryUnavailable});
    return Attempt::kDone;
  }
  // Nothing is told here that is not in the log yet: the members have not been given it either.
  HistoryRead read({.client = session.id(), .view = view_id, .format = wire::plain_of(view.format)}, history,
                   command_id, view.epoch, view.room.log.end(), context_.settings.reply_bytes_max);
  const auto range = read.next_range();
  if (!range) {
    answer_history(client_of(session), view, read);
    return Attempt::kDone;
  }
  if (view.home != index_ && !may_send(session, view.home)) return wait_for_mailbox(session, view.home);
  const std::uint64_t ticket = history_reads_.add(std::move(read));
  if (history_reads_.at_work() > settings_.replays_max) {
    history_reads_.waiting().push_back(ticket);
    return Attempt::kPending;
  }
  const bool is_asked = request_page(view_id, *range, {PageTicket::For::kHistory, ticket});
  SB_ASSERT(is_asked);
  return history_reads_.find(ticket) == nullptr ? Attempt::kDone : Attempt::kPending;
}

// --- what is asked of homes ----------------------------------------------------------------------------------------

/// The page comes by `on_page`, at once where there can be none. False when the mailbox is full.
bool Shard::request_page(SlotId view_id, const broker::ReadRange& range, PageTicket ticket) {
  const RoomView* view = views_.find(view_id);
  if (view == nullptr || !view->home_room) {  // not joined any more: its home knows nothing of it
    on_page(ticket, std::unexpected(broker::Failure::kUnreadable));
    return true;
  }
  const PageWish wish{.range = range, .format = wire::plain_of(view->format)};
  if (view->home == index_) {
    home_.read(view->home_room, wish, {.shard = index_, .ticket = ticket});
    return true;
  }
  const bool is_sent =
      port_.try_request(view->home, ReadRequest{.home_room = view->home_room, .wish = wish, .ticket = ticket});
  if (!is_sent) page_blocked_by_ = view->home;
  return is_sent;
}

/// Pages are asked for in order: while the way to the home of the first is full, the others wait, too.
bool Shard::pages_can_be_asked_for() const {
  if (!replays_.has_work() && !history_read_may_begin()) return false;
  return !page_blocked_by_ || port_.can_request(*page_blocked_by_, 1);
}

void Shard::request_pages() {
  page_blocked_by_.reset();
  replays_.ask_for_pages(context_.now, [this](SlotId view, const broker::ReadRange& range, std::uint64_t ticket) {
    return request_page(view, range, {PageTicket::For::kReplay, ticket});
  });
  // Whoever finds the mailbox full stays at the front.
  while (history_read_may_begin()) {
    const std::uint64_t ticket = history_reads_.waiting().front();
    history_reads_.waiting().pop_front();
    HistoryRead* read = history_reads_.find(ticket);
    if (read != nullptr && read_on(ticket, *read) && page_blocked_by_) return;
  }
}

/// Pages that queries have been given are held until they are answered: so many at once, the others wait.
bool Shard::history_read_may_begin() const {
  return !history_reads_.waiting().empty() && history_reads_.at_work() < settings_.replays_max;
}

// --- what comes back -----------------------------------------------------------------------------------------------

void Shard::on_page(PageTicket ticket, const wire::PageOrError& page) {
  switch (ticket.what) {
    case PageTicket::For::kHistory:
      return on_history_page(ticket.number, page);
    case PageTicket::For::kReplay:
      if (Client* client = replays_.on_page(ticket.number, page, context_.now)) sweep_.want(*client);
  }
}

void Shard::on_history_page(std::uint64_t ticket, const wire::PageOrError& page) {
  HistoryRead* read = history_reads_.find(ticket);
  if (read == nullptr) return;
  Client* client = clients_.find(read->client());
  const RoomView* view = views_.find(read->view());
  if (client == nullptr || view == nullptr) return history_reads_.erase(ticket);  // it has ended meanwhile
  if (page) {
    read->take(*page);
    if (read_on(ticket, *read)) return;
    answer_history(*client, *view, *read);
  } else {
    client->session().on_reply(
        session::Refused{session::Asked::kHistory, view->room.id(), read->command_id(), code_of(page.error())});
  }
  history_reads_.erase(ticket);
  if (client->connection.paused()) delivery_.resumable().push_back(client->session().id());
  sweep_.want(*client);  // writes the answer
}

/// True when more is to be read, and is asked for.
bool Shard::read_on(std::uint64_t ticket, HistoryRead& read) {
  const auto range = read.next_range();
  if (!range) return false;
  // The answer may come, and the query be over, during the call.
  if (!request_page(read.view(), *range, {PageTicket::For::kHistory, ticket}))
    history_reads_.waiting().push_front(ticket);
  return true;
}

/// An answer is counted before it is made: who asks and does not read must not fill the memory.
void Shard::answer_history(Client& client, const RoomView& view, HistoryRead& read) {
  if (!make_room_in_outboxes(read.bytes())) {
    return client.session().on_reply(
        session::Refused{session::Asked::kHistory, view.room.id(), read.command_id(), ErrorCode::kUnavailable});
  }
  client.session().on_reply(read.answer(view.room.id()));
}

}  // namespace switchboard::shard
