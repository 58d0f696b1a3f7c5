// Makes text from files safe to print in a message.
#pragma once

#include <string>
#include <string_view>

namespace weft {

/// The text with every byte that is not a line end, tab or printable UTF-8 as `\xHH`.
std::string printable(std::string_view text);

/// The first `most` bytes in that form, with line ends and tabs escaped too, and "..." if there are more.
std::string shortened(std::string_view text, size_t most = 40);

}  // namespace weft
