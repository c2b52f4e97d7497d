noinst_LTLIBRARIES += common/store/libba_store.la
common_store_libba_store_la_SOURCES = \
	common/store/store.c \
	common/store/store.h \
	common/store/store_memory.c \
	common/store/store_memory.h \
	common/store/store_name.c \
	common/store/store_name.h \
	common/store/store_sqlite.c \
	common/store/store_sqlite.h
common_store_libba_store_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) $(CRYPTO_CFLAGS)
common_store_libba_store_la_LIBADD = $(SQLITE_LIBS) $(CRYPTO_LIBS)
