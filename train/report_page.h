// What the HTML pages of runs and of sweeps have in common.
#pragma once

#include <string>

#include "weft/train/notes.h"

namespace weft::train {

/// The page around `body`, without any reference to the outside. The texts are escaped, the body is markup.
std::string report_page(const std::string& title, const std::string& subtitle, const std::string& body);
/// A part of it. `content` is markup.
std::string report_section(const char* id, const char* title, const std::string& content);
/// The section of what a program was told; nothing where that is nothing.
std::string report_options(const ToldOptions& options);

}  // namespace weft::train
