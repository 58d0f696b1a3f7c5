# cmake --install, and the package that find_package(weft) finds.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/weft")

# Headers keep their places below include/weft/. Headers that only the library's sources include are not installed.
include("${PROJECT_SOURCE_DIR}/cmake/library/parts.cmake")
install(FILES "${PROJECT_SOURCE_DIR}/weft.h" "${PROJECT_SOURCE_DIR}/version.h" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/weft")
list(TRANSFORM WEFT_INTERNAL REPLACE "\\." "\\\\.")
list(JOIN WEFT_INTERNAL "|" _internal)
foreach(room IN LISTS WEFT_ROOMS)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/${room}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/weft"
          FILES_MATCHING PATTERN "*.h" PATTERN "*.def" REGEX "/(${_internal})$" EXCLUDE)
endforeach()
install(FILES "${PROJECT_SOURCE_DIR}/share/iris.csv" "${PROJECT_SOURCE_DIR}/share/README.md"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/weft")

install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

install(TARGETS weft EXPORT weftTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(EXPORT weftTargets NAMESPACE weft:: DESTINATION "${_package_dir}")

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/weftConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/weftConfig.cmake" INSTALL_DESTINATION "${_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/weftConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/weftConfig.cmake" "${PROJECT_BINARY_DIR}/weftConfigVersion.cmake"
        "${CMAKE_CURRENT_LIST_DIR}/FindOneDNN.cmake" DESTINATION "${_package_dir}")

# g++ program.cpp $(pkg-config --cflags --libs weft). A program must also link a static library's own dependencies.
set(_requires fmt)
set(_requires_private zlib libpng libhwy)
if(NOT WEFT_STD_THREADS)
  list(APPEND _requires_private tbb)
endif()
get_filename_component(_openmp "${OneDNN_OPENMP_RUNTIME}" NAME_WE)
string(REGEX REPLACE "^lib" "-l" _openmp "${_openmp}")
set(_libs -pthread)
set(_libs_private -ldnnl ${_openmp})
if(NOT BUILD_SHARED_LIBS)
  foreach(list IN ITEMS _requires _libs)
    list(APPEND ${list} ${${list}_private})
    set(${list}_private "")
  endforeach()
endif()
foreach(list IN ITEMS _requires _requires_private _libs _libs_private)
  list(JOIN ${list} " " ${list})
endforeach()
file(RELATIVE_PATH _prefix_from_pc "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file("${CMAKE_CURRENT_LIST_DIR}/weft.pc.in" "${PROJECT_BINARY_DIR}/weft.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/weft.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
