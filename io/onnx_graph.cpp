// Reads ONNX files into OnnxGraph.
#include "weft/io/onnx_graph.h"

#include <fmt/format.h>

#include <filesystem>

#include "weft/io/elements.h"
#include "weft/io/protobuf.h"
#include "weft/tensor/file_bytes.h"

namespace weft::io::detail {
namespace {

/// Reads messages that name weights in other files.
class OnnxParser {
 public:
  OnnxParser(std::string folder, std::string where) : folder_(std::move(folder)), where_(std::move(where)) {}

  OnnxGraph model(std::string_view bytes) {
    OnnxGraph out;
    std::string_view graph;
    bool has_graph = false;
    for (ProtoReader m(bytes, where_); m.next();) {
      if (m.field() == 1) out.ir_version = m.integer();
      if (m.field() == 2) out.producer = m.text();
      if (m.field() == 7) graph = m.bytes(), has_graph = true;
      if (m.field() == 8) opset(m.bytes(), out);
      if (m.field() == 14) {
        std::string key;
        for (ProtoReader p(m.bytes(), where_); p.next();) {
          if (p.field() == 1) key = p.text();
          if (p.field() == 2) out.metadata[key] = p.text();
        }
      }
    }
    check<IoError>(has_graph, "{}: holds no graph: not an ONNX file, or truncated", where_);
    check<IoError>(out.opset >= 7 && out.opset <= 22, "{}: uses opset {}, expected 7 to 22", where_, out.opset);
    read_graph(graph, out);
    return out;
  }

 private:
  void opset(std::string_view bytes, OnnxGraph& out) {
    std::string domain;
    int64_t version = 0;
    for (ProtoReader m(bytes, where_); m.next();) {
      if (m.field() == 1) domain = m.text();
      if (m.field() == 2) version = m.integer();
    }
    if (domain.empty() || domain == "ai.onnx") out.opset = version;
  }

  void read_graph(std::string_view bytes, OnnxGraph& out) {
    for (ProtoReader m(bytes, where_); m.next();) {
      if (m.field() == 1) out.nodes.push_back(node(m.bytes()));
      if (m.field() == 5) {
        std::string name;
        Tensor t = tensor(m.bytes(), name);
        out.initializers.emplace_back(std::move(name), std::move(t));
      }
      if (m.field() == 11) out.inputs.push_back(value(m.bytes()));
      if (m.field() == 12) out.outputs.push_back(value(m.bytes()));
      check<IoError>(m.field() != 15, "{}: holds sparse weights, which are not supported", where_);
    }
  }

  OnnxNode node(std::string_view bytes) {
    OnnxNode n;
    for (ProtoReader m(bytes, where_); m.next();) {
      if (m.field() == 1) n.inputs.push_back(m.text());
      if (m.field() == 2) n.outputs.push_back(m.text());
      if (m.field() == 3) n.name = m.text();
      if (m.field() == 4) n.op = m.text();
      if (m.field() == 5) attribute(m.bytes(), n);
      if (m.field() == 7) n.domain = m.text();
    }
    return n;
  }

  void attribute(std::string_view bytes, OnnxNode& to) {
    OnnxAttribute a;
    std::string name;
    for (ProtoReader m(bytes, where_); m.next();) {
      std::string unused;
      if (m.field() == 1) name = m.text();
      if (m.field() == 2) a.real = m.real();
      if (m.field() == 3) a.integer = m.integer();
      if (m.field() == 4) a.text = m.text();
      if (m.field() == 5) a.tensor = tensor(m.bytes(), unused);
      if (m.field() == 6 || m.field() == 11) to.has_subgraph = true;
      if (m.field() == 7) m.append_to(a.reals);
      if (m.field() == 8) m.append_to(a.integers);
    }
    to.attributes[name] = std::move(a);
  }

  OnnxValue value(std::string_view bytes) {
    OnnxValue v;
    for (ProtoReader m(bytes, where_); m.next();) {
      if (m.field() == 1) v.name = m.text();
      if (m.field() != 2) continue;
      for (ProtoReader type(m.bytes(), where_); type.next();) {
        if (type.field() != 1) continue;  // tensor_type
        for (ProtoReader t(type.bytes(), where_); t.next();) {
          if (t.field() == 1) v.element = t.integer();
          if (t.field() == 2) v.has_shape = true, shape(t.bytes(), v);
        }
      }
    }
    return v;
  }

  void shape(std::string_view bytes, OnnxValue& to) {
    for (ProtoReader m(bytes, where_); m.next();) {
      if (m.field() != 1) continue;
      std::string size = "?";
      for (ProtoReader d(m.bytes(), where_); d.next();) {
        if (d.field() == 1) size = std::to_string(d.integer());
        if (d.field() == 2) size = d.text();
      }
      to.sizes.push_back(size);
    }
  }

  /// Weights lie in one of several fields, as raw bytes or as numbers, or in another file.
  struct Weights {
    std::vector<int64_t> sizes, integers;
    std::vector<float> reals;
    std::vector<double> doubles;
    std::string_view raw;
    bool is_raw = false, is_beside = false;
    int64_t type = 0;
    std::map<std::string, std::string> beside;
  };

  Tensor tensor(std::string_view bytes, std::string& name) {
    Weights w;
    for (ProtoReader m(bytes, where_); m.next();) switch (m.field()) {
        case 1:
          m.append_to(w.sizes);
          break;
        case 2:
          w.type = m.integer();
          break;
        case 4:
          m.append_to(w.reals);
          break;
        case 5:
        case 7:
        case 11:
          m.append_to(w.integers);
          break;
        case 8:
          name = m.text();
          break;
        case 9:
          w.raw = m.bytes(), w.is_raw = true;
          break;
        case 10:
          m.append_to(w.doubles);
          break;
        case 13:
          beside(m.bytes(), w);
          break;
        case 14:
          w.is_beside = m.integer() == 1;
          break;
        default:
          break;
      }
    return made_of(w, fmt::format("{}, tensor '{}'", where_, name));
  }

  void beside(std::string_view bytes, Weights& to) {
    std::string key;
    for (ProtoReader m(bytes, where_); m.next();) {
      if (m.field() == 1) key = m.text();
      if (m.field() == 2) to.beside[key] = m.text();
    }
  }

  /// The weights in the dtype in which they are computed: a model in float16 runs and trains in float32.
  Tensor made_of(const Weights& w, const std::string& at) {
    const Tensor stored = stored_in(w, at);
    return stored.to(dtype_info(stored.dtype()).compute);
  }

  Tensor stored_in(const Weights& w, const std::string& at) {
    const ElementRow* row = onnx_element(w.type);
    check<IoError>(row, "{}: has the data type {} of ONNX, expected numbers", at, w.type);
    const auto size = static_cast<size_t>(extent_of(row->element, w.sizes, at).elements);
    if (w.is_beside) return tensor_of(row->element, w.sizes, file_part(w, at), false, at);
    if (w.is_raw) return tensor_of(row->element, w.sizes, w.raw, false, at);
    const size_t given = std::max({w.reals.size(), w.doubles.size(), w.integers.size()});
    check<IoError>(given == size, "{}: holds {} numbers, expected {} for {}", at, given, size, IntArrayRef(w.sizes));
    std::string bytes;
    for (size_t i = 0; i < size; ++i) append(bytes, *row, w, i, at);
    return tensor_of(row->element, w.sizes, bytes, false, at);
  }

  void append(std::string& bytes, const ElementRow& row, const Weights& w, size_t i, const std::string& at) {
    const bool real = row.element == Element::Float32, wide = row.element == Element::Float64;
    check<IoError>((real   ? w.reals.size()
                    : wide ? w.doubles.size()
                           : w.integers.size()) > i,
                   "{}: holds its numbers as another type", at);
    if (real)
      bytes.append(reinterpret_cast<const char*>(&w.reals[i]), 4);
    else if (wide)
      bytes.append(reinterpret_cast<const char*>(&w.doubles[i]), 8);
    else
      bytes.append(reinterpret_cast<const char*>(&w.integers[i]), static_cast<size_t>(row.bytes));
  }

  /// The bytes of weights in a file beside the model.
  std::string_view file_part(const Weights& w, const std::string& at) {
    const auto field = [&](const char* key) { return w.beside.contains(key) ? w.beside.at(key) : std::string(); };
    const std::string name = field("location");
    const std::filesystem::path path(name);
    bool inside = !name.empty() && path.is_relative() && !folder_.empty();
    for (const auto& part : path) inside = inside && part != "..";
    std::error_code error;
    const auto status = std::filesystem::symlink_status(folder_ / path, error);
    check<IoError>(inside && !std::filesystem::is_symlink(status),
                   "{}: is in the file '{}', which does not lie beside the model", at, name);
    auto& content = files_[name];
    if (content.empty()) content = read_whole("load_onnx", (folder_ / path).string());
    const uint64_t offset = integer_of(field("offset"), 0, at),
                   length =
                       integer_of(field("length"), content.size() - std::min<uint64_t>(offset, content.size()), at);
    check<IoError>(offset <= content.size() && length <= content.size() - offset,
                   "{}: is bytes {} to {} of '{}', which has {}", at, offset, offset + length, name, content.size());
    return std::string_view(content).substr(offset, length);
  }
  uint64_t integer_of(const std::string& text, uint64_t usual, const std::string& at) {
    if (text.empty()) return usual;
    check<IoError>(text.size() < 19 && text.find_first_not_of("0123456789") == std::string::npos,
                   "{}: has the offset or length '{}'", at, text);
    return std::stoull(text);
  }

  std::filesystem::path folder_;
  std::string where_;
  std::map<std::string, std::string> files_;
};

}  // namespace

std::string OnnxNode::label() const {
  const std::string& shown = name.empty() && !outputs.empty() ? outputs.front() : name;
  return fmt::format("node '{}' ({}{}{})", shown, domain, domain.empty() ? "" : ".", op);
}

OnnxGraph parse_onnx(std::string_view bytes, const std::string& folder, const std::string& where) {
  return OnnxParser(folder, where).model(bytes);
}

}  // namespace weft::io::detail
