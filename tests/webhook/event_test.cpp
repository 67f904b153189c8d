#include "webhook/event.h"

#include <gtest/gtest.h>

#include "webhook/interest.h"

namespace switchboard::webhook {
namespace {

TEST(Event, PatternsNameTypes) {
  for (const std::string_view each : kEventNames)
    EXPECT_TRUE(event_types_of(each)) << each;
  EXPECT_EQ(event_types_of("*")->bits(), EventTypes::all().bits());
  const auto rooms = event_types_of("room.*");
  EXPECT_TRUE(rooms->has(EventType::kRoomOccupied) && rooms->has(EventType::kRoomVacated));
  EXPECT_FALSE(rooms->has(EventType::kUserJoined));
  for (const std::string_view bad : {"", "room", "room.", "room*", ".*", "nothing.*", "*.occupied", "ROOM.*"})
    EXPECT_FALSE(event_types_of(bad)) << bad;
}

TEST(Event, TimesAreRfc3339) {
  EXPECT_EQ(timestamp_text(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(timestamp_text(1'764'322'199'007), "2025-11-28T09:29:59.007Z");
}

TEST(Interest, IsInTypesOfRooms) {
  const auto interest = Interest::parse({"room.occupied", "connection.*"}, {"chat:*", "lobby"});
  ASSERT_TRUE(interest) << interest.error();
  EXPECT_TRUE(interest->wants(EventType::kRoomOccupied, "chat:1"));
  EXPECT_TRUE(interest->wants(EventType::kRoomOccupied, "lobby"));
  EXPECT_FALSE(interest->wants(EventType::kRoomOccupied, "lobby2"));
  EXPECT_FALSE(interest->wants(EventType::kRoomVacated, "lobby"));
  EXPECT_TRUE(interest->wants(EventType::kConnectionOpened, "")) << "about no room";
  EXPECT_TRUE(interest->wants(EventType::kEventsLost, "")) << "whoever is told anything";
  EXPECT_FALSE(Interest::parse({"nothing"}, {"*"}));
  EXPECT_FALSE(Interest::parse({"*"}, {"a*b*"}));
}

}  // namespace
}  // namespace switchboard::webhook
