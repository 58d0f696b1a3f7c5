// weft convert: tensors and models from one file format to another.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "weft/app/command_line.h"
#include "weft/app/commands.h"
#include "weft/app/opened.h"
#include "weft/io/formats.h"
#include "weft/io/onnx.h"
#include "weft/io/pytorch.h"
#include "weft/train/serialize.h"

namespace command {
using namespace weft;

namespace {

/// The model of the text `net` with the file's weights, or the model that the file describes.
nn::Model model_of(const StateDict& state, const std::string& net, const std::string& from) {
  if (net.empty()) return load_model(state, from);
  nn::Model model = nn::parse(model_text(net));
  train::ModuleUpdate(*model, state.tensors, from).apply();
  return model;
}

}  // namespace

int convert(int argc, char** argv) {
  models::BaseOptions options("Converts weights between file formats, and models to ONNX.",
                              {.seed = false, .threads = false, .data = false});
  std::string from, to, part, net;
  options.app.name("weft convert");
  options.app.add_option("IN", from, "a file of safetensors, torch.save, .npz, .npy or .onnx")->required();
  options.app
      .add_option("OUT", to, "written in the format of its extension: safetensors, pt, pth, bin, npz, npy or onnx")
      ->required();
  options.app.add_option("--part", part, "of a file of torch.save: only the tensors under this path, such as model");
  options.app.add_option("--net", net,
                         "the model of the weights, as text or a file: stored beside them in safetensors");
  options.parse(argc, argv);
  const StateDict state = part.empty() ? io::load_tensors(from) : io::load_state_dict(from, part);
  check<StateError>(!state.tensors.empty(), "[convert] '{}' holds no tensors", from);
  if (to.ends_with(".onnx"))
    io::save_onnx(model_of(state, net, from), to);
  else if (!net.empty() && to.ends_with(".safetensors"))
    save(model_of(state, net, from), to);
  else
    io::save_tensors(state, to);
  fmt::print("{}: {} tensors of {}\n", to, state.tensors.size(), from);
  return 0;
}

}  // namespace command
