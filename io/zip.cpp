// Reads and writes zip archives: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
#include "weft/io/zip.h"

#include <zlib.h>

#include <algorithm>
#include <set>

#include "weft/io/bytes.h"

namespace weft::io::detail {
namespace {

constexpr uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50, kEnd64 = 0x06064b50,
                   kLocator64 = 0x07064b50;
constexpr uint32_t kFull = 0xffffffff;
constexpr uint64_t kEndBytes = 22, kLocatorBytes = 20, kCentralBytes = 46;
constexpr uint16_t kStored = 0, kDeflated = 8, kZip64Field = 1;
/// Deflate packs at most 1032 bytes into one.
constexpr uint64_t kMostRatio = 1032;

struct Directory {
  uint64_t count = 0, size = 0, begin = 0, end = 0;  // `end`: where the records after the directory begin
};

/// The last end record, which is followed by a comment of at most 65535 bytes.
uint64_t find_end(std::string_view bytes, const ByteReader& in) {
  in.require(bytes.size() >= kEndBytes, "has {} bytes, too few for a zip archive", bytes.size());
  const uint64_t first = bytes.size() - std::min<uint64_t>(bytes.size(), kEndBytes + 65535);
  for (uint64_t at = bytes.size() - kEndBytes + 1; at-- > first;)
    if (bytes.substr(at, 4) == "PK\5\6") {
      ByteReader comment(bytes.substr(at + 20), in.where());
      if (at + kEndBytes + comment.number<uint16_t>() == bytes.size()) return at;
    }
  in.fail("has no directory at its end: not a zip archive, or truncated");
}

Directory read_end(std::string_view bytes, ByteReader& in) {
  Directory d;
  d.end = find_end(bytes, in);
  in.seek(d.end + 4);
  const auto disk = in.number<uint16_t>(), first_disk = in.number<uint16_t>(), here = in.number<uint16_t>();
  d.count = in.number<uint16_t>();
  in.require((disk == 0 || disk == 0xffff) && (first_disk == 0 || first_disk == 0xffff) && here == d.count,
             "is one part of an archive of several files");
  d.size = in.number<uint32_t>(), d.begin = in.number<uint32_t>();
  if (d.count != 0xffff && d.size != kFull && d.begin != kFull) return d;
  if (d.end < kLocatorBytes) return d;
  in.seek(d.end - kLocatorBytes);
  if (in.number<uint32_t>() != kLocator64) return d;
  in.number<uint32_t>();
  in.seek(in.number<uint64_t>());
  d.end = in.position();
  in.require(in.number<uint32_t>() == kEnd64, "has no zip64 end record at byte {}", d.end);
  in.take(20);  // size, versions, disks
  in.number<uint64_t>();
  d.count = in.number<uint64_t>(), d.size = in.number<uint64_t>(), d.begin = in.number<uint64_t>();
  return d;
}

/// Replaces the 32-bit fields that are full by those of the zip64 extra field.
void read_zip64(ByteReader& in, std::string_view extra, ZipEntry& e, uint64_t& header) {
  ByteReader fields(extra, in.where());
  while (fields.left() >= 4) {
    const auto id = fields.number<uint16_t>(), size = fields.number<uint16_t>();
    ByteReader field(fields.take(size), in.where());
    if (id != kZip64Field) continue;
    for (uint64_t* value : {&e.size, &e.packed, &header})
      if (*value == kFull) *value = field.number<uint64_t>();
  }
}

void check_name(const ByteReader& in, const std::string& name) {
  const bool plain = !name.empty() && name.front() != '/' && name.find('\\') == std::string::npos &&
                     name.find('\0') == std::string::npos && name.find(':') == std::string::npos;
  const bool climbs = ("/" + name + "/").find("/../") != std::string::npos;
  in.require(plain && !climbs, "holds the name '{}', which leads out of the archive", name);
}

ZipEntry read_entry(ByteReader& in, uint64_t& header) {
  in.require(in.number<uint32_t>() == kCentral, "has no directory entry at byte {}", in.position() - 4);
  in.take(4);  // versions
  ZipEntry e;
  const auto flags = in.number<uint16_t>();
  e.method = in.number<uint16_t>();
  in.take(4);  // time, date
  e.crc = in.number<uint32_t>(), e.packed = in.number<uint32_t>(), e.size = in.number<uint32_t>();
  const auto name = in.number<uint16_t>(), extra = in.number<uint16_t>(), comment = in.number<uint16_t>();
  in.take(8);  // disk, attributes
  header = in.number<uint32_t>();
  e.name = in.take(name);
  read_zip64(in, in.take(extra), e, header);
  in.take(comment);
  check_name(in, e.name);
  in.require((flags & 1) == 0, "'{}' is encrypted", e.name);
  in.require(e.method == kStored || e.method == kDeflated,
             "'{}' is packed by method {}, expected 0 (stored) or 8 (deflate)", e.name, e.method);
  in.require(e.method == kDeflated || e.size == e.packed, "'{}' is stored in {} bytes, its size is {}", e.name,
             e.packed, e.size);
  in.require(e.size / kMostRatio <= e.packed, "'{}' claims to unpack from {} bytes to {}, more than deflate can",
             e.name, e.packed, e.size);
  return e;
}

/// Reads the entry's own header, which must agree with the directory.
void find_content(ByteReader& in, ZipEntry& e, uint64_t header) {
  in.seek(header);
  in.require(in.number<uint32_t>() == kLocal, "'{}' does not begin at byte {} as the directory says", e.name, header);
  in.take(4);
  const auto method = in.number<uint16_t>();
  in.take(16);
  const auto name = in.number<uint16_t>(), extra = in.number<uint16_t>();
  const std::string_view own_name = in.take(name);
  in.require(own_name == e.name && method == e.method, "'{}' is called '{}' where its bytes are", e.name, own_name);
  in.take(extra);
  e.begin = in.position();
  in.take(e.packed);
}

}  // namespace

ZipReader::ZipReader(std::string_view bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {
  ByteReader in(bytes, where_);
  const Directory d = read_end(bytes, in);
  in.require(d.begin <= d.end && d.size <= d.end - d.begin && d.count <= d.size / kCentralBytes,
             "has a directory of {} entries in {} bytes at byte {}, which does not fit", d.count, d.size, d.begin);
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  std::set<std::string_view> names;
  entries_.reserve(d.count);
  uint64_t next = d.begin;
  for (uint64_t i = 0; i < d.count; ++i) {
    in.seek(next);
    uint64_t header = 0;
    ZipEntry e = read_entry(in, header);
    next = in.position();
    find_content(in, e, header);
    in.require(in.position() <= d.begin, "'{}' reaches into the directory", e.name);
    ranges.emplace_back(header, in.position());
    entries_.push_back(std::move(e));
  }
  for (const ZipEntry& e : entries_) in.require(names.insert(e.name).second, "holds '{}' twice", e.name);
  std::sort(ranges.begin(), ranges.end());
  for (size_t i = 1; i < ranges.size(); ++i)
    in.require(ranges[i - 1].second <= ranges[i].first, "has entries that overlap at byte {}", ranges[i].first);
}

const ZipEntry* ZipReader::find(std::string_view name) const {
  for (const ZipEntry& e : entries_)
    if (e.name == name) return &e;
  return nullptr;
}

namespace {

struct Inflater {
  Inflater() { ok = ::inflateInit2(&z, -MAX_WBITS) == Z_OK; }
  ~Inflater() { ::inflateEnd(&z); }
  Inflater(const Inflater&) = delete;
  z_stream z{};
  bool ok;
};

constexpr uint64_t kMostAtOnce = 1 << 30;  // zlib counts in unsigned int

/// True if the packed bytes give exactly out.size() bytes.
bool inflate_into(std::string_view packed, std::string& out) {
  Inflater inflater;
  z_stream& z = inflater.z;
  uint64_t taken = 0, made = 0;
  for (int status = inflater.ok ? Z_OK : Z_MEM_ERROR; status == Z_OK;) {
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data())) + taken;
    z.avail_in = static_cast<uInt>(std::min(packed.size() - taken, kMostAtOnce));
    z.next_out = reinterpret_cast<Bytef*>(out.data()) + made;
    z.avail_out = static_cast<uInt>(std::min(out.size() - made, kMostAtOnce));
    const uInt in = z.avail_in, room = z.avail_out;
    status = ::inflate(&z, Z_NO_FLUSH);
    taken += in - z.avail_in, made += room - z.avail_out;
    if (status == Z_STREAM_END) return made == out.size() && taken == packed.size();
  }
  return false;
}

uint32_t crc_of(std::string_view bytes) {
  uLong crc = ::crc32(0, nullptr, 0);
  for (uint64_t at = 0; at < bytes.size(); at += kMostAtOnce) {
    const std::string_view part = bytes.substr(at, kMostAtOnce);
    crc = ::crc32(crc, reinterpret_cast<const Bytef*>(part.data()), static_cast<uInt>(part.size()));
  }
  return static_cast<uint32_t>(crc);
}

}  // namespace

std::string ZipReader::content(const ZipEntry& e) const {
  const std::string_view packed = bytes_.substr(e.begin, e.packed);
  std::string out;
  if (e.method == kStored) {
    out = packed;
  } else {
    out.resize(e.size);
    check<IoError>(inflate_into(packed, out), "{}: '{}' does not unpack to its {} bytes", where_, e.name, e.size);
  }
  check<IoError>(crc_of(out) == e.crc, "{}: '{}' has a wrong checksum: the file is damaged", where_, e.name);
  return out;
}

// Writing -------------------------------------------------------------------------------------------------------------

namespace {

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

constexpr uint16_t kVersion = 45;  // with zip64
constexpr uint16_t kUtf8Names = 1 << 11;
constexpr uint16_t kFirstDate = 1 << 5 | 1;  // 1 January 1980: equal content gives equal files
constexpr uint16_t kPaddingField = 0x4246;   // "FB", as PyTorch pads

/// From the version needed to the sizes, the part that both headers share.
void put_common(std::string& out, const ZipEntry& e) {
  put<uint16_t>(out, kVersion), put<uint16_t>(out, kUtf8Names), put<uint16_t>(out, e.method);
  put<uint16_t>(out, 0), put<uint16_t>(out, kFirstDate), put<uint32_t>(out, e.crc);
  put<uint32_t>(out, static_cast<uint32_t>(std::min<uint64_t>(e.packed, kFull)));
  put<uint32_t>(out, static_cast<uint32_t>(std::min<uint64_t>(e.size, kFull)));
  put<uint16_t>(out, static_cast<uint16_t>(e.name.size()));
}

std::string zip64_of(const ZipEntry& e, uint64_t header, bool with_header) {
  std::string fields;
  const bool large = e.size >= kFull || e.packed >= kFull;
  // The local header holds both sizes or neither.
  if (e.size >= kFull || (large && !with_header)) put<uint64_t>(fields, e.size);
  if (e.packed >= kFull || (large && !with_header)) put<uint64_t>(fields, e.packed);
  if (with_header && header >= kFull) put<uint64_t>(fields, header);
  std::string out;
  if (!fields.empty()) put<uint16_t>(out, kZip64Field), put<uint16_t>(out, static_cast<uint16_t>(fields.size()));
  return out + fields;
}

std::string deflated(std::string_view content) {
  z_stream z{};
  check<IoError>(::deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK,
                 "[zip] cannot deflate");
  std::string out(::deflateBound(&z, static_cast<uLong>(content.size())), '\0');
  uint64_t taken = 0, made = 0;
  int status = Z_OK;
  while (status == Z_OK) {
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data())) + taken;
    z.avail_in = static_cast<uInt>(std::min(content.size() - taken, kMostAtOnce));
    z.next_out = reinterpret_cast<Bytef*>(out.data()) + made;
    z.avail_out = static_cast<uInt>(std::min(out.size() - made, kMostAtOnce));
    const uInt in = z.avail_in, room = z.avail_out;
    status = ::deflate(&z, taken + in == content.size() ? Z_FINISH : Z_NO_FLUSH);
    taken += in - z.avail_in, made += room - z.avail_out;
  }
  ::deflateEnd(&z);
  check<IoError>(status == Z_STREAM_END, "[zip] cannot deflate");
  out.resize(made);
  return out;
}

}  // namespace

void ZipWriter::write(std::string_view bytes) {
  file_.write(bytes.data(), static_cast<int64_t>(bytes.size()));
  at_ += bytes.size();
}

void ZipWriter::add(const std::string& name, std::string_view content, bool deflate, uint64_t alignment) {
  check<ValueError>(!name.empty() && name.size() < 60000, "[zip] '{}' is not a valid name of a file in an archive",
                    name);
  ZipEntry e{name, deflate ? kDeflated : kStored, crc_of(content), content.size(), content.size(), 0};
  std::string packed;
  if (deflate) packed = deflated(content), e.packed = packed.size();
  const uint64_t header = at_;
  std::string extra = zip64_of(e, header, false);
  if (const uint64_t begin = header + 30 + name.size() + extra.size(); begin % alignment != 0) {
    const uint64_t padding = (alignment - (begin + 4) % alignment) % alignment;
    put<uint16_t>(extra, kPaddingField), put<uint16_t>(extra, static_cast<uint16_t>(padding));
    extra.append(padding, '\0');
  }
  std::string local;
  put<uint32_t>(local, kLocal), put_common(local, e), put<uint16_t>(local, static_cast<uint16_t>(extra.size()));
  write(local + name + extra);
  write(deflate ? packed : content);

  extra = zip64_of(e, header, true);
  put<uint32_t>(directory_, kCentral), put<uint16_t>(directory_, kVersion), put_common(directory_, e);
  put<uint16_t>(directory_, static_cast<uint16_t>(extra.size()));
  put<uint16_t>(directory_, 0), put<uint16_t>(directory_, 0), put<uint16_t>(directory_, 0);  // comment, disk, kind
  put<uint32_t>(directory_, 0);
  put<uint32_t>(directory_, static_cast<uint32_t>(std::min<uint64_t>(header, kFull)));
  directory_ += name + extra;
  ++count_;
}

void ZipWriter::finish() {
  const uint64_t begin = at_, size = directory_.size();
  std::string end;
  if (count_ >= 0xffff || begin >= kFull || size >= kFull) {
    put<uint32_t>(end, kEnd64), put<uint64_t>(end, 44), put<uint16_t>(end, kVersion), put<uint16_t>(end, kVersion);
    put<uint32_t>(end, 0), put<uint32_t>(end, 0), put<uint64_t>(end, count_), put<uint64_t>(end, count_);
    put<uint64_t>(end, size), put<uint64_t>(end, begin);
    put<uint32_t>(end, kLocator64), put<uint32_t>(end, 0), put<uint64_t>(end, begin + size), put<uint32_t>(end, 1);
  }
  const auto count = static_cast<uint16_t>(std::min<uint64_t>(count_, 0xffff));
  put<uint32_t>(end, kEnd), put<uint16_t>(end, 0), put<uint16_t>(end, 0), put<uint16_t>(end, count);
  put<uint16_t>(end, count), put<uint32_t>(end, static_cast<uint32_t>(std::min<uint64_t>(size, kFull)));
  put<uint32_t>(end, static_cast<uint32_t>(std::min<uint64_t>(begin, kFull))), put<uint16_t>(end, 0);
  write(directory_);
  write(end);
  file_.commit();
}

}  // namespace weft::io::detail
