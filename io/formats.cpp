#include "weft/io/formats.h"

#include <fmt/format.h>

#include "weft/io/npy.h"
#include "weft/io/onnx_graph.h"
#include "weft/io/pytorch.h"
#include "weft/io/zip.h"
#include "weft/tensor/file_bytes.h"
#include "weft/tensor/safetensors.h"

namespace weft::io {
namespace {

bool holds_arrays(const std::string& path) {
  const std::string bytes = read_whole("load_tensors", path);
  const detail::ZipReader zip(bytes, fmt::format("[load_tensors] '{}'", path));
  return !zip.entries().empty() && zip.entries().front().name.ends_with(".npy");
}

StateDict load_onnx_weights(const std::string& path) {
  const std::string bytes = read_whole("load_tensors", path);
  const size_t slash = path.rfind('/');
  detail::OnnxGraph graph = detail::parse_onnx(bytes, slash == std::string::npos ? "." : path.substr(0, slash + 1),
                                               fmt::format("[load_tensors] '{}'", path));
  StateDict out;
  out.tensors = std::move(graph.initializers);
  return out;
}

}  // namespace

StateDict load_tensors(const std::string& path) {
  const std::string head = first_bytes(path, 16);
  if (head.starts_with("PK")) {
    if (!holds_arrays(path)) return load_state_dict(path);
    StateDict out;
    out.tensors = load_npz(path);
    return out;
  }
  if (head.starts_with("\x93NUMPY")) {
    StateDict out;
    out.tensors.emplace_back("tensor", load_npy(path));
    return out;
  }
  if (head.starts_with("\x80\x02")) return load_state_dict(path);
  if (path.ends_with(".onnx")) return load_onnx_weights(path);
  const std::string_view other = known_format(head);
  check<IoError>(other.empty(), "[load_tensors] '{}': found {}, expected tensors", path, other);
  return load_safetensors(path);
}

void save_tensors(const StateDict& state, const std::string& path) {
  const size_t dot = path.rfind('.');
  const std::string extension = dot == std::string::npos ? "" : path.substr(dot + 1);
  if (extension == "safetensors") return save_safetensors(path, state.tensors, state.metadata);
  if (extension == "pt" || extension == "pth" || extension == "bin") return save_state_dict(state.tensors, path);
  if (extension == "npz") return save_npz(state.tensors, path);
  check<ValueError>(extension == "npy",
                    "[save_tensors] '{}': expected the extension safetensors, pt, pth, bin, npz or npy", path);
  check<ValueError>(state.tensors.size() == 1, "[save_tensors] '{}': a .npy file holds one tensor, got {}", path,
                    state.tensors.size());
  save_npy(state.tensors.front().second, path);
}

}  // namespace weft::io
