// Opens a report in a real browser, on a wide and on a narrow screen, and checks what is drawn and that it fits.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/report/sample_report.h"
#include "tests/temp_folder.h"
#include "weft/report/markup.h"
#include "weft/report/sweep_report.h"

using namespace weft::train;
namespace fs = std::filesystem;

namespace {

// The first usual headless browser on the path, or empty.
std::string browser() {
  for (const char* name : {"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"})
    if (std::system((std::string("command -v ") + name + " >/dev/null 2>&1").c_str()) == 0) return name;
  return "";
}

// Puts the report into a frame, which may be narrower than a browser's window can be. Measures the report after layout,
// and writes the results as JSON into its own element.
constexpr const char* kProbe = R"html(<script>
addEventListener('load', () => {
  const view = document.querySelector('iframe').contentWindow, page = view.document, all = q => [...page.querySelectorAll(q)];
  const box = e => { const b = e.getBoundingClientRect(); return {x: b.x, right: b.right, width: b.width, height: b.height}; };
  const charts = all('svg.chart').map(svg => ({
    name: svg.getAttribute('aria-label'), box: box(svg),
    lines: [...svg.querySelectorAll('path.c0, path.c1')].map(p => ({length: p.getTotalLength(),
      color: view.getComputedStyle(p).stroke, height: p.getBBox().height})),
    text: Math.min(...[...svg.querySelectorAll('text')].map(t => t.getBoundingClientRect().height)),
    outside: [...svg.querySelectorAll('path, circle, text')].filter(e => { const b = e.getBBox(), v = svg.viewBox.baseVal;
      return b.x < -4 || b.y < -4 || b.x + b.width > v.width + 8 || b.y + b.height > v.height + 4; }).length,
    notes: svg.querySelectorAll('.note title').length}));
  const images = all('img').map(i => ({natural: i.naturalWidth, box: box(i)}));
  const cells = all('.heat td').map(c => view.getComputedStyle(c).backgroundColor);
  const found = {width: view.innerWidth, page: page.documentElement.scrollWidth, charts, images, cells,
    sections: all('section, .tile').map(box)};
  document.querySelector('pre').textContent = JSON.stringify(found);
});
</script>)html";

// The probe's results in a frame of this width; null if the browser does not start.
nlohmann::json probe(const weft::TempFolder& folder, const std::string& name, const std::string& html, int width) {
  std::ofstream(folder / "frame.html") << "<!DOCTYPE html><meta charset=\"utf-8\">" << kProbe
                                       << "<pre id=\"probe\"></pre><iframe height=\"900\" width=\"" << width
                                       << "\" srcdoc=\"" << escape_markup(html) << "\"></iframe>";
  const std::string out = folder / "dom.html";
  const std::string command = "timeout 120 " + name + " --headless --no-sandbox --disable-gpu --disable-dev-shm-usage" +
                              " --hide-scrollbars --user-data-dir='" + (folder / "profile") +
                              "' --window-size=1600,1000 --dump-dom 'file://" + (folder / "frame.html") + "' >'" + out +
                              "' 2>'" + (folder / "log.txt") + "'";
  if (std::system(command.c_str()) != 0) return nullptr;
  std::ifstream in(out);
  std::stringstream dom;
  dom << in.rdbuf();
  const std::string text = dom.str(), begin = "<pre id=\"probe\">";
  const size_t from = text.find(begin);
  if (from == std::string::npos) return nullptr;
  return nlohmann::json::parse(text.substr(from + begin.size(), text.find("</pre>", from) - from - begin.size()));
}

// There is no horizontal scrolling, and charts are large enough to read.
void check_fit(const nlohmann::json& found, int width) {
  BOOST_REQUIRE(!found.is_null());
  BOOST_TEST_MESSAGE(found.dump());
  const double inner = found["width"];
  BOOST_TEST(inner == width);
  BOOST_TEST(found["page"].get<double>() <= inner);
  for (const auto& box : found["sections"]) {
    BOOST_TEST(box["x"].get<double>() >= 0);
    BOOST_TEST(box["right"].get<double>() <= inner + 0.5);
  }
  for (const auto& chart : found["charts"]) BOOST_TEST_CONTEXT(chart["name"]) {
      BOOST_TEST(chart["box"]["width"].get<double>() > 0.25 * inner);
      BOOST_TEST(chart["box"]["height"].get<double>() > 150);
      BOOST_TEST(chart["text"].get<double>() > 9);  // pixels
      BOOST_TEST(chart["outside"] == 0);
    }
}

// Two charts of five rates at four sizes, and a table of as many rows.
SweepReport sample_sweep() {
  SweepReport report{"mnist_mlp_study", "20000 images of a data set with a long name, from a folder far down the tree"};
  report.table =
      Table({"scale", "hidden", "rate", "epochs run", "training s", "samples/s", "prediction ms", "accuracy %"});
  for (const char* title : {"training s, pixels to 1", "accuracy %, pixels to 1"}) {
    Chart chart{title, {"hidden units"}};
    for (const double rate : {1.0, 0.1, 0.01, 0.001, 0.0001})
      chart.series.push_back({"rate " + std::to_string(rate), {500, 1000, 1500, 2000}, {3 / rate, 5, 7, 9 + rate}});
    report.charts.push_back(chart);
  }
  for (int i = 0; i < 20; ++i) report.table.add({"1", "500", "0.001", "70", "16.7", "83000", "41", "97.43"});
  report.links.assign(20, "scale-1_hidden-500_rate-0.001/report.html");
  report.options = {{"--hidden", "500 1000 1500 2000"}, {"--lr", "1 0.1 0.01 0.001 0.0001"}};
  return report;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_browser)

BOOST_AUTO_TEST_CASE(charts_are_drawn_and_the_page_fits) {
  const std::string name = browser();
  if (name.empty()) {
    std::cout << "no Chromium here: all cases skipped\n";
    return;
  }
  const weft::TempFolder folder;
  for (const int width : {1400, 400}) BOOST_TEST_CONTEXT(name << ", " << width << " wide") {
      const nlohmann::json found = probe(folder, name, report_html(sample_report()), width);
      check_fit(found, width);
      BOOST_TEST(found["charts"].size() == 4u);
      for (const auto& chart : found["charts"]) BOOST_TEST_CONTEXT(chart["name"]) {
          BOOST_TEST(chart["notes"].get<int>() >= 12);
          const bool two = chart["name"] == "Loss";
          BOOST_REQUIRE_EQUAL(chart["lines"].size(), two ? 4u : 2u);  // each curve, and its line in the legend
          int curves = 0;
          for (const auto& line : chart["lines"])
            curves += line["length"].get<double>() > 250 && line["height"].get<double>() > 40;
          BOOST_TEST(curves == (two ? 2 : 1));
          if (two) BOOST_TEST(chart["lines"][0]["color"] != chart["lines"][1]["color"]);
        }
      BOOST_TEST(found["images"].size() == 1u);
      for (const auto& image : found["images"]) {
        BOOST_TEST(image["natural"] == 28);
        BOOST_TEST(image["box"]["width"].get<double>() > 60);
      }
      BOOST_TEST(found["cells"].size() == 16u);
      BOOST_TEST(found["cells"][0] != found["cells"][1]);   // a full and an empty cell
      BOOST_TEST(found["cells"][11] != found["cells"][1]);  // and the mistake
    }
}

BOOST_AUTO_TEST_CASE(a_sweep_is_drawn_and_fits) {
  const std::string name = browser();
  if (name.empty()) return;
  const weft::TempFolder folder;
  for (const int width : {1400, 400}) BOOST_TEST_CONTEXT(name << ", " << width << " wide") {
      const nlohmann::json found = probe(folder, name, sweep_report_html(sample_sweep()), width);
      check_fit(found, width);
      BOOST_TEST(found["charts"].size() == 2u);
      for (const auto& chart : found["charts"]) BOOST_TEST(chart["notes"].get<int>() == 20);
    }
}

BOOST_AUTO_TEST_SUITE_END()
