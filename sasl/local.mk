sasl_LTLIBRARIES = liboauthbearer.la
liboauthbearer_la_SOURCES = \
	sasl/exchange.c \
	sasl/exchange.h \
	sasl/failure.c \
	sasl/failure.h \
	sasl/message.c \
	sasl/message.h \
	sasl/options.c \
	sasl/options.h \
	sasl/plugin.c \
	sasl/result.c \
	sasl/result.h
liboauthbearer_la_LDFLAGS = $(AM_LDFLAGS) -module $(BA_MODULE_LDFLAGS) \
	-Wl,--version-script=$(srcdir)/sasl/liboauthbearer.map
liboauthbearer_la_LIBADD = $(BA_CLIENT_LIBS)
liboauthbearer_la_DEPENDENCIES = $(BA_CLIENT_LIBS) sasl/liboauthbearer.map
EXTRA_DIST += sasl/liboauthbearer.map
