// Each kind of file on a full disk: the old one remains complete, and the error names it.
#include <sys/resource.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "tests/report/sample_report.h"
#include "tests/temp_folder.h"
#include "weft/data/idx.h"
#include "weft/data/png.h"
#include "weft/report/chart.h"
#include "weft/report/contact_sheet.h"
#include "weft/train/metrics_file.h"
#include "weft/train/sweep.h"

using namespace weft;
using namespace weft::train;
namespace fs = std::filesystem;

namespace {

/// The error of a call while files may grow to `most` bytes, which makes writes fail like a full disk.
std::string error_below(rlim_t most, const std::function<void()>& call) {
  auto* handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
  rlimit small = old;
  small.rlim_cur = most;
  BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::string message;
  try {
    call();
  } catch (const IoError& e) {
    message = e.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  return message;
}

void check_names(const std::string& message, const std::string& path) {
  BOOST_TEST(message.find(path) != std::string::npos, message);
  BOOST_TEST(message.find("File too large") != std::string::npos, message);
}

/// Bytes that zlib cannot compress.
Tensor noise() {
  Tensor out = empty({20, 28, 28}, kUInt8);
  uint32_t state = 1;
  for (int64_t i = 0; i < out.numel(); ++i)
    out.data_ptr<uint8_t>()[i] = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(full_disk)

BOOST_FIXTURE_TEST_CASE(files_stay_as_they_were, TempFolder) {
  const Chart chart{"Curve", {}, {}, {{"a", {1, 2, 3}, {3, 1, 2}}}};
  const Report report = sample_report();
  const std::pair<const char*, std::function<void(const std::string&)>> rows[] = {
      {"chart.svg", [&](auto& path) { write_chart(path, chart); }},
      {"chart.png", [&](auto& path) { write_chart(path, chart); }},
      {"charts.svg",
       [&](auto& path) {
         write_charts(path, {chart, chart}, 2);
       }},
      {"sheet.png", [&](auto& path) { data::write_png(path, contact_sheet(noise())); }},
      {"report.html", [&](auto& path) { write_report(path, report); }},
      {"images", [&](auto& path) { data::write_idx(path, noise()); }},
      {"images.gz", [&](auto& path) { data::write_idx(path, noise()); }},
  };
  int64_t written = 0;
  for (const auto& row : rows) BOOST_TEST_CONTEXT(row.first) {
      const std::string name = row.first, file = *this / name;
      check_names(error_below(1000, [&] { row.second(file); }), file);
      BOOST_TEST(files() == written);
      std::ofstream(file) << "old";
      check_names(error_below(1000, [&] { row.second(file); }), file);
      BOOST_TEST(files() == ++written);
      BOOST_TEST(text(name) == "old");
      row.second(file);
      BOOST_TEST(text(name).size() > 1000);
    }
}

BOOST_FIXTURE_TEST_CASE(lines_stay_whole, TempFolder) {
  const std::string results = *this / "results.jsonl", metrics = *this / "metrics.jsonl";
  auto sweep = [&](int64_t runs) {
    Sweep made({{"hidden", "{}"}, {"accuracy %", "{}"}}, results);
    for (int64_t i = 0; i < runs; ++i) made.run({{"hidden", i}}, [&] { return Numbers{{"accuracy %", 90 + i}}; });
  };
  check_names(error_below(10, [&] { sweep(1); }), results);
  BOOST_TEST(text("results.jsonl") == "");
  sweep(1);
  const std::string one = text("results.jsonl");
  check_names(error_below(one.size() + 20, [&] { sweep(2); }), results);
  BOOST_TEST(text("results.jsonl") == one);
  sweep(3);
  BOOST_TEST(text("results.jsonl").size() == 3 * one.size());

  const MetricsRecord record{1, 20, 0.5, 0.25, 0.9, 1.25, 1000, 0.1};
  MetricsFile file(metrics, false);
  file.write(record);
  const std::string line = text("metrics.jsonl");
  check_names(error_below(line.size() + 20, [&] { file.write(record); }), metrics);
  BOOST_TEST(text("metrics.jsonl") == line);
  // Records dropped on resuming are dropped by a new file.
  for (int64_t step = 40; step < 200; step += 20) file.write({2, step, 0.5, 0.25, 0.9, 1.25, 1000, 0.1});
  const std::string all = text("metrics.jsonl");
  check_names(error_below(line.size() + 20, [&] { MetricsFile::continued(metrics, 100); }), metrics);
  BOOST_TEST(text("metrics.jsonl") == all);
  BOOST_TEST(files() == 2);
}

BOOST_AUTO_TEST_SUITE_END()
