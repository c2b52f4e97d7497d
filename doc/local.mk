EXTRA_DIST += doc/DESIGN.md doc/REQUIREMENTS.md
dist_doc_DATA = doc/PAM.md doc/SASL.md
