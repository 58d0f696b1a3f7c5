// weft summary: the layers of a model, and the notes of a checkpoint.
#include "weft/nn/lang/summary.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "weft/app/command_line.h"
#include "weft/app/commands.h"
#include "weft/app/opened.h"

namespace command {
using namespace weft;

int summary(int argc, char** argv) {
  models::BaseOptions options("Shows a model's layers, their output sizes, parameters and cost.",
                              {.seed = false, .threads = false, .data = false});
  std::string given, input = "1 28 28";
  options.app.name("weft summary");
  options.app.add_option("MODEL", given, "a model's text, a text file, a checkpoint, or the folder of a run")
      ->required();
  options.app.add_option("--input", input, "sizes of a sample, for a text that does not begin with `input`")
      ->capture_default_str();
  options.parse(argc, argv);
  std::error_code error;
  if (!is_checkpoint(given) && !std::filesystem::is_directory(given, error)) {
    const nn::lang::Chain chain(model_text(given));
    const bool begins = !chain.layers.empty() && chain.layers.front().layer == "input";
    std::cout << nn::summary(begins ? chain : nn::lang::Chain("input " + input) | chain);
    return 0;
  }
  const Opened opened = open_checkpoint(given);
  std::cout << opened.model->text() << "\n\n" << nn::summary(opened.model);
  const Metadata& told = opened.content.metadata;
  if (told.contains("checkpoint/step"))
    std::cout << fmt::format("\nafter epoch {}, step {}\n", told.at("checkpoint/epoch"), told.at("checkpoint/step"));
  if (opened.notes)
    for (const auto& [name, value] : opened.notes->options)
      if (name != "--net") std::cout << fmt::format("{:<14} {}\n", name, value);
  return 0;
}

}  // namespace command
