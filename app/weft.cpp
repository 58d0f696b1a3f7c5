// The command `weft`: trains, evaluates, applies and shows models and data without a program.
#include <cstdio>
#include <string>
#include <vector>

#include "weft/app/command_line.h"
#include "weft/app/commands.h"
#include "weft/nn/lang/words.h"
#include "weft/version.h"

namespace {

struct Command {
  const char *name, *what;
  int (*run)(int argc, char** argv);
};

constexpr Command kCommands[] = {
    {"train", "train a model of the model language on a data set", command::train},
    {"eval", "evaluate the model of a checkpoint", command::eval},
    {"predict", "apply the model of a checkpoint to images or rows", command::predict},
    {"summary", "the layers of a model or checkpoint", command::summary},
    {"show", "show a data set, an IDX file, an image or a checkpoint", command::show},
    {"convert", "weights and models in other file formats", command::convert},
};

int help(std::FILE* to, int code) {
  std::fprintf(to, "usage: weft COMMAND ...     weft COMMAND --help shows its options\n       weft --version\n\n");
  for (const Command& c : kCommands) std::fprintf(to, "  %-10s %s\n", c.name, c.what);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return help(stderr, 2);
  const std::string name = argv[1];
  if (name == "--version") {
    std::printf("weft %d.%d.%d\n", WEFT_VERSION_MAJOR, WEFT_VERSION_MINOR, WEFT_VERSION_PATCH);
    return models::written(0);
  }
  if (name == "--help" || name == "-h" || name == "help") return models::written(help(stdout, 0));
  std::vector<std::string> known;
  for (const Command& c : kCommands) {
    if (name == c.name) return models::run(argc - 1, argv + 1, c.run);
    known.emplace_back(c.name);
  }
  std::fprintf(stderr, "error: unknown command '%s'%s\n", name.c_str(),
               weft::nn::lang::did_you_mean(name, known).c_str());
  return help(stderr, 2);
}
