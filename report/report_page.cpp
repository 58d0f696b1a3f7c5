#include "weft/report/report_page.h"

#include <fmt/format.h>

#include "weft/report/chart.h"
#include "weft/report/markup.h"
#include "weft/report/report_style.h"

namespace weft::train {

std::string report_page(const std::string& title, const std::string& subtitle, const std::string& body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<title>{}</title>\n<style>{}{}</style>\n</head>\n<body>\n<main>\n<header><h1>{}</h1>{}</header>\n{}</main>\n"
      "</body>\n</html>\n",
      escape_markup(title), kReportStyle, chart_style(), escape_markup(title),
      subtitle.empty() ? "" : "<p>" + escape_markup(subtitle) + "</p>", body);
}

std::string report_section(const char* id, const char* title, const std::string& content) {
  return fmt::format("<section id=\"{}\"><h2>{}</h2>{}</section>\n", id, title, content);
}

std::string report_options(const GivenOptions& options) {
  std::string out;
  for (const auto& [name, value] : options)
    out += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>", escape_markup(name), escape_markup(value));
  if (out.empty()) return "";
  return report_section("options", "Options",
                        "<div class=\"scroll\"><table class=\"options\">" + out + "</table></div>");
}

}  // namespace weft::train
