# penstock_room(NAME [USES room...] [LIBRARIES target...])
#
# Makes the static library penstock_NAME of consumer/NAME/**/*.cpp. A room without sources becomes
# an interface library, so that the others need not know whether it is furnished yet. Libraries
# are linked privately where CMake allows it: a room's headers may not lean on what the room hides.
function(penstock_room name)
    cmake_parse_arguments(ROOM "" "" "USES;LIBRARIES" ${ARGN})
    list(TRANSFORM ROOM_USES PREPEND penstock_)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/consumer/${name}/*.cpp)
    if(sources)
        add_library(penstock_${name} STATIC ${sources})
        target_link_libraries(penstock_${name}
            PUBLIC penstock_base ${ROOM_USES} PRIVATE ${ROOM_LIBRARIES})
        # The engine and everybody's errors use this one header; it is a header only.
        target_include_directories(penstock_${name} SYSTEM PUBLIC ${EXPECTED_INCLUDE_DIR})
    else()
        add_library(penstock_${name} INTERFACE)
        target_link_libraries(penstock_${name} INTERFACE penstock_base ${ROOM_USES})
    endif()
endfunction()
