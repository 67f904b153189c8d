# sb_layer(NAME USES layers... LIBRARIES packages... GENERATED sources... EXCEPT sources...): src/NAME, and sources made at
# build time, as a static library, if it has any.
function(sb_layer name)
  cmake_parse_arguments(ARG "" "" "USES;LIBRARIES;GENERATED;EXCEPT" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  list(APPEND sources ${ARG_GENERATED})
  if(ARG_EXCEPT)
    list(REMOVE_ITEM sources ${ARG_EXCEPT})
  endif()
  if(sources)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
    if(name MATCHES "^(server|cli)$")
      set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)  # their files' names meet those of large libraries
    endif()
    set(scope PUBLIC)
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR}/src)
    set(scope INTERFACE)
  endif()
  target_link_libraries(${name} ${scope} ${ARG_USES} ${ARG_LIBRARIES} Threads::Threads)
endfunction()

# sb_program(NAME FOLDER folder USES ...): src/FOLDER/main.cpp as the executable NAME, and the rest of src/FOLDER as a
# library called FOLDER, so that tests can link it.
function(sb_program name)
  cmake_parse_arguments(ARG "" "FOLDER" "USES;LIBRARIES" ${ARGN})
  sb_layer(${ARG_FOLDER} USES ${ARG_USES} LIBRARIES ${ARG_LIBRARIES} EXCEPT ${PROJECT_SOURCE_DIR}/src/${ARG_FOLDER}/main.cpp)
  add_executable(${name} ${PROJECT_SOURCE_DIR}/src/${ARG_FOLDER}/main.cpp)
  target_link_libraries(${name} PRIVATE ${ARG_FOLDER})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
endfunction()
