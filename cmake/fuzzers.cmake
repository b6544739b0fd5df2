# tests/fuzz/NAME.cpp becomes fuzz_NAME, with its corpus in tests/fuzz/corpus/NAME. Needs clang.
# fuzz_targets makes them all.
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "fuzz targets need clang: configure with the preset \"fuzz\"")
endif()
file(GLOB fuzz_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/*.cpp)
add_custom_target(fuzz_targets)
foreach(source IN LISTS fuzz_sources)
    get_filename_component(stem ${source} NAME_WE)
    add_executable(fuzz_${stem} ${source})
    target_link_options(fuzz_${stem} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(fuzz_${stem} PRIVATE penstock_base penstock_proto
        penstock_engine penstock_config penstock_encode penstock_source
        nlohmann_json::nlohmann_json)
    target_include_directories(fuzz_${stem} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    add_dependencies(fuzz_targets fuzz_${stem})
endforeach()
