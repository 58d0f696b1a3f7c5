#include "weft/report/sweep_report.h"

#include <fmt/format.h>

#include "weft/report/markup.h"
#include "weft/report/report_page.h"
#include "weft/tensor/atomic_file.h"

namespace weft::train {
namespace {

std::string charts_of(const SweepReport& r) {
  std::string out;
  for (const Chart& chart : r.charts)
    if (!chart.series.empty()) out += "<div class=\"card\">" + chart_svg(chart) + "</div>";
  return out.empty() ? "" : report_section("curves", "Results", "<div class=\"grid\">" + out + "</div>");
}

std::string table_of(const SweepReport& r) {
  if (r.table.rows().empty()) return "";
  std::string head, rows;
  for (const std::string& header : r.table.headers()) head += "<th>" + escape_markup(header) + "</th>";
  for (size_t i = 0; i < r.table.rows().size(); ++i) {
    const std::string link = i < r.links.size() ? r.links[i] : "";
    rows += "<tr>";
    for (const std::string& cell : r.table.rows()[i]) {
      const char* tag = &cell == &r.table.rows()[i].front() ? "th" : "td";
      rows += fmt::format("<{0}>{1}</{0}>", tag, escape_markup(cell));
    }
    if (!r.links.empty())
      rows += link.empty() ? "<td></td>" : fmt::format("<td><a href=\"{}\">report</a></td>", escape_markup(link));
    rows += "</tr>";
  }
  if (!r.links.empty()) head += "<th></th>";
  return report_section("records", "Networks",
                        fmt::format("<div class=\"scroll\"><table class=\"numbers\"><thead><tr>{}</tr></thead><tbody>"
                                    "{}</tbody></table></div>",
                                    head, rows));
}

}  // namespace

std::string sweep_report_html(const SweepReport& r) {
  return report_page(r.title, r.subtitle, charts_of(r) + table_of(r) + report_options(r.options));
}

void write_sweep_report(const std::string& path, const SweepReport& report) {
  write_whole(path, sweep_report_html(report));
}

}  // namespace weft::train
