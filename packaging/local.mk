# Units and the like are made here and not by configure, for they hold
# directories that only make can expand.
BA_PACKAGING_IN = \
	packaging/bearerauth.sysusers.in \
	packaging/bearerauth.tmpfiles.in \
	packaging/bearerauthd-control.socket.in \
	packaging/bearerauthd.service.in \
	packaging/bearerauthd.socket.in

systemdsystemunit_DATA = \
	packaging/bearerauthd-control.socket \
	packaging/bearerauthd.service \
	packaging/bearerauthd.socket

BA_PACKAGING_CONF = \
	packaging/bearerauth.sysusers \
	packaging/bearerauth.tmpfiles

examplesdir = $(docdir)/examples
dist_examples_DATA = \
	packaging/bearerauth.conf.example \
	packaging/pam.sshd.example \
	packaging/pam.su.example \
	packaging/pam.sudo.example \
	packaging/people.map.example

# For pam-auth-update(8), which asks; it changes nothing by being there.
pamconfigsdir = $(datadir)/pam-configs
dist_pamconfigs_DATA = packaging/pam-configs/bearerauth

$(systemdsystemunit_DATA) $(BA_PACKAGING_CONF): Makefile
	$(AM_V_GEN)$(MKDIR_P) packaging && \
	$(SED) -e 's|@libexecdir[@]|$(libexecdir)|g' \
		-e 's|@localstatedir[@]|$(localstatedir)|g' \
		-e 's|@runstatedir[@]|$(runstatedir)|g' \
		-e 's|@sysconfdir[@]|$(sysconfdir)|g' \
		-e 's|@BA_USER[@]|$(BA_USER)|g' \
		$(srcdir)/$@.in >$@.tmp && mv $@.tmp $@

packaging/bearerauth.sysusers: $(srcdir)/packaging/bearerauth.sysusers.in
packaging/bearerauth.tmpfiles: $(srcdir)/packaging/bearerauth.tmpfiles.in
packaging/bearerauthd-control.socket: \
	$(srcdir)/packaging/bearerauthd-control.socket.in
packaging/bearerauthd.service: $(srcdir)/packaging/bearerauthd.service.in
packaging/bearerauthd.socket: $(srcdir)/packaging/bearerauthd.socket.in

# Installed under the name that those directories ask for.
all-local: $(BA_PACKAGING_CONF)
install-data-local: $(BA_PACKAGING_CONF)
	$(MKDIR_P) '$(DESTDIR)$(sysusersdir)' '$(DESTDIR)$(tmpfilesdir)'
	$(INSTALL_DATA) packaging/bearerauth.sysusers \
		'$(DESTDIR)$(sysusersdir)/bearerauth.conf'
	$(INSTALL_DATA) packaging/bearerauth.tmpfiles \
		'$(DESTDIR)$(tmpfilesdir)/bearerauth.conf'
uninstall-local:
	rm -f '$(DESTDIR)$(sysusersdir)/bearerauth.conf' \
		'$(DESTDIR)$(tmpfilesdir)/bearerauth.conf'

EXTRA_DIST += $(BA_PACKAGING_IN)
CLEANFILES += $(systemdsystemunit_DATA) $(BA_PACKAGING_CONF)
