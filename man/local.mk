dist_man_MANS += \
	man/bearerauth-askpass.1 \
	man/bearerauth.1 \
	man/bearerauth.conf.5 \
	man/bearerauthd.8 \
	man/liboauthbearer.8 \
	man/pam_oauth2.8
