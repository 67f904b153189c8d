#include "net/proxy_header.h"

#include <gtest/gtest.h>
#include <string>

namespace switchboard::net {
namespace {

using namespace std::string_literals;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;

std::string v2(unsigned char command, unsigned char family, const std::string& block) {
  std::string out = kSignature;
  out += static_cast<char>(command);
  out += static_cast<char>(family);
  out += static_cast<char>(block.size() >> 8);
  out += static_cast<char>(block.size() & 0xff);
  return out + block;
}

const std::string kTcp4Block =
    "\xc0\x00\x02\x01\xc6\x33\x64\x07\xdd\xd5\x01\xbb"s;  // 192.0.2.1:56789 to 198.51.100.7:443
const std::string kTcp6Block =
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x04\xd2\x01\xbb"s;

/// Every prefix must say that it is too little; the whole, and the whole with more behind it, must say the same.
ProxyHeader parsed(const std::string& header) {
  for (std::size_t length = 0; length < header.size(); ++length) {
    EXPECT_EQ(parse_proxy_header({header.data(), length}).status, ProxyHeaderStatus::kIncomplete)
        << length << " of " << header.size();
  }
  const ProxyHeader whole = parse_proxy_header(header);
  const std::string longer = header + "GET / HTTP/1.1\r\n";
  const ProxyHeader more = parse_proxy_header(longer);
  EXPECT_EQ(whole.status, more.status);
  EXPECT_EQ(whole.bytes, header.size());
  EXPECT_EQ(more.bytes, header.size());
  EXPECT_EQ(whole.client, more.client);
  return whole;
}

/// It may be refused before its end, but once refused it stays so.
void expect_invalid(const std::string& header) {
  EXPECT_EQ(parse_proxy_header(header).status, ProxyHeaderStatus::kInvalid) << header;
  EXPECT_FALSE(parse_proxy_header(header).problem.empty());
  bool refused = false;
  for (std::size_t length = 0; length <= header.size(); ++length) {
    const auto status = parse_proxy_header({header.data(), length}).status;
    EXPECT_TRUE(status == ProxyHeaderStatus::kInvalid || (!refused && status == ProxyHeaderStatus::kIncomplete));
    refused = status == ProxyHeaderStatus::kInvalid;
  }
}

TEST(ProxyHeader, Version1NamesTheClient) {
  const ProxyHeader v4 = parsed("PROXY TCP4 192.0.2.1 198.51.100.7 56789 443\r\n");
  EXPECT_EQ(v4.status, ProxyHeaderStatus::kClient);
  EXPECT_EQ(v4.client.to_string(), "192.0.2.1:56789");
  const ProxyHeader v6 = parsed("PROXY TCP6 2001:db8::1 2001:db8::2 1234 443\r\n");
  EXPECT_EQ(v6.status, ProxyHeaderStatus::kClient);
  EXPECT_EQ(v6.client.to_string(), "[2001:db8::1]:1234");
}

TEST(ProxyHeader, Version1UnknownIsTheProxysOwnWhateverFollows) {
  EXPECT_EQ(parsed("PROXY UNKNOWN\r\n").status, ProxyHeaderStatus::kOwn);
  EXPECT_EQ(parsed("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n").status, ProxyHeaderStatus::kOwn);
}

TEST(ProxyHeader, Version1IsAtMost107Bytes) {
  const std::string head = "PROXY UNKNOWN ";
  EXPECT_EQ(parsed(head + std::string(107 - head.size() - 2, 'x') + "\r\n").status, ProxyHeaderStatus::kOwn);
  expect_invalid(head + std::string(108 - head.size() - 2, 'x') + "\r\n");
}

TEST(ProxyHeader, Version1TakesNothingButItsOwnForm) {
  for (const char* line : {"PROXY TCP4 192.0.2.1 198.51.100.7 56789\r\n",
                           "PROXY TCP4\r\n",
                           "PROXY \r\n",
                           "PROXY TCP4  192.0.2.1 198.51.100.7 1 2\r\n",
                           "PROXY TCP4 192.0.2.1 198.51.100.7 1 2 \r\n",
                           "PROXY TCP4 192.0.2.1 198.51.100.7 1 2 3\r\n",
                           "PROXY TCP4 192.0.2.1 198.51.100.7 1 65536\r\n",
                           "PROXY TCP4 192.0.2.1 198.51.100.7 01 2\r\n",
                           "PROXY TCP4 192.0.2.1 198.51.100.7 -1 2\r\n",
                           "PROXY TCP4 192.0.2.1 198.51.100.7 +1 2\r\n",
                           "PROXY TCP4 192.0.2.256 198.51.100.7 1 2\r\n",
                           "PROXY TCP4 192.0.2 198.51.100.7 1 2\r\n",
                           "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
                           "PROXY TCP6 192.0.2.1 198.51.100.7 1 2\r\n",
                           "PROXY TCP6 2001:db8::1 198.51.100.7 1 2\r\n",
                           "PROXY TCP6 2001:db8::g 2001:db8::2 1 2\r\n",
                           "PROXY TCP6 :: 2001:db8::2 1 2\r\n",
                           "PROXY UDP4 192.0.2.1 198.51.100.7 1 2\r\n",
                           "PROXY tcp4 192.0.2.1 198.51.100.7 1 2\r\n",
                           "PROXY TCP4 192.0.2.1 198.51.100.7 1 2\nX\r\n"}) {
    expect_invalid(line);
  }
}

TEST(ProxyHeader, WhatBeginsOtherwiseIsRefusedAtItsFirstWrongByte) {
  for (const char* bytes : {"G", "\r\n\r\n\r", "PROXx", "proxy", "PROXYT", "\x16\x03\x01"}) {
    EXPECT_EQ(parse_proxy_header(bytes).status, ProxyHeaderStatus::kInvalid) << bytes;
  }
}

TEST(ProxyHeader, Version2NamesTheClient) {
  const ProxyHeader v4 = parsed(v2(0x21, 0x11, kTcp4Block));
  EXPECT_EQ(v4.status, ProxyHeaderStatus::kClient);
  EXPECT_EQ(v4.client.to_string(), "192.0.2.1:56789");
  const ProxyHeader v6 = parsed(v2(0x21, 0x21, kTcp6Block));
  EXPECT_EQ(v6.status, ProxyHeaderStatus::kClient);
  EXPECT_EQ(v6.client.to_string(), "[2001:db8::1]:1234");
}

TEST(ProxyHeader, ATranslatedClientIsTheIpv4OneInside) {
  EXPECT_EQ(parsed("PROXY TCP6 64:ff9b::192.0.2.1 2001:db8::2 1234 443\r\n").client.to_string(), "192.0.2.1:1234");
  std::string block = kTcp6Block;
  block.replace(0, 16, "\x00\x64\xff\x9b\x00\x00\x00\x00\x00\x00\x00\x00\xc0\x00\x02\x01"s);
  EXPECT_EQ(parsed(v2(0x21, 0x21, block)).client.to_string(), "192.0.2.1:1234");
}

TEST(ProxyHeader, Version2SkipsWhatFollowsTheAddresses) {
  const ProxyHeader header = parsed(v2(0x21, 0x11, kTcp4Block + "\x04\x00\x03xyz"s));
  EXPECT_EQ(header.status, ProxyHeaderStatus::kClient);
  EXPECT_EQ(header.client.to_string(), "192.0.2.1:56789");
}

TEST(ProxyHeader, Version2LocalIsTheProxysOwnWhateverItHolds) {
  EXPECT_EQ(parsed(v2(0x20, 0x00, "")).status, ProxyHeaderStatus::kOwn);
  EXPECT_EQ(parsed(v2(0x20, 0x11, kTcp4Block)).status, ProxyHeaderStatus::kOwn);
  EXPECT_EQ(parsed(v2(0x20, 0x11, "short")).status, ProxyHeaderStatus::kOwn);
}

TEST(ProxyHeader, Version2OfAFamilyWithoutAnIpAddressKeepsTheProxys) {
  EXPECT_EQ(parsed(v2(0x21, 0x00, "")).status, ProxyHeaderStatus::kOwn);
  EXPECT_EQ(parsed(v2(0x21, 0x31, std::string(216, '\0'))).status, ProxyHeaderStatus::kOwn);
  EXPECT_EQ(parsed(v2(0x21, 0x12, kTcp4Block)).status, ProxyHeaderStatus::kOwn) << "UDP";
}

TEST(ProxyHeader, Version2TooShortForItsAddressesIsInvalid) {
  expect_invalid(v2(0x21, 0x11, kTcp4Block.substr(1)));
  expect_invalid(v2(0x21, 0x21, kTcp6Block.substr(1)));
  expect_invalid(v2(0x21, 0x31, std::string(215, '\0')));
}

TEST(ProxyHeader, Version2OfAnUnknownKindIsInvalid) {
  expect_invalid(v2(0x11, 0x11, kTcp4Block));
  expect_invalid(v2(0x31, 0x11, kTcp4Block));
  expect_invalid(v2(0x22, 0x11, kTcp4Block));
  expect_invalid(v2(0x21, 0x41, kTcp4Block));
  expect_invalid(v2(0x21, 0x13, kTcp4Block));
  expect_invalid(v2(0x21, 0x21, std::string(36, '\0')));
}

TEST(ProxyHeader, Version2IsAtMost2048Bytes) {
  EXPECT_EQ(parsed(v2(0x21, 0x11, kTcp4Block + std::string(2'048 - 16 - 12, 'x'))).status, ProxyHeaderStatus::kClient);
  expect_invalid(v2(0x21, 0x11, kTcp4Block + std::string(2'049 - 16 - 12, 'x')));
  expect_invalid(kSignature + "\x21\x11\xff\xff"s);
}

}  // namespace
}  // namespace switchboard::net
