// Reads and writes NumPy's files: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#include "weft/io/npy.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "weft/io/bytes.h"
#include "weft/io/elements.h"
#include "weft/io/zip.h"
#include "weft/tensor/atomic_file.h"
#include "weft/tensor/file_bytes.h"

namespace weft::io {
namespace {

using detail::ByteReader;
using detail::Element;
constexpr std::string_view kNpyMagic = "\x93NUMPY";
constexpr size_t kMostNpyDims = 64;

struct NpyHeader {
  std::string descr;
  bool fortran = false;
  std::vector<int64_t> shape;
};

/// Parses the header, a Python dict with three known keys.
class NpyHeaderParser {
 public:
  NpyHeaderParser(std::string_view text, const ByteReader& file) : text_(text), file_(file) {}

  NpyHeader parse() {
    NpyHeader h;
    std::set<std::string> seen;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      file_.require(seen.insert(key).second, "has '{}' twice in its header", key);
      expect(':');
      if (key == "descr") {
        file_.require(peek() == '\'' || peek() == '"', "is an array of records, expected numbers");
        h.descr = quoted();
      } else if (key == "fortran_order") {
        h.fortran = boolean();
      } else if (key == "shape") {
        h.shape = shape();
      } else {
        file_.fail("has the unknown key '{}' in its header", key);
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    file_.require(seen.size() == 3, "has a header with {} keys, expected descr, fortran_order and shape", seen.size());
    skip();
    file_.require(at_ == text_.size(), "has text behind the dict of its header");
    return h;
  }

 private:
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  char peek() {
    skip();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  void expect(char c) { file_.require(accept(c), "has a header without '{}' at its byte {}", c, at_); }
  std::string quoted() {
    const char quote = peek();
    file_.require(quote == '\'' || quote == '"', "has a header without a quoted word at its byte {}", at_);
    const size_t end = text_.find(quote, ++at_);
    file_.require(end != std::string_view::npos, "has a header with an open quote");
    std::string word(text_.substr(at_, end - at_));
    at_ = end + 1;
    return word;
  }
  bool boolean() {
    skip();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (text_.substr(at_, word.size()) != word) continue;
      at_ += word.size();
      return value;
    }
    file_.fail("has a header whose fortran_order is neither True nor False");
  }
  std::vector<int64_t> shape() {
    std::vector<int64_t> out;
    expect('(');
    while (!accept(')')) {
      skip();
      int64_t size = 0;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), size);
      file_.require(error == std::errc() && size >= 0, "has a header with an invalid size at byte {}", at_);
      at_ = static_cast<size_t>(end - text_.data());
      out.push_back(size);
      file_.require(out.size() <= kMostNpyDims, "has more than {} dimensions", kMostNpyDims);
      accept('L');  // of Python 2
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return out;
  }

  std::string_view text_;
  size_t at_ = 0;
  const ByteReader& file_;
};

Tensor parse_npy(std::string_view bytes, const std::string& where) {
  ByteReader in(bytes, where);
  in.require(bytes.starts_with(kNpyMagic), "does not begin as a .npy file");
  in.take(kNpyMagic.size());
  const auto major = in.number<uint8_t>();
  in.number<uint8_t>();
  in.require(major >= 1 && major <= 3, "has version {} of the .npy format, expected 1 to 3", major);
  const uint32_t length = major == 1 ? in.number<uint16_t>() : in.number<uint32_t>();
  const NpyHeader h = NpyHeaderParser(in.take(length), in).parse();

  const char order = h.descr.empty() ? '\0' : h.descr[0];
  const auto* row = detail::numpy_element(std::string_view(h.descr).substr(order ? 1 : 0));
  in.require(row && (order == '<' || order == '>' || order == '|' || order == '='),
             "has elements of type '{}', expected bool, integers of at most 64 bits or floats", h.descr);
  std::vector<int64_t> sizes = h.shape;
  if (h.fortran) sizes.assign(h.shape.rbegin(), h.shape.rend());
  Tensor t = detail::tensor_of(row->element, sizes, in.take(in.left()), order == '>', where);
  if (!h.fortran || t.dim() < 2) return t;
  Dims reversed;
  for (int64_t d = t.dim(); d-- > 0;) reversed.push_back(d);
  return t.permute(reversed).contiguous();
}

std::string npy_bytes(const Tensor& tensor) {
  const Tensor t = tensor.detach().contiguous();
  const auto& row = detail::row_of(detail::element_of(t.dtype()));
  check<DtypeError>(*row.numpy != '\0', "[save_npy] NumPy has no dtype {}; convert the tensor to float32", t.dtype());
  std::string shape;
  for (int64_t size : t.sizes()) shape += fmt::format("{}, ", size);
  if (t.dim() > 1) shape.resize(shape.size() - 2);
  if (t.dim() == 1) shape.pop_back();
  std::string header = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}), }}",
                                   row.bytes == 1 ? '|' : '<', row.numpy, shape);
  const size_t before = kNpyMagic.size() + 4;
  header.resize((before + header.size() + 1 + 63) / 64 * 64 - before - 1, ' ');  // aligns the elements
  header += '\n';
  std::string out(kNpyMagic);
  out += {'\1', '\0', static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
  return (out + header).append(static_cast<const char*>(t.data_ptr()), static_cast<size_t>(t.nbytes()));
}

}  // namespace

Tensor load_npy(const std::string& path) {
  return parse_npy(read_whole("load_npy", path), fmt::format("[load_npy] '{}'", path));
}

void save_npy(const Tensor& tensor, const std::string& path) {
  check<StateError>(tensor.defined(), "[save_npy] '{}': the tensor is undefined", path);
  write_whole(path, npy_bytes(tensor));
}

NamedTensors load_npz(const std::string& path) {
  const std::string bytes = read_whole("load_npz", path), where = fmt::format("[load_npz] '{}'", path);
  const detail::ZipReader zip(bytes, where);
  NamedTensors out;
  for (const detail::ZipEntry& e : zip.entries()) {
    check<IoError>(e.name.ends_with(".npy"), "{}: holds '{}', expected names that end in .npy", where, e.name);
    out.emplace_back(e.name.substr(0, e.name.size() - 4),
                     parse_npy(zip.content(e), fmt::format("{}, array '{}'", where, e.name)));
  }
  return out;
}

void save_npz(const NamedTensors& tensors, const std::string& path, bool compress) {
  std::set<std::string_view> seen;
  for (const auto& [name, tensor] : tensors) {
    check<ValueError>(seen.insert(name).second, "[save_npz] two tensors are named '{}'", name);
    check<StateError>(tensor.defined(), "[save_npz] tensor '{}' is undefined", name);
  }
  detail::ZipWriter zip(path);
  for (const auto& [name, tensor] : tensors) zip.add(name + ".npy", npy_bytes(tensor), compress);
  zip.finish();
}

}  // namespace weft::io
