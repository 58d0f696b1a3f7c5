// The layout of a chart.
#include "weft/report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "weft/report/canvas.h"
#include "weft/report/chart_axis.h"
#include "weft/report/chart_painter.h"

namespace weft::train {
namespace {

constexpr double kLine = 16;        // height of a line of text
constexpr size_t kFewPoints = 40;   // lines with fewer points have dots
constexpr size_t kMostNotes = 200;  // maximum number of points with tooltips in a series

Ink ink_of(const Series& s, size_t place) { return (s.color >= 0 ? s.color : static_cast<int>(place)) % kChartColors; }

double width_of(const std::string& text) { return static_cast<double>(text_length(text)) * kLetter; }

void check_chart(const Chart& chart) {
  check<ValueError>(chart.width >= 160 && chart.height >= 120, "[chart] of {} x {}, expected at least 160 x 120",
                    chart.width, chart.height);
  for (const Series& s : chart.series)
    check<ValueError>(s.x.size() == s.y.size(), "[chart] series \"{}\" has {} x and {} y", s.name, s.x.size(),
                      s.y.size());
}

// All x, or all y, of points that both axes can show.
std::vector<double> values_of(const Chart& chart, bool of_x) {
  std::vector<double> out;
  auto shown = [](const Axis& axis, double v) { return std::isfinite(v) && (!axis.log || v > 0); };
  for (const Series& s : chart.series)
    for (size_t i = 0; i < s.x.size(); ++i)
      if (shown(chart.x, s.x[i]) && shown(chart.y, s.y[i])) out.push_back(of_x ? s.x[i] : s.y[i]);
  return out;
}

class Layout {
 public:
  Layout(const Chart& chart, ChartPainter& painter)
      : chart_(chart),
        painter_(painter),
        x_(chart.x, values_of(chart, true), static_cast<int>(chart.width / 70), false),
        y_(chart.y, values_of(chart, false), static_cast<int>(chart.height / 55), true) {
    for (double tick : y_.ticks()) left_ = std::max(left_, width_of(y_.label(tick)) + 12);
    right_ = static_cast<double>(chart.width) - 14;
    bottom_ = static_cast<double>(chart.height) - (chart.x.label.empty() ? 24 : 40);
  }

  void draw() {
    head();
    if (chart_.background.defined()) painter_.image({left_, top_}, right_ - left_, bottom_ - top_, chart_.background);
    axes();
    for (size_t i = 0; i < chart_.series.size(); ++i) series(chart_.series[i], ink_of(chart_.series[i], i));
    if (values_of(chart_, true).empty() && !chart_.background.defined())
      painter_.text({(left_ + right_) / 2, (top_ + bottom_) / 2}, "no data", Align::kMiddle, false, kMutedInk);
  }

 private:
  Point place(double x, double y) const {
    return {left_ + x_.place(x) * (right_ - left_), bottom_ - y_.place(y) * (bottom_ - top_)};
  }

  // Title, legend, and the name of the y axis, from top to bottom.
  void head() {
    double y = 4;
    if (!chart_.title.empty()) painter_.text({8, y += kLine}, chart_.title, Align::kLeft, true, kTextInk);
    double x = 8;
    bool any = false;
    for (size_t i = 0; i < chart_.series.size(); ++i) {
      const Series& s = chart_.series[i];
      if (s.name.empty()) continue;
      const double width = 22 + width_of(s.name) + 14;
      if (!any || x + width > static_cast<double>(chart_.width)) x = 8, y += kLine + 2;
      any = true;
      const Ink ink = ink_of(s, i);
      if (s.line) painter_.path({{x, y - 4}, {x + 16, y - 4}}, 2.5, ink);
      if (!s.line || s.dots) painter_.dot({x + 8, y - 4}, 3.5, ink);
      painter_.text({x + 22, y}, s.name, Align::kLeft, false, kTextInk);
      x += width;
    }
    if (!chart_.y.label.empty()) painter_.text({8, y += kLine + 2}, chart_.y.label, Align::kLeft, false, kMutedInk);
    top_ = y + 12;
  }

  void axes() {
    for (double tick : y_.ticks()) {
      const double y = place(0, tick).y;
      if (!chart_.background.defined()) painter_.path({{left_, y}, {right_, y}}, 1, kGridInk);
      painter_.text({left_ - 6, y + 4}, y_.label(tick), Align::kRight, false, kMutedInk);
    }
    double free_from = -1e9;
    for (double tick : x_.ticks()) {
      const double x = left_ + x_.place(tick) * (right_ - left_), half = width_of(x_.label(tick)) / 2;
      painter_.path({{x, bottom_}, {x, bottom_ + 4}}, 1, kMutedInk);
      if (x - half < free_from) continue;
      painter_.text({x, bottom_ + 17}, x_.label(tick), Align::kMiddle, false, kMutedInk);
      free_from = x + half + 8;
    }
    painter_.path({{left_, bottom_}, {right_, bottom_}}, 1, kMutedInk);
    if (!chart_.x.label.empty())
      painter_.text({(left_ + right_) / 2, bottom_ + 33}, chart_.x.label, Align::kMiddle, false, kMutedInk);
  }

  void series(const Series& s, Ink ink) {
    std::vector<Point> run, all;
    std::vector<size_t> which;
    auto end_run = [&] {
      if (s.line && run.size() > 1) painter_.path(run, 2, ink);
      run.clear();
    };
    for (size_t i = 0; i < s.x.size(); ++i) {
      const Point p = x_.shows(s.x[i]) && y_.shows(s.y[i]) ? place(s.x[i], s.y[i]) : Point{-1, -1};
      const bool inside = p.x >= left_ - 0.5 && p.x <= right_ + 0.5 && p.y >= top_ - 0.5 && p.y <= bottom_ + 0.5;
      if (!inside) {
        end_run();
        continue;
      }
      run.push_back(p), all.push_back(p), which.push_back(i);
    }
    end_run();
    if (s.dots || !s.line || all.size() <= kFewPoints)
      for (const Point& p : all) painter_.dot(p, s.line ? 2.6 : 3.4, ink);
    const size_t every = 1 + all.size() / kMostNotes;
    for (size_t k = 0; k < all.size(); k += every) {
      const std::string name = s.name.empty() ? "" : s.name + ": ";
      const std::string x_name = chart_.x.label.empty() ? "" : chart_.x.label + " ";
      painter_.note(
          all[k], fmt::format("{}{} at {}{}", name, short_number(s.y[which[k]]), x_name, short_number(s.x[which[k]])));
    }
  }

  const Chart& chart_;
  ChartPainter& painter_;
  AxisScale x_, y_;
  double left_ = 30, right_ = 0, top_ = 0, bottom_ = 0;
};

}  // namespace

void draw_chart(const Chart& chart, ChartPainter& painter) {
  check_chart(chart);
  Layout(chart, painter).draw();
}

}  // namespace weft::train
