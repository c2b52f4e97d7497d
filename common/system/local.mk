# What only whole programs may do to themselves: never linked into a plug-in.
noinst_LTLIBRARIES += common/system/libba_system.la
common_system_libba_system_la_SOURCES = \
	common/system/privilege.c \
	common/system/privilege.h
common_system_libba_system_la_CFLAGS = $(AM_CFLAGS)
