#include <gtest/gtest.h>
#include <string>

#include "cli/bench/report_json.h"
#include "cli/bench/report_text.h"
#include "cli/bench/text_parts.h"

namespace switchboard::cli::bench {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Result some_result() {
  Result result;
  result.joined = 10'000;
  result.tally.published = 80;
  result.tally.expected = 800'000;
  result.tally.delivered = 799'999;
  result.measured_s = 8;
  result.deliveries_measured = 640'000;
  result.latency.record(1'500'000);
  result.server = ServerUsage{.join_cpu_us = 31, .cpu_us = 4'480'000};
  return result;
}

TEST(Report, LossIsAlwaysSaid) {
  EXPECT_TRUE(contains(text_report(some_result()), "799,999 of 800,000: 1 lost")) << text_report(some_result());
  EXPECT_TRUE(contains(json_report(some_result()), "\"lost\":1,")) << json_report(some_result());
}

TEST(Report, CpuPerDeliveryIsServerTimeOverDeliveries) {
  EXPECT_TRUE(contains(text_report(some_result()), "7.000 us per delivery"));
  EXPECT_TRUE(contains(json_report(some_result()), "\"cpu_us_per_delivery\":7,"));
}

TEST(Report, BytesOnTheWireArePerDeliveryAndSayWhatWasCompressed) {
  Result result = some_result();
  result.frame_bytes_measured = 640'000 * 250;
  EXPECT_TRUE(contains(text_report(result), "250.0 bytes per delivery\n")) << text_report(result);
  result.options.compression = true;
  result.deflated_measured = 639'999;
  EXPECT_TRUE(contains(text_report(result), "250.0 bytes per delivery, 639,999 of 640,000 compressed"));
  EXPECT_TRUE(contains(json_report(result), "\"frame_bytes_per_delivery\":250,\"deflated_measured\":639999,"));
}

TEST(Report, ABusyClientIsNamedAsTheLimit) {
  Result result = some_result();
  result.client_cpu_share = 0.8;
  EXPECT_FALSE(contains(text_report(result), "WARNING"));
  EXPECT_TRUE(contains(json_report(result), "\"client_was_the_limit\":false"));
  result.client_cpu_share = 0.81;
  EXPECT_TRUE(contains(text_report(result), "WARNING"));
  EXPECT_TRUE(contains(json_report(result), "\"client_was_the_limit\":true"));
}

TEST(Report, ClosedConnectionsAreListedByCode) {
  Result result = some_result();
  result.closed = {{0, 1}, {4101, 7}};
  EXPECT_TRUE(contains(text_report(result), "7 connections by the server with code 4101"));
  EXPECT_TRUE(contains(json_report(result), "\"closed\":{\"0\":1,\"4101\":7}"));
}

TEST(Report, APlanSaysWhatWasLeftToTheDefaults) {
  EXPECT_EQ(
      plan_text({}),
      "ws://127.0.0.1:8080/ws: 1,000 connections in 1 room; 1 publisher, 10 messages/s in all, 100 bytes each. 2 s "
      "of warm-up, 10 s measured, at most 60 s for what is under way then. --help says what can be changed.");
  LoadOptions hold;
  hold.hold = true;
  hold.rooms = 2;
  EXPECT_TRUE(contains(plan_text(hold), "1,000 connections in 2 rooms; held for 10 s.")) << plan_text(hold);
  LoadOptions flood;
  flood.flood = FloodKind::kHistory;
  flood.connections = 8;
  flood.bystander_pairs = 4;
  EXPECT_TRUE(contains(plan_text(flood), "flood `history`: 8 connections, ")) << plan_text(flood);
  EXPECT_TRUE(contains(plan_text(flood), "4 pairs of bystanders, 20 messages/s each.")) << plan_text(flood);
}

TEST(Report, GroupsDigitsAndScalesDurations) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000), "1,000");
  EXPECT_EQ(grouped(12'345'678), "12,345,678");
  EXPECT_EQ(duration_text(870), "870 ns");
  EXPECT_EQ(duration_text(12'340), "12.3 us");
  EXPECT_EQ(duration_text(4'560'000), "4.56 ms");
  EXPECT_EQ(duration_text(101'000'000), "101 ms");
  EXPECT_EQ(duration_text(1'200'000'000), "1.20 s");
  EXPECT_EQ(duration_text(999'600), "1.00 ms");
}

}  // namespace
}  // namespace switchboard::cli::bench
