# The demo page as a generated source: sets DEMO_ASSETS_SOURCE, for the layer that embeds it.
file(GLOB demo_files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/web/demo
     ${PROJECT_SOURCE_DIR}/web/demo/*.html ${PROJECT_SOURCE_DIR}/web/demo/*.css
     ${PROJECT_SOURCE_DIR}/web/demo/*.js ${PROJECT_SOURCE_DIR}/web/demo/*.svg)
list(TRANSFORM demo_files PREPEND ${PROJECT_SOURCE_DIR}/web/demo/ OUTPUT_VARIABLE demo_paths)
set(DEMO_ASSETS_SOURCE ${PROJECT_BINARY_DIR}/generated/demo_assets.cpp)
add_custom_command(
  OUTPUT ${DEMO_ASSETS_SOURCE}
  COMMAND ${CMAKE_COMMAND} -DOUTPUT=${DEMO_ASSETS_SOURCE} -DFOLDER=${PROJECT_SOURCE_DIR}/web/demo
          "-DFILES=${demo_files}" -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  DEPENDS ${demo_paths} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  COMMENT "Embedding the demo page"
  VERBATIM)
