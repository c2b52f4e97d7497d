# The client half of OAUTHBEARER for the end-to-end tests; never installed.
check_LTLIBRARIES += tests/e2e/sasl_client.la
tests_e2e_sasl_client_la_SOURCES = tests/e2e/sasl_client.c
tests_e2e_sasl_client_la_CFLAGS = $(AM_CFLAGS)
# With an -rpath libtool makes a module that can be loaded.
tests_e2e_sasl_client_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-shared -rpath /nowhere

# Many questions at a time, for test_storm.py.
check_PROGRAMS += tests/e2e/storm
tests_e2e_storm_SOURCES = tests/e2e/storm.c
tests_e2e_storm_CFLAGS = $(AM_CFLAGS)
tests_e2e_storm_LDADD = common/wire/libba_wire.la common/base/libba_base.la

# A host that watches what a module does to it; see test_pam_unchanged.py.
check_PROGRAMS += tests/e2e/pam_host
tests_e2e_pam_host_SOURCES = \
	tests/e2e/pam_host.c \
	tests/e2e/pam_host.h \
	tests/e2e/pam_host_scan.c \
	tests/e2e/pam_host_state.c
tests_e2e_pam_host_CFLAGS = $(AM_CFLAGS)
tests_e2e_pam_host_LDADD = $(PAM_LIBS)

# The module with AddressSanitizer in it, for a real sshd (test_pam_secrets.py).
check_LTLIBRARIES += tests/e2e/pam_asan.la
tests_e2e_pam_asan_la_SOURCES = $(pam_oauth2_la_SOURCES) \
	$(common_base_libba_base_la_SOURCES) \
	$(common_wire_libba_wire_la_SOURCES)
tests_e2e_pam_asan_la_CFLAGS = $(AM_CFLAGS) -O1 -g -fsanitize=address,undefined \
	-fno-sanitize-recover=all
tests_e2e_pam_asan_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-shared -rpath /nowhere -fsanitize=address,undefined \
	-Wl,--version-script=$(srcdir)/pam/pam_oauth2.map
tests_e2e_pam_asan_la_LIBADD = $(PAM_LIBS)

EXTRA_DIST += \
	.ci/run \
	tests/README.md \
	tests/demo.sh \
	tests/e2e/askers.py \
	tests/e2e/browser/.npmrc \
	tests/e2e/browser/approve.mjs \
	tests/e2e/browser/chromium.mjs \
	tests/e2e/browser/package-lock.json \
	tests/e2e/browser/package.json \
	tests/e2e/browser/terminal.mjs \
	tests/e2e/conftest.py \
	tests/e2e/demo.py \
	tests/e2e/device.py \
	tests/e2e/devlog.py \
	tests/e2e/glewlwyd.py \
	tests/e2e/idp/.npmrc \
	tests/e2e/idp/op.mjs \
	tests/e2e/idp/package-lock.json \
	tests/e2e/idp/package.json \
	tests/e2e/idp_client.py \
	tests/e2e/mint.py \
	tests/e2e/node/.npmrc \
	tests/e2e/node/package-lock.json \
	tests/e2e/node/package.json \
	tests/e2e/rogue.py \
	tests/e2e/rogue_device.py \
	tests/e2e/sasl_hosts.py \
	tests/e2e/stage.py \
	tests/e2e/test_block.py \
	tests/e2e/test_broker.py \
	tests/e2e/test_chaos.py \
	tests/e2e/test_check.py \
	tests/e2e/test_confirm.py \
	tests/e2e/test_device.py \
	tests/e2e/test_device_browser.py \
	tests/e2e/test_device_rogue.py \
	tests/e2e/test_environment.py \
	tests/e2e/test_forgery.py \
	tests/e2e/test_intruder.py \
	tests/e2e/test_introspection.py \
	tests/e2e/test_login.py \
	tests/e2e/test_pam_hosts.py \
	tests/e2e/test_pam_length.py \
	tests/e2e/test_pam_profile.py \
	tests/e2e/test_pam_secrets.py \
	tests/e2e/test_pam_unchanged.py \
	tests/e2e/test_requests.py \
	tests/e2e/test_rogue.py \
	tests/e2e/test_rotation.py \
	tests/e2e/test_rules.py \
	tests/e2e/test_sasl_hosts.py \
	tests/e2e/test_single_use.py \
	tests/e2e/test_socket.py \
	tests/e2e/test_storm.py \
	tests/e2e/test_zz_leaks.py \
	tests/e2e/timing.py \
	tests/e2e/wire.py \
	tests/lib/build.sh \
	tests/lib/common.sh \
	tests/lib/install.sh \
	tests/lib/stage.sh \
	tests/run.sh \
	tests/timing.sh
