// Sweeps: which runs are made, stored, skipped and shown.
#include "weft/train/sweep.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "tests/temp_folder.h"
#include "weft/tensor/error.h"

using namespace weft;
using train::Numbers;
using train::Sweep;
namespace fs = std::filesystem;

namespace {

struct Folder : TempFolder {
  std::string file() const { return *this / "results.jsonl"; }
  std::string text() const { return TempFolder::text("results.jsonl"); }
};

const std::vector<train::SweepColumn> kColumns = {{"hidden", "{}"}, {"rate", "{}"}, {"accuracy", "{:.1f} %"}};

// Requests four runs; `made` counts those that were not known. Their accuracy is hidden + rate.
Sweep four_runs(const std::optional<std::string>& file, int& made) {
  Sweep s(kColumns, file);
  for (double hidden : {50, 10})
    for (double rate : {1.0, 0.1}) {
      const Numbers got = s.run({{"hidden", hidden}, {"rate", rate}}, [&] {
        ++made;
        return Numbers{{"accuracy", hidden + rate}, {"seconds", NAN}};
      });
      BOOST_TEST(got[0].second == hidden + rate);
    }
  return s;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sweep, Folder)

BOOST_AUTO_TEST_CASE(a_table_and_curves) {
  int made = 0;
  const Sweep s = four_runs({}, made);
  BOOST_TEST(made == 4);
  BOOST_TEST(s.table().rows().size() == 4u);
  BOOST_TEST((s.table().rows()[1] == std::vector<std::string>{"50", "0.1", "50.1 %"}));
  const auto curves = s.series("hidden", "accuracy", "rate");
  BOOST_TEST(curves.size() == 2u);
  BOOST_TEST(curves[1].name == "rate 0.1");
  BOOST_TEST((curves[1].x == std::vector<double>{50, 10}));
  BOOST_TEST((curves[1].y == std::vector<double>{50.1, 10.1}));
  BOOST_TEST(s.series("hidden", "accuracy", "rate", {{"rate", 1}}).size() == 1u);
  BOOST_CHECK_THROW(s.series("hidden", "speed", "rate"), StateError);
}

BOOST_AUTO_TEST_CASE(a_run_that_the_file_holds_is_not_made_again) {
  int made = 0;
  four_runs(file(), made);
  BOOST_TEST(text().rfind(R"({"settings":{"hidden":50.0,"rate":1.0},"results":{"accuracy":51.0,"seconds":null}})", 0) ==
             0u);
  const std::string whole = text();
  const Sweep again = four_runs(file(), made);
  BOOST_TEST(made == 4);
  BOOST_TEST(again.table().rows().size() == 4u);
  BOOST_TEST(text() == whole);
  // Different settings, even by one more, are another run.
  Sweep more(kColumns, file());
  more.run({{"hidden", 50}, {"rate", 1}, {"epochs", 3}}, [&] { return ++made, Numbers{{"accuracy", 0}}; });
  BOOST_TEST(made == 5);
}

BOOST_AUTO_TEST_CASE(a_line_that_was_not_finished_is_made_again) {
  int made = 0;
  four_runs(file(), made);
  const std::string whole = text();
  fs::resize_file(file(), whole.size() - 9);
  four_runs(file(), made);
  BOOST_TEST(made == 5);
  BOOST_TEST(text() == whole);
}

BOOST_AUTO_TEST_CASE(wrong_files_are_named) {
  auto says = [](const std::string& part) {
    return [part](const std::exception& e) { return std::string(e.what()).find(part) != std::string::npos; };
  };
  std::ofstream(file()) << "{\"settings\":{},\"results\":{}}\n{\"settings\":[1]}\n";
  BOOST_CHECK_EXCEPTION(Sweep(kColumns, file()), IoError, says("results.jsonl:2: expected settings and results"));
  BOOST_CHECK_EXCEPTION(Sweep(kColumns, (path / "no" / "where").string()), IoError, says("cannot be written"));
  BOOST_CHECK_EXCEPTION(Sweep(kColumns, path.string()), IoError, says("cannot be read"));
  BOOST_CHECK_EXCEPTION(Sweep(kColumns).run({{"hidden", 1}},
                                            [] {
                                              return Numbers{{"speed", 1}};
                                            }),
                        StateError, says("'rate'"));
}

BOOST_AUTO_TEST_CASE(another_kind_of_file_is_left_as_it_is) {
  for (const char* text : {"notes without an end of line", "{\"settings\":{},\"results\":{}}\nmore", "{\"epoch\": 1"}) {
    std::ofstream(file()) << text;
    BOOST_CHECK_THROW(Sweep(kColumns, file()), IoError);
    BOOST_TEST(this->text() == text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
