pam_LTLIBRARIES = pam_oauth2.la
pam_oauth2_la_SOURCES = \
	pam/args.c \
	pam/args.h \
	pam/auth.c \
	pam/auth.h \
	pam/call.c \
	pam/call.h \
	pam/grid.c \
	pam/grid.h \
	pam/login.c \
	pam/login.h \
	pam/pam_oauth2.c \
	pam/process.c \
	pam/process.h \
	pam/result.c \
	pam/result.h \
	pam/session.c \
	pam/session.h \
	pam/token.c \
	pam/token.h \
	pam/way.c \
	pam/way.h
pam_oauth2_la_LDFLAGS = $(AM_LDFLAGS) -module $(BA_MODULE_LDFLAGS) \
	-Wl,--version-script=$(srcdir)/pam/pam_oauth2.map
pam_oauth2_la_LIBADD = $(BA_CLIENT_LIBS) $(PAM_LIBS)
pam_oauth2_la_DEPENDENCIES = $(BA_CLIENT_LIBS) pam/pam_oauth2.map
EXTRA_DIST += pam/pam_oauth2.map
