// Charts: ticks, the content of an SVG, the pixels of a picture, and text inside markup.
#include "weft/report/chart.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "tests/temp_folder.h"
#include "weft/data/png.h"
#include "weft/report/chart_axis.h"
#include "weft/report/markup.h"
#include "weft/tensor/creation.h"

using namespace weft;
using namespace weft::train;
namespace fs = std::filesystem;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Chart curve(std::vector<double> y) {
  std::vector<double> x;
  for (size_t i = 0; i < y.size(); ++i) x.push_back(static_cast<double>(i));
  return {"Title", {"epoch"}, {}, {{"loss", x, std::move(y)}}};
}

size_t count(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

// Number of pixels in the first colour of the palette.
int64_t blue_pixels(const Tensor& image) {
  const Tensor t = image.to(kInt64);
  return (t[0] == 0x25).logical_and(t[1] == 0x63).logical_and(t[2] == 0xeb).sum().item<int64_t>();
}

std::vector<std::string> labels(const AxisScale& scale) {
  std::vector<std::string> out;
  for (double tick : scale.ticks()) out.push_back(scale.label(tick));
  return out;
}

using Labels = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(chart)

BOOST_AUTO_TEST_CASE(ticks_are_round_numbers) {
  BOOST_TEST((labels(AxisScale({}, {0, 10}, 5, true)) == Labels{"0", "2", "4", "6", "8", "10"}));
  BOOST_TEST((labels(AxisScale({}, {0.021, 0.058}, 4, true)) == Labels{"0.02", "0.03", "0.04", "0.05", "0.06"}));
  BOOST_TEST((labels(AxisScale({}, {1, 30}, 6, false)) == Labels{"5", "10", "15", "20", "25", "30"}));
  BOOST_TEST((labels(AxisScale({{}, true}, {1e-4, 1}, 5, true)) == Labels{"0.0001", "0.001", "0.01", "0.1", "1"}));
  BOOST_TEST((labels(AxisScale({{}, true}, {0.1, 1}, 5, true)) == Labels{"0.1", "0.2", "0.5", "1"}));
  BOOST_TEST((labels(AxisScale({{}, false, 0, 1}, {0.2}, 5, true)) == Labels{"0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
  Axis whole{"epoch"};
  whole.whole = true;
  BOOST_TEST((labels(AxisScale(whole, {1, 4}, 6, false)) == Labels{"1", "2", "3", "4"}));
  BOOST_TEST((labels(AxisScale(whole, {1}, 6, false)) == Labels{"1"}));
  const AxisScale one({}, {7, kNan}, 5, true);
  BOOST_TEST(one.place(7) > 0.2);
  BOOST_TEST(one.place(7) < 0.8);
  for (const AxisScale& s :
       {AxisScale({}, {}, 5, true), AxisScale({}, {0}, 5, true), AxisScale({{}, true}, {-1}, 5, true),
        AxisScale({}, {-1e300, 1e300}, 5, true), AxisScale({}, {1e-300, 2e-300}, 5, true)}) {
    BOOST_TEST(!s.ticks().empty());
    BOOST_TEST(s.ticks().size() < 20u);
  }
  const AxisScale log({{}, true}, {0.01, 100}, 5, true);
  BOOST_TEST(log.place(1) == 0.5, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(!log.shows(0));
}

BOOST_AUTO_TEST_CASE(an_svg_holds_lines_points_and_notes) {
  const std::string svg = chart_svg(curve({1, 0.5, 0.25}));
  BOOST_TEST(svg.rfind("<svg class=\"chart\" viewBox=\"0 0 440 280\"", 0) == 0u);
  BOOST_TEST(count(svg, "<circle class=\"c0\"") == 3u);
  BOOST_TEST(count(svg, "class=\"note\"") == 3u);
  BOOST_TEST(count(svg, "<title>loss: 0.5 at epoch 1</title>") == 1u);
  BOOST_TEST(count(svg, ">Title</text>") == 1u);
  BOOST_TEST(count(svg, ">loss</text>") == 1u);
  BOOST_TEST(count(svg, "nan") == 0u);
  // A NaN interrupts the line; a single point has no line.
  BOOST_TEST(count(chart_svg(curve({1, 2, kNan, 3, 4, kNan, 5})), "class=\"c0\" fill=\"none\"") ==
             3u);  // with the legend's
  BOOST_TEST(count(chart_svg(curve({kNan})), "no data") == 1u);
  BOOST_TEST(count(chart_svg(curve(std::vector<double>(5000, 1.0))), "class=\"note\"") <= 200u);
  Chart bad = curve({1, 2});
  bad.series[0].x.pop_back();
  BOOST_CHECK_THROW(chart_svg(bad), ValueError);
  bad = curve({1, 2});
  bad.width = 20;
  BOOST_CHECK_THROW(chart_svg(bad), ValueError);
}

BOOST_AUTO_TEST_CASE(names_are_escaped) {
  Chart chart = curve({1, 2});
  chart.title = "<script>alert('x')</script>";
  chart.series[0].name = "a & \"b\"\x01\xff";
  const std::string svg = chart_svg(chart);
  BOOST_TEST(svg.find("<script") == std::string::npos);
  BOOST_TEST(svg.find("a &amp; &quot;b&quot;\xEF\xBF\xBD\xEF\xBF\xBD") != std::string::npos);
  BOOST_TEST(escape_markup("é€😀\n") == "é€😀\n");
  BOOST_TEST(escape_markup("\xed\xa0\x80 \xc0\xaf \xf5\x80\x80\x80 \xe2\x82").find_first_of("\xed\xc0\xf5\xe2") ==
             std::string::npos);
  BOOST_TEST(base64("") == "");
  BOOST_TEST(base64("f") == "Zg==");
  BOOST_TEST(base64("fo") == "Zm8=");
  BOOST_TEST(base64("foobar") == "Zm9vYmFy");
}

BOOST_AUTO_TEST_CASE(a_picture_shows_the_same) {
  const Tensor image = chart_image(curve({1, 0.5, 0.25}), 1);
  BOOST_TEST((image.sizes() == IntArrayRef({3, 280, 440})));
  BOOST_TEST(blue_pixels(image) > 300);
  BOOST_TEST(blue_pixels(chart_image(curve({}), 1)) < 60);  // the legend's line
  BOOST_TEST((chart_image(curve({1, 2}), 2).sizes() == IntArrayRef({3, 560, 880})));
  Chart filled = curve({});
  filled.series.clear();
  filled.background = tensor({{{0x25}}, {{0x63}}, {{0xeb}}}, kUInt8);
  BOOST_TEST(blue_pixels(chart_image(filled, 1)) > 50000);
  BOOST_TEST(chart_svg(filled).find("href=\"data:image/png;base64,iVBOR") != std::string::npos);
  BOOST_CHECK_THROW(chart_image(filled, 0), ValueError);
}

BOOST_AUTO_TEST_CASE(files_by_their_names) {
  const TempFolder folder;
  const Chart chart = curve({1, 2});
  write_chart(folder / "a.png", chart);
  BOOST_TEST(data::read_png(folder / "a.png").equal(chart_image(chart)));
  write_chart(folder / "a.svg", chart);
  std::ifstream in(folder / "a.svg");
  const std::string svg{std::istreambuf_iterator<char>(in), {}};
  BOOST_TEST(svg.rfind("<?xml", 0) == 0u);
  BOOST_TEST(count(svg, "xmlns=\"http://www.w3.org/2000/svg\"") == 1u);
  BOOST_TEST(count(svg, "<style>") == 1u);
  Chart small = chart;
  small.width = 200, small.height = 150;
  write_charts(folder / "b.png", {small, chart, small}, 2);
  const Tensor page = data::read_png(folder / "b.png");
  BOOST_TEST((page.sizes() == IntArrayRef({3, 2 * (280 + 150), 2 * (200 + 440)})));
  BOOST_TEST(page.slice(1, 0, 560).slice(2, 400, 1280).equal(chart_image(chart)));
  BOOST_TEST(page.slice(1, 560, 860).slice(2, 0, 400).equal(chart_image(small)));
  write_charts(folder / "b.svg", {small, chart, small}, 2);
  std::ifstream several(folder / "b.svg");
  BOOST_TEST(count({std::istreambuf_iterator<char>(several), {}}, "<svg x=") == 3u);
  BOOST_CHECK_THROW(write_charts(folder / "b.png", {}, 2), ValueError);
  BOOST_CHECK_THROW(write_charts(folder / "b.png", {chart}, 0), ValueError);
  BOOST_CHECK_THROW(write_chart(folder / "a.jpg", chart), ValueError);
  BOOST_CHECK_THROW(check_chart_name("a.jpg"), ValueError);
  BOOST_CHECK_THROW(write_chart(folder / "none/a.svg", chart), IoError);
}

BOOST_AUTO_TEST_SUITE_END()
