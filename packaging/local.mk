EXTRA_DIST += packaging/bearerauth.conf.example
