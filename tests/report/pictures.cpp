// Canvas, contact sheets and images in the terminal.
#include <boost/test/unit_test.hpp>

#include "weft/autograd/functions.h"
#include "weft/report/canvas.h"
#include "weft/report/contact_sheet.h"
#include "weft/report/terminal_picture.h"
#include "weft/tensor/creation.h"

using namespace weft;
using namespace weft::train;

namespace {

bool is(Color c, Color wanted) { return c.red == wanted.red && c.green == wanted.green && c.blue == wanted.blue; }
constexpr Color kRed{255, 0, 0};

int64_t dark_pixels(const Canvas& canvas) { return (canvas.pixels()[1] < 128).sum().item<int64_t>(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(pictures)

BOOST_AUTO_TEST_CASE(a_canvas_is_drawn_on) {
  Canvas canvas(20, 10);
  BOOST_TEST(is(canvas.at(0, 0), kWhite));
  canvas.fill(2, 3, 4, 2, kRed);
  BOOST_TEST(is(canvas.at(2, 3), kRed));
  BOOST_TEST(is(canvas.at(5, 4), kRed));
  BOOST_TEST(is(canvas.at(6, 4), kWhite));
  BOOST_TEST(dark_pixels(canvas) == 8);
  canvas.line(0, 8.5, 20, 8.5, 1, kBlack);
  BOOST_TEST(is(canvas.at(10, 8), kBlack));
  BOOST_TEST(is(canvas.at(10, 6), kWhite));
  canvas.dot(15, 4, 2, kRed);
  BOOST_TEST(is(canvas.at(15, 4), kRed));
  BOOST_TEST(is(canvas.at(15, 7), kWhite));
  canvas.fill(-100, -100, 1000, 1000, kBlack);  // clipped
  BOOST_TEST(dark_pixels(canvas) == 200);
  BOOST_CHECK_THROW(Canvas(0, 5), ValueError);
}

BOOST_AUTO_TEST_CASE(text_is_drawn) {
  Canvas one(20, 20), two(20, 40), other(20, 20);
  one.text(2, 2, "I", kBlack);
  two.text(2, 2, "I", kBlack, 2);
  other.text(2, 2, "é", kBlack);  // one question mark
  BOOST_TEST(dark_pixels(one) > 8);
  BOOST_TEST(dark_pixels(two) == 4 * dark_pixels(one));
  Canvas mark(20, 20);
  mark.text(2, 2, "?", kBlack);
  BOOST_TEST(mark.pixels().equal(other.pixels()));
  BOOST_TEST(text_length("aé×") == 3);
}

BOOST_AUTO_TEST_CASE(sheets_hold_their_images) {
  const Tensor images = arange(6).to(kUInt8).mul(40).reshape({6, 1, 1}).expand({6, 4, 3});
  const Tensor sheet = contact_sheet(images, {{}, 3, 2, 1});
  BOOST_TEST((sheet.sizes() == IntArrayRef({3, 2 * 9 + 1, 3 * 7 + 1})));
  for (int64_t i = 0; i < 6; ++i)
    for (int64_t c = 0; c < 3; ++c)
      BOOST_TEST(sheet[c][1 + i / 3 * 9 + 4][1 + i % 3 * 7 + 2].item<int64_t>() == 40 * i);
  BOOST_TEST(sheet[0][0][0].item<int64_t>() == 255);
  BOOST_TEST(contact_sheet(images.to(kFloat).div(255), {{}, 3, 2, 1}).equal(sheet));
  BOOST_TEST(contact_sheet(images.unsqueeze(1), {{}, 3, 2, 1}).equal(sheet));

  const Tensor labelled = contact_sheet(images, {{"a", "b", "c", "d", "e", "long"}, 3, 2, 1});
  BOOST_TEST((labelled.sizes() == IntArrayRef({3, 2 * (8 + 13 + 1) + 1, 3 * (4 * 6 + 1) + 1})));
  const Tensor label = labelled.slice(1, 9, 22).slice(2, 0, 26);
  BOOST_TEST((label < 128).sum().item<int64_t>() > 0);
  BOOST_TEST((contact_sheet(zeros({1, 3, 5, 5})).sizes() == IntArrayRef({3, 18, 18})));
}

BOOST_AUTO_TEST_CASE(sheets_that_cannot_be) {
  BOOST_CHECK_THROW(contact_sheet(zeros({4, 4})), ShapeError);
  BOOST_CHECK_THROW(contact_sheet(zeros({0, 4, 4})), ShapeError);
  BOOST_CHECK_THROW(contact_sheet(zeros({2, 2, 4, 4})), ShapeError);
  BOOST_CHECK_THROW(contact_sheet(zeros({2, 4, 4}, kInt64)), DtypeError);
  BOOST_CHECK_THROW(contact_sheet(zeros({2, 4, 4}), {{"a"}}), ValueError);
  BOOST_CHECK_THROW(contact_sheet(zeros({2, 4, 4}), {{}, 0, 0}), ValueError);
}

BOOST_AUTO_TEST_CASE(the_terminal_shows_two_pixels_per_character) {
  const Tensor image = tensor({{0., 1., 0., 1.}, {0., 0., 1., 1.}, {1., 0., 1., 0.}});
  BOOST_TEST(terminal_picture(image, false) == " ▀▄█\n▀ ▀ \n");
  const Tensor red = stack({ones({2, 1}), zeros({2, 1}), zeros({2, 1})});
  BOOST_TEST(terminal_picture(red, true) == "\033[38;2;255;0;0m\033[48;2;255;0;0m▀\033[0m\n");
  BOOST_TEST(terminal_picture(ones({1, 1, 1}), true) == "\033[38;2;255;255;255m▀\033[0m\n");
  BOOST_CHECK_THROW(terminal_picture(ones({2, 2, 2}), true), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
