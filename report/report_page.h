// Shared by the HTML pages of runs and of sweeps.
#pragma once

#include <string>

#include "weft/train/notes.h"

namespace weft::train {

/// The page around `body`, without external references. The texts are escaped, the body is markup.
std::string report_page(const std::string& title, const std::string& subtitle, const std::string& body);
/// A section of it. `content` is markup.
std::string report_section(const char* id, const char* title, const std::string& content);
/// The section of a program's options; empty if there are none.
std::string report_options(const GivenOptions& options);

}  // namespace weft::train
