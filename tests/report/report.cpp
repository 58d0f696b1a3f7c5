// Reports: their parts, escaping, their metrics, and the mistakes they show.
#include "weft/report/report.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "tests/report/sample_report.h"
#include "tests/temp_folder.h"
#include "weft/tensor/creation.h"

using namespace weft;
using namespace weft::train;
namespace fs = std::filesystem;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string error_of(const std::string& path) {
  try {
    read_metrics(path);
  } catch (const IoError& e) {
    return e.what();
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report)

BOOST_FIXTURE_TEST_CASE(records_read_back, TempFolder) {
  const std::string path = *this / "m.jsonl";
  {
    MetricsFile file(path, false);
    file.write({1, 20, 0.5, 0.25, 0.9, 1.23456, 1000.04, 0.1});
    file.write({2, 40, kNan, 0.2, 0.95, 2, INFINITY, 1e-4});
  }
  MetricsFile(path, true).write({3, 60, 0.125, 0.2, 0.96, 3, 900, 1e-5});
  const auto records = read_metrics(path);
  BOOST_REQUIRE_EQUAL(records.size(), 3u);
  BOOST_TEST(records[0].step == 20);
  BOOST_TEST(records[0].train_loss == 0.5);
  BOOST_TEST(records[0].seconds == 1.235, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(records[0].samples_per_second == 1000);
  BOOST_TEST(std::isnan(records[1].train_loss));
  BOOST_TEST(std::isnan(records[1].samples_per_second));
  BOOST_TEST(records[2].learning_rate == 1e-5);

  std::ofstream(path, std::ios::app) << "{\"epoch\": 4, \"st";  // as a killed run leaves it
  BOOST_TEST(read_metrics(path).size() == 3u);
  std::ofstream(path, std::ios::app) << "\n";
  BOOST_TEST(has(error_of(path), path + ":4:"));
  std::ofstream(path) << "{\"epoch\": 4, \"step\": 1}\n{\"epoch\": \"x\", \"step\": 1}\n";
  BOOST_TEST(has(error_of(path), path + ":2:"));
  BOOST_TEST(has(error_of(*this / "none"), "none"));
}

BOOST_FIXTURE_TEST_CASE(a_resumed_file_keeps_what_came_before, TempFolder) {
  const std::string path = *this / "m.jsonl";
  MetricsRecord r{1, 20, 0.5, 0.25, 0.9, 1, 1000, 0.1};
  {
    MetricsFile file(path, false);
    for (r.epoch = 1; r.epoch <= 4; ++r.epoch) r.step = 20 * r.epoch, file.write(r);
  }
  std::ofstream(path, std::ios::app) << "{\"epoch\": 5, \"st";  // killed while it wrote
  r.epoch = 3, r.step = 55, r.train_accuracy = 0.75, r.validation_loss = 0.125, r.validation_accuracy = 0.5;
  MetricsFile::continued(path, 40).write(r);
  const auto records = read_metrics(path);
  BOOST_REQUIRE_EQUAL(records.size(), 3u);
  BOOST_TEST(records[1].step == 40);
  BOOST_TEST(std::isnan(records[1].validation_loss));
  BOOST_TEST(records[2].step == 55);
  BOOST_TEST(records[2].train_accuracy == 0.75);
  BOOST_TEST(records[2].validation_loss == 0.125);
  BOOST_TEST(records[2].validation_accuracy == 0.5);
  MetricsFile::continued(*this / "new.jsonl", 40).write(r);
  BOOST_TEST(read_metrics(*this / "new.jsonl").size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_report_holds_its_parts) {
  const std::string html = report_html(sample_report());
  for (const char* part :
       {"<!DOCTYPE html>", "id=\"curves\"", "id=\"confusion\"", "id=\"scores\"", "id=\"mistakes\"", "id=\"model\"",
        "id=\"options\"", ">Loss</text>", ">Accuracy</text>", ">Learning rate</text>", ">Speed</text>",
        "title=\"two predicted as three: 1 of 4\"", "data:image/png;base64,iVBOR", "<b>two</b> predicted as"})
    BOOST_TEST(has(html, part), part);
  // The page fetches nothing and runs nothing.
  for (const char* part : {"http:", "https:", "<script", "<link", "@import", "src=\"/", "url("})
    BOOST_TEST(!has(html, part), part);
}

BOOST_AUTO_TEST_CASE(records_have_the_columns_that_hold_numbers) {
  Report r = sample_report();
  r.course.resize(1);
  r.course[0].validation_loss = r.course[0].validation_accuracy = NAN;
  BOOST_TEST(!has(report_html(r), "<th>validation loss</th>"));
  r.course[0].validation_loss = 0.125, r.course[0].test_loss = r.course[0].test_accuracy = NAN;
  const std::string html = report_html(r);
  BOOST_TEST(has(html, "<th>validation loss</th>"));
  BOOST_TEST(has(html, "<td>0.1250</td>"));
  BOOST_TEST(!has(html, "<th>test loss</th>"));
  BOOST_TEST(!has(html, "nan"));
}

BOOST_AUTO_TEST_CASE(the_page_grows_with_the_classes_that_occur) {
  auto page_of = [](int64_t classes, int64_t occurring) {
    Metrics metrics;
    const Tensor target = arange(occurring).mul(classes / occurring);
    Tensor scores = zeros({occurring, classes});
    scores.scatter_(1, target.roll({1}).unsqueeze(1), ones({occurring, 1}));  // each is predicted as another class
    metrics.add(scores, target);
    Report r{"Many"};
    r.test = metrics;
    return report_html(r);
  };
  const std::string few = page_of(10'000, 2), many = page_of(10'000, 200), small = page_of(10, 10);
  BOOST_TEST(few.size() < small.size());
  BOOST_TEST(has(few, "title=\"5000 predicted as 0: 1 of 1\""));
  BOOST_TEST(has(small, "<h2>Confusion matrix</h2>"));
  BOOST_TEST(!has(many, "class=\"heat\""));
  for (const char* part : {"<h2>Most confused</h2>", "The 50 most frequent mistakes; 200 classes occur.",
                           "<th scope=\"row\">0</th><th scope=\"row\">9950</th><td>1</td><td>100.00 %</td>"})
    BOOST_TEST(has(many, part), part);
  BOOST_TEST(many.size() < 100'000u);
}

BOOST_AUTO_TEST_CASE(empty_parts_are_left_out) {
  const std::string html = report_html({"Empty"});
  for (const char* part : {"<section", "<table", "<svg", "class=\"halves\"", "class=\"tiles\""})
    BOOST_TEST(!has(html, part), part);
  BOOST_TEST(has(html, "<h1>Empty</h1>"));
}

BOOST_AUTO_TEST_CASE(texts_are_escaped) {
  const std::string evil = "<script>alert(\"evil\")</script>&'";
  Report r = sample_report();
  r.title = r.subtitle = r.model = evil;
  r.options = {{evil, evil}};
  r.class_names = {evil, evil, evil, evil};
  const std::string html = report_html(r);
  BOOST_TEST(!has(html, "<script"));
  BOOST_TEST(!has(html, "\"evil\""));
  BOOST_TEST(has(html, "&lt;script&gt;alert(&quot;evil&quot;)&lt;/script&gt;&amp;&#39;"));
}

BOOST_AUTO_TEST_CASE(the_surest_mistakes_are_kept) {
  WorstMistakes worst(2);
  const Tensor images = arange(4).to(kFloat).div(10).reshape({4, 1, 1}).expand({4, 2, 2});
  const Tensor logits = tensor({{5., 0.}, {1., 0.}, {3., 0.}, {0., 2.}});
  worst.add(images, logits, tensor({0, 1, 1, 0}, kInt64));  // 0 is right; 1, 2 and 3 are wrong
  BOOST_REQUIRE_EQUAL(worst.mistakes().size(), 2u);
  BOOST_TEST(worst.mistakes()[0].confidence == 1 / (1 + std::exp(-3.0)), boost::test_tools::tolerance(1e-5));
  BOOST_TEST(worst.mistakes()[1].answer == 1);
  BOOST_TEST(worst.mistakes()[0].image[0][0][0].item<int64_t>() == 51);
  worst.add(images.slice(0, 0, 1), tensor({{9., 0.}}), tensor({1}, kInt64));
  BOOST_TEST(worst.mistakes()[0].target == 1);
  BOOST_TEST(worst.mistakes()[0].confidence > 0.999);
  // Scores with equal probabilities are still different predictions.
  WorstMistakes clamped(2, [](const Tensor& scores) { return scores.clamp(0, 1); });
  clamped.add(zeros({2, 1, 2, 2}), tensor({{1.2, 3.0}, {-2.0, -1.0}}), tensor({1, 1}, kInt64));
  BOOST_TEST(clamped.mistakes().empty());
  BOOST_CHECK_THROW(worst.add(images, logits, tensor({1}, kInt64)), ShapeError);
  // Normalised images are rescaled; probabilities need not be a softmax.
  WorstMistakes sigmoid(4, [](const Tensor& scores) { return scores.sigmoid(); });
  sigmoid.add(tensor({{{-1., 3.}}}), tensor({{2., 0.}}), tensor({1}, kInt64));
  BOOST_TEST(sigmoid.mistakes()[0].confidence == 1 / (1 + std::exp(-2.0)), boost::test_tools::tolerance(1e-5));
  BOOST_TEST(sigmoid.mistakes()[0].image[0][0][0].item<int64_t>() == 0);
  BOOST_TEST(sigmoid.mistakes()[0].image[0][0][1].item<int64_t>() == 255);
  WorstMistakes none(0);
  none.add(images, logits, tensor({0, 1, 1, 0}, kInt64));
  BOOST_TEST(none.mistakes().empty());
}

BOOST_FIXTURE_TEST_CASE(a_report_is_a_file, TempFolder) {
  write_report(*this / "r.html", sample_report());
  std::ifstream in(*this / "r.html");
  BOOST_TEST((std::string{std::istreambuf_iterator<char>(in), {}}) == report_html(sample_report()));
  BOOST_CHECK_THROW(write_report(*this / "none/r.html", sample_report()), IoError);
}

BOOST_AUTO_TEST_SUITE_END()
