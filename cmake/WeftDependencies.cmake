# What weft builds on. Each is packaged by the distributions; README.md says why each is there.
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
if(HWY_VERSION VERSION_GREATER_EQUAL 1.0.4)  # the first with a target for plain x86-64
  set(WEFT_HWY_DEFINITIONS WEFT_HWY_HAS_SSE2)
endif()
if(NOT WEFT_STD_THREADS)
  find_package(TBB REQUIRED)
endif()
find_package(OneDNN 2.6 REQUIRED)
