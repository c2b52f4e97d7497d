pam_LTLIBRARIES = pam_oauth2.la
pam_oauth2_la_SOURCES = \
	pam/args.c \
	pam/args.h \
	pam/pam_oauth2.c \
	pam/result.c \
	pam/result.h \
	pam/token.c \
	pam/token.h
pam_oauth2_la_LDFLAGS = $(AM_LDFLAGS) -module $(BA_MODULE_LDFLAGS) \
	-Wl,--version-script=$(srcdir)/pam/pam_oauth2.map
pam_oauth2_la_LIBADD = $(BA_CLIENT_LIBS) $(PAM_LIBS)
pam_oauth2_la_DEPENDENCIES = $(BA_CLIENT_LIBS) pam/pam_oauth2.map
EXTRA_DIST += pam/pam_oauth2.map
