// Event files: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/event.proto, framed as
// https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/lib/io/record_writer.h
#include "weft/train/event_writer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>

#include "weft/data/png.h"
#include "weft/io/protobuf.h"
#include "weft/tensor/error.h"

namespace weft::train {
namespace {

using io::detail::ProtoWriter;

constexpr std::array<uint32_t, 256> kCrcTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
    table[i] = crc;
  }
  return table;
}();

/// A checksum of data that contains checksums would be weak: it is rotated and shifted.
uint32_t masked(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8; }

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

ProtoWriter event_at(int64_t step) {
  ProtoWriter event;
  event.real(1, seconds_now()).integer(2, step);
  return event;
}

std::string summary_event(std::string_view tag, int64_t step, const ProtoWriter& content) {
  check<ValueError>(!tag.empty(), "[event_writer] the tag is empty");
  ProtoWriter value;
  value.bytes(1, tag);
  const ProtoWriter summary = ProtoWriter().bytes(1, value.text() + content.text());
  return event_at(step).message(5, summary).text();
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] ? name.data() : "localhost";
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  uint32_t crc = ~0u;
  for (const char c : bytes) crc = kCrcTable[(crc ^ static_cast<uint8_t>(c)) & 255] ^ crc >> 8;
  return ~crc;
}

EventWriter::EventWriter(const std::string& folder) {
  static std::atomic<int> number = 0;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  check<IoError>(!error, "[event_writer] '{}': cannot make the folder: {}", folder, error.message());
  path_ = fmt::format("{}/events.out.tfevents.{:010}.{}.{}.{}", folder, static_cast<int64_t>(seconds_now()),
                      host_name(), ::getpid(), number++);
  file_.open(path_, std::ios::binary | std::ios::trunc);
  check_system(file_.good(), "[event_writer] '{}': cannot be opened", path_);
  append(ProtoWriter().real(1, seconds_now()).bytes(3, "brain.Event:2").text());
}

void EventWriter::append(const std::string& event) {
  const uint64_t length = event.size();
  std::string record(reinterpret_cast<const char*>(&length), sizeof length);
  const uint32_t head = masked(crc32c(record)), tail = masked(crc32c(event));
  record.append(reinterpret_cast<const char*>(&head), sizeof head) += event;
  record.append(reinterpret_cast<const char*>(&tail), sizeof tail);
  file_.write(record.data(), static_cast<std::streamsize>(record.size()));
  file_.flush();
  check_system(file_.good(), "[event_writer] '{}': cannot be written", path_);
}

void EventWriter::add_scalar(std::string_view tag, double value, int64_t step) {
  append(summary_event(tag, step, ProtoWriter().real(2, static_cast<float>(value))));
}

void EventWriter::add_histogram(std::string_view tag, const Tensor& values, int64_t step, int64_t bins) {
  check<ValueError>(bins >= 1 && bins <= 10000, "[event_writer] bins must be from 1 to 10000, got {}", bins);
  const Tensor all = values.detach().to(kFloat64).contiguous();
  const double* p = all.data_ptr<double>();
  double least = HUGE_VAL, most = -HUGE_VAL, count = 0, sum = 0, squares = 0;
  for (int64_t i = 0; i < all.numel(); ++i) {
    if (!std::isfinite(p[i])) continue;
    least = std::min(least, p[i]), most = std::max(most, p[i]);
    count += 1, sum += p[i], squares += p[i] * p[i];
  }
  check<ValueError>(count > 0, "[event_writer] '{}' has no finite element", tag);
  const double width = most / static_cast<double>(bins) - least / static_cast<double>(bins);
  std::vector<double> limits(static_cast<size_t>(bins)), counts(static_cast<size_t>(bins), 0);
  for (int64_t i = 0; i < bins; ++i) limits[static_cast<size_t>(i)] = least + width * static_cast<double>(i + 1);
  limits.back() = most;
  for (int64_t i = 0; i < all.numel(); ++i) {
    if (!std::isfinite(p[i])) continue;
    const double at = width > 0 ? p[i] / width - least / width : 0;
    counts[static_cast<size_t>(std::clamp(at, 0.0, static_cast<double>(bins - 1)))] += 1;
  }
  ProtoWriter histogram;
  histogram.real(1, least).real(2, most).real(3, count).real(4, sum).real(5, squares);
  histogram.packed(6, limits).packed(7, counts);
  append(summary_event(tag, step, ProtoWriter().message(5, histogram)));
}

void EventWriter::add_image(std::string_view tag, const Tensor& image, int64_t step) {
  const std::string png = data::encode_png(image);
  const bool coloured = image.dim() == 3 && image.size(0) == 3;
  ProtoWriter content;
  content.integer(1, image.size(-2)).integer(2, image.size(-1)).integer(3, coloured ? 3 : 1).bytes(4, png);
  append(summary_event(tag, step, ProtoWriter().message(4, content)));
}

void EventWriter::add_text(std::string_view tag, std::string_view text, int64_t step) {
  constexpr int64_t kStringType = 7;
  const ProtoWriter shape = ProtoWriter().message(2, ProtoWriter().integer(1, 1));
  const ProtoWriter tensor = ProtoWriter().integer(1, kStringType).message(2, shape).bytes(8, text);
  const ProtoWriter plugin = ProtoWriter().message(1, ProtoWriter().bytes(1, "text"));
  append(summary_event(tag, step, ProtoWriter().message(8, tensor).message(9, plugin)));
}

}  // namespace weft::train
