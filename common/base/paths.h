/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BASE_PATHS_H
#define BA_BASE_PATHS_H

/*
 * Where things live; the directories come from configure.  doc/DESIGN.md has
 * the table of owners and modes.
 */
#define BA_CONFIG_FILE    BA_SYSCONFDIR "/bearerauth/bearerauth.conf"
#define BA_RUN_DIR        BA_RUNSTATEDIR "/bearerauth"
#define BA_ASK_SOCKET     BA_RUN_DIR "/ask"
#define BA_CONTROL_SOCKET BA_RUN_DIR "/control"
#define BA_STORE_DIR      BA_LOCALSTATEDIR "/lib/bearerauth"
#define BA_STORE_FILE     BA_STORE_DIR "/store.db"
#define BA_BLOCK_NAME     "blocked" /* the block list, beside the store */
#define BA_BROKER         BA_LIBEXECDIR "/bearerauthd"
#define BA_FETCH_HELPER   BA_LIBEXECDIR "/bearerauth-fetch"

#endif
