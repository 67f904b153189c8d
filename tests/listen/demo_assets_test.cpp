#include "listen/demo_assets.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <string_view>

namespace switchboard::listen {
namespace {

const http::Asset* find(std::string_view path) {
  const http::AssetTable table = demo_assets();
  const auto found = std::ranges::find(table, path, &http::Asset::path);
  return found == table.end() ? nullptr : &*found;
}

TEST(DemoAssets, RootIsThePageWhole) {
  const http::Asset* page = find("/");
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->content_type, "text/html; charset=utf-8");
  EXPECT_TRUE(page->body.starts_with("<!doctype html>"));
  EXPECT_TRUE(page->body.ends_with("</html>\n"));
}

TEST(DemoAssets, EachKindOfFileHasItsContentType) {
  ASSERT_NE(find("/demo/connection.js"), nullptr);
  EXPECT_EQ(find("/demo/connection.js")->content_type, "text/javascript; charset=utf-8");
  ASSERT_NE(find("/demo/style.css"), nullptr);
  EXPECT_EQ(find("/demo/style.css")->content_type, "text/css; charset=utf-8");
  ASSERT_NE(find("/demo/icon.svg"), nullptr);
  EXPECT_EQ(find("/demo/icon.svg")->content_type, "image/svg+xml");
}

TEST(DemoAssets, PathsAndTagsAreUniqueAndTagsAreQuoted) {
  std::set<std::string_view> paths;
  std::set<std::string_view> etags;
  for (const http::Asset& asset : demo_assets()) {
    EXPECT_TRUE(paths.insert(asset.path).second) << asset.path;
    EXPECT_TRUE(etags.insert(asset.etag).second) << asset.path;
    EXPECT_TRUE(asset.etag.size() > 2 && asset.etag.front() == '"' && asset.etag.back() == '"') << asset.etag;
    EXPECT_FALSE(asset.body.empty()) << asset.path;
  }
}

TEST(DemoAssets, EveryFileThePageAndItsModulesNameIsThere) {
  for (const http::Asset& asset : demo_assets()) {
    const bool page = asset.path == "/";
    const std::string_view mark = page ? "\"demo/" : "from './";
    const char end = page ? '"' : '\'';
    for (std::size_t at = asset.body.find(mark); at != std::string_view::npos; at = asset.body.find(mark, at + 1)) {
      const std::size_t begin = at + mark.size();
      const std::string_view file = asset.body.substr(begin, asset.body.find(end, begin) - begin);
      EXPECT_NE(find("/demo/" + std::string(file)), nullptr) << asset.path << " names " << file;
    }
  }
}

// The policy sent with the page forbids both, so either would break it silently.
TEST(DemoAssets, ThePageHasNoInlineScriptOrStyle) {
  const std::string_view body = find("/")->body;
  EXPECT_EQ(body.find("<style"), std::string_view::npos);
  EXPECT_EQ(body.find(" style="), std::string_view::npos);
  EXPECT_EQ(body.find("<script>"), std::string_view::npos);
  EXPECT_EQ(body.find("://"), body.find("://www.w3.org")) << "nothing comes from another host";
}

}  // namespace
}  // namespace switchboard::listen
