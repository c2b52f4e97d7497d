noinst_LTLIBRARIES += common/wire/libba_wire.la
common_wire_libba_wire_la_SOURCES = \
	common/wire/ask.c \
	common/wire/ask.h \
	common/wire/message.c \
	common/wire/message.h \
	common/wire/option.c \
	common/wire/option.h \
	common/wire/spawn.c \
	common/wire/spawn.h \
	common/wire/trust.c \
	common/wire/trust.h
common_wire_libba_wire_la_CFLAGS = $(AM_CFLAGS)
