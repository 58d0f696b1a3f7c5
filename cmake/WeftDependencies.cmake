# The dependencies of weft. Distributions package all of them; README.md gives the purpose of each.
# A parent project that links weft finds their targets too.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PNG REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET GLOBAL libhwy)
if(NOT WEFT_STD_THREADS)
  find_package(TBB REQUIRED)
endif()
find_package(OneDNN 2.6 REQUIRED)
