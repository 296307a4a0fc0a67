# cmake --install and cpack: the program, its manual and completions as it prints them itself, the
# units, the configuration with every key, and what BI tools import.
include(GNUInstallDirs)

set(made ${CMAKE_CURRENT_BINARY_DIR}/made)
add_custom_command(
    OUTPUT ${made}/gcmirror.1.gz ${made}/gcmirror.toml.5.gz ${made}/gcmirror.bash ${made}/_gcmirror
        ${made}/gcmirror.fish ${made}/gcmirror.toml
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/cmake/make_manual.sh $<TARGET_FILE:gcmirror> ${made}
        ${CMAKE_CURRENT_SOURCE_DIR}/CHANGELOG.md
    DEPENDS gcmirror ${CMAKE_CURRENT_SOURCE_DIR}/cmake/make_manual.sh
    VERBATIM)
add_custom_target(manual DEPENDS ${made}/gcmirror.1.gz
    COMMENT "man pages, completions and configuration, as the program prints them")

install(TARGETS gcmirror RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${made}/gcmirror.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${made}/gcmirror.toml.5.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES ${made}/gcmirror.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    RENAME gcmirror)
install(FILES ${made}/_gcmirror DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${made}/gcmirror.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${made}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md CONTRIBUTING.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES cmake/debian/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES jobs/report/README.md jobs/report/ROLES.md DESTINATION ${CMAKE_INSTALL_DOCDIR}/report)
install(DIRECTORY jobs/report/bi DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples USE_SOURCE_PERMISSIONS)
install(DIRECTORY jobs/push/queries/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples/write-back)
install(CODE "
    set(settings \"\${CMAKE_INSTALL_PREFIX}/etc/gcmirror\")
    if(CMAKE_INSTALL_PREFIX STREQUAL /usr)   # of a package
        set(settings /etc/gcmirror)
    endif()
    file(INSTALL \"${made}/gcmirror.toml\" DESTINATION \"\${settings}\")
    file(INSTALL DESTINATION \"\${settings}/schools.d\" TYPE DIRECTORY FILES \"\")
    foreach(unit gcmirror.service gcmirror-sender.service gcmirror-fleet.service)
        file(READ \"${CMAKE_CURRENT_SOURCE_DIR}/jobs/serve/systemd/\${unit}\" text)
        string(REPLACE /usr/local/bin/gcmirror \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/gcmirror\"
            text \"\${text}\")
        file(WRITE \"${made}/\${unit}\" \"\${text}\")
        file(INSTALL \"${made}/\${unit}\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/lib/systemd/system\")
    endforeach()")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME gcmirror)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "gcmirror <gcmirror@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "mirrors a GetCourse school into PostgreSQL")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL OFF)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates, tzdata, postgresql-client")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS postgresql)   # of the private cluster; not with a server of one's own
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMAKE_CURRENT_SOURCE_DIR}/cmake/debian/conffiles
    ${CMAKE_CURRENT_SOURCE_DIR}/cmake/debian/postinst
    ${CMAKE_CURRENT_SOURCE_DIR}/cmake/debian/prerm
    ${CMAKE_CURRENT_SOURCE_DIR}/cmake/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
