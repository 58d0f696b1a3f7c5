// Charts as SVG.
#include <fmt/format.h>

#include "weft/data/png.h"
#include "weft/report/chart_painter.h"
#include "weft/report/markup.h"

namespace weft::train {
namespace {

// Colours by ink, for light and for dark pages; class_of gives their classes.
struct InkColors {
  const char *name, *light, *dark;
};
constexpr InkColors kInks[] = {
    {"ink", "#1f2430", "#e6e9ef"}, {"muted", "#667085", "#98a2b3"}, {"grid", "#e4e7ec", "#2b3240"},
    {"c0", "#2563eb", "#6ea8fe"},  {"c1", "#e8590c", "#ff9f5a"},    {"c2", "#2b8a3e", "#69db7c"},
    {"c3", "#9c36b5", "#da8ff0"},  {"c4", "#c92a2a", "#ff8787"},    {"c5", "#0b7285", "#3bc9db"},
    {"c6", "#8f6400", "#ffd43b"},  {"c7", "#495057", "#adb5bd"},
};

std::string class_of(Ink ink) { return ink >= 0 ? fmt::format("c{}", ink) : kInks[-1 - ink].name; }

class SvgPainter : public ChartPainter {
 public:
  void path(const std::vector<Point>& points, double width, Ink ink) override {
    std::string d;
    for (const Point& p : points) d += fmt::format("{}{:.1f} {:.1f}", d.empty() ? "M" : "L", p.x, p.y);
    out_ += fmt::format(
        "<path class=\"{}\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"{}\" "
        "stroke-linejoin=\"round\" d=\"{}\"/>",
        class_of(ink), width, d);
  }
  void dot(Point at, double radius, Ink ink) override {
    out_ += fmt::format("<circle class=\"{}\" fill=\"currentColor\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"/>",
                        class_of(ink), at.x, at.y, radius);
  }
  void text(Point at, const std::string& text, Align align, bool bold, Ink ink) override {
    constexpr const char* kAnchors[] = {"start", "middle", "end"};
    out_ +=
        fmt::format("<text class=\"{}\" fill=\"currentColor\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>",
                    class_of(ink), at.x, at.y, kAnchors[static_cast<int>(align)],
                    bold ? " font-weight=\"600\" font-size=\"13\"" : "", escape_markup(text));
  }
  void image(Point corner, double width, double height, const Tensor& image) override {
    out_ += fmt::format(
        "<image x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" preserveAspectRatio=\"none\" "
        "href=\"{}\"/>",
        corner.x, corner.y, width, height, png_uri(data::encode_png(image)));
  }
  void note(Point at, const std::string& text) override {
    notes_ += fmt::format("<circle class=\"note\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"7\"><title>{}</title></circle>", at.x,
                          at.y, escape_markup(text));
  }
  // Tooltips are above everything else.
  std::string take() { return out_ + notes_; }

 private:
  std::string out_, notes_;
};

}  // namespace

std::string chart_svg(const Chart& chart) {
  SvgPainter painter;
  draw_chart(chart, painter);
  return fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\" font-family=\"system-ui, sans-serif\" "
      "font-size=\"12\">{}</svg>",
      chart.width, chart.height, escape_markup(chart.title), painter.take());
}

std::string chart_style() {
  std::string light, dark;
  for (const InkColors& ink : kInks) {
    light += fmt::format(".chart .{}{{color:{}}}", ink.name, ink.light);
    dark += fmt::format(".chart .{}{{color:{}}}", ink.name, ink.dark);
  }
  return fmt::format(
      ".chart .page{{fill:#fff}}.chart .note{{fill:transparent}}.chart .note:hover{{fill:#88888866}}{}"
      "@media(prefers-color-scheme:dark){{.chart .page{{fill:#12151c}}{}}}",
      light, dark);
}

}  // namespace weft::train
