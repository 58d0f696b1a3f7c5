#include "weft/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "weft/data/png.h"
#include "weft/report/chart.h"
#include "weft/report/markup.h"
#include "weft/report/report_page.h"
#include "weft/tensor/atomic_file.h"
#include "weft/train/progress.h"

namespace weft::train {
namespace {

using Names = std::vector<std::string>;

std::string name_of(int64_t c, const Names& names) {
  return escape_markup(static_cast<size_t>(c) < names.size() ? names[static_cast<size_t>(c)] : fmt::format("{}", c));
}

std::string percent(double share) { return std::isfinite(share) ? fmt::format("{:.2f} %", 100 * share) : "-"; }

// Samples per second of all training steps: the records' speeds, weighted by the time of their steps.
double mean_speed(const std::vector<MetricsRecord>& course) {
  double steps = 0, time = 0;  // in units of a batch and its time
  int64_t before = 0;
  for (const MetricsRecord& r : course) {
    const auto taken = static_cast<double>(r.step - std::exchange(before, r.step));
    if (r.samples_per_second > 0) steps += taken, time += taken / r.samples_per_second;
  }
  return time > 0 ? steps / time : 0;
}

// The main figures of a run.
std::string tiles(const Report& r) {
  std::string out;
  auto tile = [&](const char* name, const std::string& value) {
    out += fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>", value, name);
  };
  if (r.test) {
    tile((r.tested + " accuracy").c_str(), percent(r.test->accuracy()));
    if (r.test->top_k() > 1 && r.test->top_k() < r.test->confusion().classes())
      tile(fmt::format("among the top {}", r.test->top_k()).c_str(), percent(r.test->top_k_accuracy()));
    tile((r.tested + " loss").c_str(), format_loss(r.test->loss()));
  } else if (!r.course.empty()) {
    tile("test accuracy", percent(r.course.back().test_accuracy));
    tile("test loss", format_loss(r.course.back().test_loss));
  }
  if (!r.course.empty()) {
    const MetricsRecord& last = r.course.back();
    tile("epochs", fmt::format("{}", last.epoch));
    tile("steps", format_count(static_cast<double>(last.step)));
    tile("time", format_duration(last.seconds));
    tile("samples per second", format_count(mean_speed(r.course)));
  }
  if (out.empty()) return "";
  const std::string weights = r.test && !r.weights.empty()
                                  ? fmt::format("<p class=\"hint\">{} figures and images are of {}.</p>",
                                                r.tested == "test" ? "Test" : "Validation", escape_markup(r.weights))
                                  : "";
  return "<div class=\"tiles\">" + out + "</div>" + weights + "\n";
}

// A curve of a chart, with its colour, which is the same in all charts.
struct Curve {
  const char* name;
  double MetricsRecord::*member;
  int color = 0;
};

Chart course_chart(const std::vector<MetricsRecord>& course, const char* title, std::initializer_list<Curve> curves) {
  bool by_epoch = true;
  for (size_t i = 1; i < course.size(); ++i) by_epoch &= course[i].epoch > course[i - 1].epoch;
  Chart chart{title, {by_epoch ? "epoch" : "step"}};
  chart.x.whole = true;
  for (auto [name, member, color] : curves) {
    Series s{name};
    s.color = color;
    for (const auto& record : course) {
      s.x.push_back(static_cast<double>(by_epoch ? record.epoch : record.step));
      s.y.push_back(record.*member);
    }
    if (std::any_of(s.y.begin(), s.y.end(), [](double v) { return std::isfinite(v); })) chart.series.push_back(s);
  }
  return chart;
}

// The same with a training curve of every few steps instead of every record.
Chart course_chart(const Report& r, const char* title, double StepPoint::*value, std::initializer_list<Curve> curves) {
  if (r.steps.size() <= r.course.size()) return course_chart(r.course, title, curves);
  Chart chart{title, {"step"}};
  chart.x.whole = true;
  for (auto [name, member, color] : curves) {
    Series s{name};
    s.color = color;
    if (color == 0) {
      for (const StepPoint& p : r.steps) s.x.push_back(static_cast<double>(p.step)), s.y.push_back(p.*value);
    } else {
      for (const auto& record : r.course)
        s.x.push_back(static_cast<double>(record.step)), s.y.push_back(record.*member);
    }
    if (std::any_of(s.y.begin(), s.y.end(), [](double v) { return std::isfinite(v); })) chart.series.push_back(s);
  }
  return chart;
}

std::string curves(const Report& r) {
  if (r.course.empty() && r.steps.empty()) return "";
  std::string out;
  auto add = [&](const Chart& chart) {
    if (!chart.series.empty()) out += "<div class=\"card\">" + chart_svg(chart) + "</div>";
  };
  add(course_chart(r, "Loss", &StepPoint::loss,
                   {{"training", &MetricsRecord::train_loss},
                    {"validation", &MetricsRecord::validation_loss, 2},
                    {"test", &MetricsRecord::test_loss, 1}}));
  add(course_chart(r, "Accuracy", &StepPoint::accuracy,
                   {{"training", &MetricsRecord::train_accuracy},
                    {"validation", &MetricsRecord::validation_accuracy, 2},
                    {"test", &MetricsRecord::test_accuracy, 1}}));
  Chart rate = course_chart(r.course, "Learning rate", {{"learning rate", &MetricsRecord::learning_rate}});
  double low = INFINITY, high = 0;
  for (const auto& record : r.course)
    if (record.learning_rate > 0)
      low = std::min(low, record.learning_rate), high = std::max(high, record.learning_rate);
  rate.y.log = high > 50 * low;
  add(rate);
  add(course_chart(r.course, "Speed", {{"samples per second", &MetricsRecord::samples_per_second}}));
  return report_section("curves", "Course", "<div class=\"grid\">" + out + "</div>");
}

// The pairs of classes with the most mistakes, each with its fraction of the class.
std::string confused_pairs(const ConfusionMatrix& m, const Names& names) {
  std::string out =
      "<table class=\"numbers\"><thead><tr><th>class</th><th>predicted as</th><th>samples</th><th>of its "
      "class</th></tr>"
      "</thead><tbody>";
  for (const ClassPair& pair : m.most_confused()) {
    const double share = static_cast<double>(pair.count) / static_cast<double>(m.of(pair.target).support);
    out += fmt::format("<tr><th scope=\"row\">{}</th><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
                       name_of(pair.target, names), name_of(pair.predicted, names), pair.count, percent(share));
  }
  return fmt::format(
      "<div class=\"scroll\">{}</tbody></table></div><p class=\"hint\">The {} most frequent mistakes; {} classes "
      "occur.</p>",
      out, m.most_confused().size(), m.listed_classes().size());
}

// Cells are shaded by their fraction of the row: correct predictions in one colour, mistakes in another. The shade is
// the root of the fraction, so that few mistakes are visible and many are still distinguishable.
std::string confusion(const ConfusionMatrix& m, const Names& names) {
  const std::vector<int64_t> listed = m.listed_classes();
  std::string out = "<table class=\"heat\"><thead><tr><th></th>";
  for (const int64_t c : listed) out += fmt::format("<th scope=\"col\">{}</th>", name_of(c, names));
  out += "</tr></thead><tbody>";
  for (const int64_t t : listed) {
    out += fmt::format("<tr><th scope=\"row\">{}</th>", name_of(t, names));
    const auto row = static_cast<double>(std::max<int64_t>(1, m.of(t).support));
    for (const int64_t p : listed) {
      const auto n = static_cast<double>(m.count(t, p));
      const double shade = t == p ? 0.15 + 0.75 * n / row : n > 0 ? 0.08 + 0.82 * std::sqrt(n / row) : 0;
      out += fmt::format("<td class=\"{}{}\" style=\"--shade:{:.2f}\" title=\"{} predicted as {}: {} of {}\">{}</td>",
                         t == p ? "right" : "wrong", shade > 0.55 ? " full" : "", shade, name_of(t, names),
                         name_of(p, names), n, row, n);
    }
    out += "</tr>";
  }
  return "<div class=\"scroll\">" + out +
         "</tbody></table></div><p class=\"hint\">Rows are true classes, columns answers.</p>";
}

std::string confusion_section(const ConfusionMatrix& m, const Names& names) {
  return m.listed_classes().size() > static_cast<size_t>(ConfusionMatrix::kMostShown)
             ? report_section("confusion", "Most confused", confused_pairs(m, names))
             : report_section("confusion", "Confusion matrix", confusion(m, names));
}

std::string scores(const ConfusionMatrix& m, const Names& names) {
  std::string out =
      "<div class=\"scroll\"><table class=\"numbers\"><thead><tr><th>class</th><th>precision</th><th>recall</th>"
      "<th>F1</th><th>samples</th></tr></thead><tbody>";
  auto row = [&](const std::string& name, const ClassScores& s) {
    out += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", name,
                       percent(s.precision), percent(s.recall), percent(s.f1), s.support);
  };
  for (const int64_t c : m.listed_classes()) row(name_of(c, names), m.of(c));
  row("macro", m.macro());
  row("micro", m.micro());
  return out + "</tbody></table></div>";
}

std::string mistakes(const Report& r) {
  std::string out;
  for (const Mistake& m : r.mistakes)
    out += fmt::format(
        "<figure><img src=\"{}\" alt=\"{} predicted as {}\"><figcaption><b>{}</b> predicted as <b class=\"bad\">{}</b>"
        "<br>{}</figcaption></figure>",
        png_uri(data::encode_png(m.image)), name_of(m.target, r.class_names), name_of(m.answer, r.class_names),
        name_of(m.target, r.class_names), name_of(m.answer, r.class_names), percent(m.confidence));
  return out.empty() ? "" : report_section("mistakes", "Surest mistakes", "<div class=\"images\">" + out + "</div>");
}

std::string decimals(double value) { return std::isfinite(value) ? fmt::format("{:.4f}", value) : "-"; }

// All records as a table of numbers.
std::string records(const Report& r) {
  struct Column {
    const char* title;
    std::string (*text)(const MetricsRecord&);
  };
  static constexpr Column kColumns[] = {
      {"epoch", [](const MetricsRecord& m) { return fmt::format("{}", m.epoch); }},
      {"step", [](const MetricsRecord& m) { return fmt::format("{}", m.step); }},
      {"training loss", [](const MetricsRecord& m) { return decimals(m.train_loss); }},
      {"training accuracy", [](const MetricsRecord& m) { return percent(m.train_accuracy); }},
      {"validation loss", [](const MetricsRecord& m) { return decimals(m.validation_loss); }},
      {"validation accuracy", [](const MetricsRecord& m) { return percent(m.validation_accuracy); }},
      {"test loss", [](const MetricsRecord& m) { return decimals(m.test_loss); }},
      {"test accuracy", [](const MetricsRecord& m) { return percent(m.test_accuracy); }},
      {"learning rate", [](const MetricsRecord& m) { return fmt::format("{:.4g}", m.learning_rate); }},
      {"samples/s", [](const MetricsRecord& m) { return format_count(m.samples_per_second); }},
      {"time", [](const MetricsRecord& m) { return format_duration(m.seconds); }},
  };
  if (r.course.empty()) return "";
  std::string head;
  std::vector<std::string> rows(r.course.size());
  for (const Column& column : kColumns) {
    std::vector<std::string> cells;
    for (const MetricsRecord& m : r.course) cells.push_back(column.text(m));
    if (std::all_of(cells.begin(), cells.end(), [](const std::string& cell) { return cell == "-"; })) continue;
    head += fmt::format("<th>{}</th>", column.title);
    for (size_t i = 0; i < rows.size(); ++i) rows[i] += "<td>" + cells[i] + "</td>";
  }
  return fmt::format(
      "<section id=\"records\"><details><summary>All records</summary><div class=\"scroll\"><table "
      "class=\"numbers\"><thead><tr>{}</tr></thead><tbody><tr>{}</tr></tbody></table></div></details></section>\n",
      head, fmt::join(rows, "</tr><tr>"));
}

}  // namespace

std::string report_html(const Report& r) {
  std::string out = tiles(r) + curves(r);
  if (r.test)
    out += "<div class=\"halves\">" + confusion_section(r.test->confusion(), r.class_names) +
           report_section("scores", "By class", scores(r.test->confusion(), r.class_names)) + "</div>";
  out += mistakes(r);
  std::string told = report_options(r.options);
  if (!r.model.empty())
    told = report_section("model", "Model", "<pre class=\"scroll\">" + escape_markup(r.model) + "</pre>") + told;
  if (!told.empty()) out += "<div class=\"halves\">" + told + "</div>";
  return report_page(r.title, r.subtitle, out + records(r));
}

void write_report(const std::string& path, const Report& report) { write_whole(path, report_html(report)); }

}  // namespace weft::train
