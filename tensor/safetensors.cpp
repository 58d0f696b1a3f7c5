// Writes and reads safetensors files.
#include "weft/tensor/safetensors.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>

#include "weft/tensor/atomic_file.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/json.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"

static_assert(std::endian::native == std::endian::little, "the bytes of tensors are written in memory order");

namespace weft {
namespace {

using detail::Json;
constexpr const char* kMetadata = "__metadata__";
constexpr uint64_t kMaxHeader = 100'000'000;

/// The dtype that the format calls `name`.
std::optional<Dtype> dtype_named(std::string_view name) {
  for (int i = 0; i < kDtypeCount; ++i)
    if (dtype_info(static_cast<Dtype>(i)).safetensors == name) return static_cast<Dtype>(i);
  return std::nullopt;
}

/// All names, for an error.
std::string dtype_names() {
  std::string names;
  for (int i = 0; i < kDtypeCount; ++i)
    names += (i > 0 ? ", " : "") + std::string(dtype_info(static_cast<Dtype>(i)).safetensors);
  return names;
}

// Writing -------------------------------------------------------------------------------------------------------------

/// Indices of the tensors in the order in which their bytes are written.
std::vector<size_t> byte_order(const NamedTensors& tensors) {
  std::vector<size_t> order(tensors.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return tensors[a].second.element_size() > tensors[b].second.element_size();
  });
  return order;
}

void check_names(const NamedTensors& tensors) {
  std::set<std::string_view> seen;
  for (const auto& entry : tensors) {
    check<ValueError>(entry.first != kMetadata, "[save_safetensors] '{}' is not a valid name of a tensor", kMetadata);
    check<ValueError>(seen.insert(entry.first).second, "[save_safetensors] two tensors are named '{}'", entry.first);
    check<StateError>(entry.second.defined(), "[save_safetensors] tensor '{}' is undefined", entry.first);
  }
}

std::string header_of(const NamedTensors& tensors, const std::vector<size_t>& order, const Metadata& metadata) {
  std::vector<int64_t> begin(tensors.size());
  int64_t offset = 0;
  for (size_t i : order) {
    begin[i] = offset;
    offset += tensors[i].second.nbytes();
  }
  Json header = Json::object();
  if (!metadata.empty()) header[kMetadata] = metadata;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& t = tensors[i].second;
    header[tensors[i].first] = {{"dtype", dtype_info(t.dtype()).safetensors},
                                {"shape", t.sizes().vec()},
                                {"data_offsets", {begin[i], begin[i] + t.nbytes()}}};
  }
  std::string text;
  try {
    text = detail::json_text(header);
  } catch (const Json::exception& e) {
    fail<ValueError>("[save_safetensors] a name or a text of the metadata is not UTF-8: {}", e.what());
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');  // aligns the tensors' bytes
  return text;
}

// Reading -------------------------------------------------------------------------------------------------------------

/// An open file; every error names it.
class Reader {
 public:
  // Opening a pipe would wait for its writer; a pipe is rejected below.
  explicit Reader(const std::string& path) : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    require(fd_ >= 0, "cannot open: {}", std::strerror(errno));
    struct stat s {};
    bool ok = ::fstat(fd_, &s) == 0;
    if (!ok || !S_ISREG(s.st_mode)) {
      ::close(fd_);
      fail("not a regular file");
    }
    size_ = static_cast<uint64_t>(s.st_size);
  }
  ~Reader() { ::close(fd_); }
  Reader(const Reader&) = delete;

  uint64_t size() const { return size_; }
  void read(void* to, uint64_t bytes, uint64_t offset) const {
    char* p = static_cast<char*>(to);
    while (bytes > 0) {
      ssize_t n = ::pread(fd_, p, bytes, static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      require(n >= 0, "cannot read at byte {}: {}", offset, std::strerror(errno));
      require(n > 0, "ends at byte {} while being read, expected {} more bytes", offset, bytes);
      p += n, bytes -= static_cast<uint64_t>(n), offset += static_cast<uint64_t>(n);
    }
  }
  template <class... Args>
  void require(bool ok, fmt::format_string<const Args&...> format, const Args&... args) const {
    if (!ok) [[unlikely]]
      fail(format, args...);
  }
  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<const Args&...> format, const Args&... args) const {
    weft::fail<IoError>("[load_safetensors] '{}': {}", path_, fmt::vformat(format, fmt::make_format_args(args...)));
  }

 private:
  std::string path_;
  int fd_;
  uint64_t size_ = 0;
};

/// Parses the header and rejects what JSON libraries accept: duplicate names, and nesting beyond the format's.
Json parse_header(const Reader& file, const std::string& text) {
  std::vector<std::set<std::string>> names;
  auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start)
      file.require(depth < 4, "header nested too deeply");
    if (event == Event::object_start) names.emplace_back();
    if (event == Event::object_end) names.pop_back();
    if (event == Event::key) {
      const auto& name = value.get_ref<const std::string&>();
      file.require(names.back().insert(name).second, "'{}' occurs twice in the header", name);
    }
    return true;
  };
  try {
    return detail::parse_json(text, watch);
  } catch (const Json::exception& e) {
    file.fail("the header is not JSON: {}", e.what());
  }
}

struct Entry {
  std::string name;
  Dtype dtype = kFloat32;
  Dims sizes;
  uint64_t begin = 0, end = 0;
};

/// The unsigned integers of a JSON array; rejects values above the int64 range.
std::vector<uint64_t> integers(const Reader& file, const std::string& name, const char* key, const Json& info) {
  auto found = info.find(key);
  file.require(found != info.end() && found->is_array(), "tensor '{}' has no list '{}'", name, key);
  std::vector<uint64_t> out;
  for (const Json& v : *found) {
    file.require(v.is_number_unsigned() && v.get<uint64_t>() <= INT64_MAX,
                 "tensor '{}': {} holds {}, expected integers of at least 0", name, key, detail::json_text(v));
    out.push_back(v.get<uint64_t>());
  }
  return out;
}

Entry parse_entry(const Reader& file, const std::string& name, const Json& info, uint64_t data_bytes) {
  file.require(info.is_object(), "tensor '{}' is described by {}, expected an object", name, info.type_name());
  auto dtype = info.find("dtype");
  file.require(dtype != info.end() && dtype->is_string(), "tensor '{}' has no dtype", name);
  const auto& dtype_name = dtype->get_ref<const std::string&>();
  const std::optional<Dtype> known = dtype_named(dtype_name);
  file.require(known.has_value(), "tensor '{}' has dtype {}, expected one of {}", name, dtype_name, dtype_names());
  Entry e{name, *known, {}, 0, 0};

  int64_t bytes = item_size(e.dtype);  // with sizes of 0 taken as 1, so that strides fit as well
  bool overflow = false, none = false;
  for (uint64_t size : integers(file, name, "shape", info)) {
    e.sizes.push_back(static_cast<int64_t>(size));
    overflow |= __builtin_mul_overflow(bytes, std::max<int64_t>(e.sizes.back(), 1), &bytes);
    none |= size == 0;
  }
  if (none) bytes = 0;
  std::vector<uint64_t> range = integers(file, name, "data_offsets", info);
  file.require(range.size() == 2 && range[0] <= range[1] && range[1] <= data_bytes,
               "tensor '{}' has data_offsets {}, expected a range within the {} bytes of data", name,
               detail::json_text(info.at("data_offsets")), data_bytes);
  e.begin = range[0], e.end = range[1];
  file.require(!overflow, "tensor '{}' has shape {}, more than fits into memory", name, e.sizes);
  file.require(static_cast<uint64_t>(bytes) == e.end - e.begin,
               "tensor '{}' of {} {} has a range of {} bytes, expected {}", name, dtype_name, e.sizes, e.end - e.begin,
               bytes);
  return e;
}

/// Checks that the ranges cover the data without gap or overlap.
void check_cover(const Reader& file, std::vector<Entry> entries, uint64_t data_bytes) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  uint64_t at = 0;
  for (const Entry& e : entries) {
    file.require(e.begin == at, "tensor '{}' starts at byte {} of the data, expected {} ({})", e.name, e.begin, at,
                 e.begin < at ? "overlap" : "gap");
    at = e.end;
  }
  file.require(at == data_bytes, "the tensors cover {} bytes of data, the file has {}", at, data_bytes);
}

Metadata parse_metadata(const Reader& file, const Json& info) {
  file.require(info.is_object(), "{} is {}, expected an object", kMetadata, info.type_name());
  Metadata metadata;
  for (const auto& item : info.items()) {
    file.require(item.value().is_string(), "{} entry '{}' is {}, expected a string", kMetadata, item.key(),
                 item.value().type_name());
    metadata[item.key()] = item.value().get<std::string>();
  }
  return metadata;
}

Tensor read_tensor(const Reader& file, const Entry& e, uint64_t data_start) {
  Tensor t = empty(e.sizes, e.dtype);
  file.read(t.data_ptr(), e.end - e.begin, data_start + e.begin);
  if (e.dtype == kBool) {  // any other byte would be undefined behaviour as a bool
    const auto* p = static_cast<const uint8_t*>(t.data_ptr());
    auto bad = std::find_if(p, p + t.numel(), [](uint8_t v) { return v > 1; });
    file.require(bad == p + t.numel(), "tensor '{}' of dtype BOOL contains byte {}, expected 0 or 1", e.name,
                 bad == p + t.numel() ? 0 : *bad);
  }
  return t;
}

}  // namespace

void save_safetensors(const std::string& path, const NamedTensors& tensors, const Metadata& metadata) {
  check_names(tensors);
  std::vector<size_t> order = byte_order(tensors);
  std::string header = header_of(tensors, order, metadata);
  check<ValueError>(header.size() <= kMaxHeader,
                    "[save_safetensors] '{}': the header takes {} bytes, at most {} allowed", path, header.size(),
                    kMaxHeader);
  uint64_t length = header.size();
  AtomicFile file(path);
  file.write(&length, sizeof length);
  file.write(header.data(), static_cast<int64_t>(length));
  for (size_t i : order) {
    Tensor t = kernel::contiguous(tensors[i].second);
    file.write(t.data_ptr(), t.nbytes());
  }
  file.commit();
}

StateDict load_safetensors(const std::string& path) {
  Reader file(path);
  uint64_t length = 0;
  file.require(file.size() >= sizeof length, "has {} bytes, expected at least the 8 of the header length", file.size());
  file.read(&length, sizeof length, 0);
  file.require(length <= kMaxHeader, "says its header has {} bytes, expected at most {}: not a safetensors file?",
               length, kMaxHeader);
  uint64_t data_start = sizeof length + length;
  file.require(data_start <= file.size(), "has {} bytes, expected at least {} for its header: truncated?", file.size(),
               data_start);
  std::string text(length, '\0');
  file.read(text.data(), length, sizeof length);
  file.require(text.starts_with('{'), "its header does not start with '{{': not a safetensors file?");
  Json header = parse_header(file, text);

  const uint64_t data_bytes = file.size() - data_start;
  StateDict out;
  std::vector<Entry> entries;
  for (const auto& item : header.items()) {
    if (item.key() == kMetadata)
      out.metadata = parse_metadata(file, item.value());
    else
      entries.push_back(parse_entry(file, item.key(), item.value(), data_bytes));
  }
  check_cover(file, entries, data_bytes);
  for (const Entry& e : entries) out.tensors.emplace_back(e.name, read_tensor(file, e, data_start));
  return out;
}

}  // namespace weft
