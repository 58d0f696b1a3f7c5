# cmake --install, and the package that find_package(weft) finds.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/weft")

# Headers keep their places below include/weft/. What only the library's sources include stays out.
install(FILES "${PROJECT_SOURCE_DIR}/weft.h" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/weft")
foreach(room IN ITEMS tensor autograd nn optim data train)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/${room}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/weft"
          FILES_MATCHING PATTERN "*.h" PATTERN "*.def" PATTERN "kernels" EXCLUDE
          REGEX "/tensor/json\\.h$|/autograd/(elementwise|indexing|pooling)\\.h$|/train/report_(page|style)\\.h$" EXCLUDE)
endforeach()
install(FILES "${PROJECT_SOURCE_DIR}/share/iris.csv" "${PROJECT_SOURCE_DIR}/share/README.md"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/weft")

install(TARGETS weft EXPORT weftTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(EXPORT weftTargets NAMESPACE weft:: DESTINATION "${_package_dir}")

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/weftConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/weftConfig.cmake" INSTALL_DESTINATION "${_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/weftConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/weftConfig.cmake" "${PROJECT_BINARY_DIR}/weftConfigVersion.cmake"
        "${CMAKE_CURRENT_LIST_DIR}/FindOneDNN.cmake" DESTINATION "${_package_dir}")
