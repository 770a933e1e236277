# What `make install` and `make package` put where; tarballs and .deb files alike.
include(GNUInstallDirs)
set(CMAKE_INSTALL_DOCDIR ${CMAKE_INSTALL_DATAROOTDIR}/doc/curfew)

install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES docs/errors.md docs/glossary.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The library: find_package(curfew COMPONENTS pg), then link curfew::core or curfew::pg. Each has a
# file of its own, so that who uses core alone needs nothing of what pg is made of.
set(CURFEW_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/curfew)
function(curfew_export target name)
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
    install(TARGETS ${target} EXPORT curfew-${name}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    install(EXPORT curfew-${name} NAMESPACE curfew:: DESTINATION ${CURFEW_CMAKE_DIR}
        COMPONENT development)
endfunction()

curfew_export(curfew_core core)
install(DIRECTORY core/include/curfew DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    COMPONENT development)
if(TARGET curfew_clients)
    curfew_export(curfew_clients pg)
    install(DIRECTORY clients/include/curfew DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        COMPONENT development)
endif()
configure_file(cmake/curfew-config.cmake.in ${CMAKE_BINARY_DIR}/curfew-config.cmake @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/curfew-config.cmake DESTINATION ${CURFEW_CMAKE_DIR}
    COMPONENT development)

# The binary tells its own manual and completions, from the same table as its help.
if(TARGET curfew)
    set(pages ${CMAKE_BINARY_DIR}/pages)
    install(CODE "
        file(MAKE_DIRECTORY ${pages})
        foreach(page IN ITEMS \"help --man>curfew.1\" \"completions bash>curfew\"
                              \"completions zsh>_curfew\" \"completions fish>curfew.fish\")
            string(REPLACE \">\" \";\" parts \"\${page}\")
            list(GET parts 0 arguments)
            list(GET parts 1 name)
            separate_arguments(arguments)
            execute_process(COMMAND $<TARGET_FILE:curfew> \${arguments}
                OUTPUT_FILE ${pages}/\${name} COMMAND_ERROR_IS_FATAL ANY)
        endforeach()")
    install(FILES ${pages}/curfew.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(FILES ${pages}/curfew
        DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/bash-completion/completions)
    install(FILES ${pages}/_curfew
        DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/zsh/vendor-completions)
    install(FILES ${pages}/curfew.fish
        DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/fish/vendor_completions.d)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME curfew)
set(CPACK_PACKAGE_VENDOR "The Curfew maintainers")
set(CPACK_PACKAGE_CONTACT "The Curfew maintainers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
    "Puts a deadline on every request and keeps a backend serving when something hangs")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
include(CPack)
