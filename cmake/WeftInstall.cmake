# cmake --install, and the package that find_package(weft) finds.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
