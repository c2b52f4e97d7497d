/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "tests/unit/tls_server.h"

#define DAY 86400

struct identity {
	EVP_PKEY *key;
	X509 *cert;
};

/* One connection. */
struct peer {
	SSL *ssl;
	int number; /* of the connection, from 1 */
	int requests; /* on this connection */
	char request[8192];
};

static void
must(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "tls_server: %s failed\n", what);
		_exit(1);
	}
}

static void
add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX c;

	X509V3_set_ctx_nodb(&c);
	X509V3_set_ctx(&c, issuer, cert, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &c, nid, value);
	must(e != NULL && X509_add_ext(cert, e, -1) == 1, value);
	X509_EXTENSION_free(e);
}

/* ca NULL: self-signed, an authority. */
static struct identity
make_identity(const char *name, const struct identity *ca, long from, long to)
{
	struct identity id = { EVP_EC_gen("P-256"), X509_new() };
	X509_NAME *n;
	X509 *issuer = ca != NULL ? ca->cert : id.cert;

	must(id.key != NULL && id.cert != NULL, "key");
	must(X509_set_version(id.cert, 2), "version");
	ASN1_INTEGER_set(X509_get_serialNumber(id.cert), ca != NULL ? 2 : 1);
	X509_gmtime_adj(X509_getm_notBefore(id.cert), from);
	X509_gmtime_adj(X509_getm_notAfter(id.cert), to);
	n = X509_get_subject_name(id.cert);
	must(X509_NAME_add_entry_by_txt(
		 n, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0),
	    "name");
	must(X509_set_issuer_name(id.cert, X509_get_subject_name(issuer)) &&
		 X509_set_pubkey(id.cert, id.key),
	    "certificate");
	if (ca == NULL) {
		add_extension(
		    id.cert, issuer, NID_basic_constraints, "critical,CA:TRUE");
		add_extension(
		    id.cert, issuer, NID_key_usage, "critical,keyCertSign");
	} else {
		add_extension(
		    id.cert, issuer, NID_subject_alt_name, "IP:127.0.0.1");
	}
	must(
	    X509_sign(id.cert, ca != NULL ? ca->key : id.key, EVP_sha256()) > 0,
	    "signature");
	return id;
}

static void
free_identity(struct identity *id)
{
	EVP_PKEY_free(id->key);
	X509_free(id->cert);
}

static void
write_cert(const struct identity *id, const char *dir, const char *name,
    char *path, size_t size)
{
	FILE *f;

	snprintf(path, size, "%s/%s", dir, name);
	f = fopen(path, "we");
	must(f != NULL && PEM_write_X509(f, id->cert) == 1 && fclose(f) == 0,
	    path);
}

static SSL_CTX *
make_context(const struct identity *id)
{
	SSL_CTX *c = SSL_CTX_new(TLS_server_method());

	must(c != NULL && SSL_CTX_use_certificate(c, id->cert) == 1 &&
		 SSL_CTX_use_PrivateKey(c, id->key) == 1,
	    "context");
	return c;
}

static int
listen_on_loopback(int *portp)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t n = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd >= 0 && bind(fd, (struct sockaddr *)&sin, n) == 0 &&
		 listen(fd, 64) == 0 &&
		 getsockname(fd, (struct sockaddr *)&sin, &n) == 0,
	    "listen");
	*portp = ntohs(sin.sin_port);
	return fd;
}

static void
put(struct peer *p, const void *s, size_t n)
{
	const char *c = s;
	int w;

	while (n > 0) {
		w = SSL_write(p->ssl, c, n > 16384 ? 16384 : (int)n);
		if (w <= 0) /* the client has had enough */
			_exit(0);
		c += w;
		n -= (size_t)w;
	}
}

static void
put_str(struct peer *p, const char *s)
{
	put(p, s, strlen(s));
}

static void
put_fill(struct peer *p, size_t n)
{
	static const char x[1000] = "x";

	while (n > 0) {
		put(p, x, n < sizeof(x) ? n : sizeof(x));
		n -= n < sizeof(x) ? n : sizeof(x);
	}
}

/* An answer with these header lines (each with its CRLF) and body. */
static void
answer(struct peer *p, const char *status, const char *lines, const char *body)
{
	char head[1024];

	snprintf(head, sizeof(head),
	    "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n", status, lines,
	    strlen(body));
	put_str(p, head);
	put_str(p, body);
}

static void
answer_fill(struct peer *p, size_t n)
{
	char head[128];

	snprintf(head, sizeof(head),
	    "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", n);
	put_str(p, head);
	put_fill(p, n);
}

#define JSON "Content-Type: application/json\r\n"

static void
on_ok(struct peer *p)
{
	answer(p, "200 OK",
	    "Content-Type: Application/JSON; charset=utf-8\r\n"
	    "Cache-Control: public, max-age=600\r\n",
	    "{\"ok\":true}");
}

static void
on_bare(struct peer *p)
{
	answer(p, "200 OK", "", "");
}

static void
on_redirect(struct peer *p)
{
	answer(p, "302 Found", "Location: /ok\r\n", "moved");
}

static void
on_missing(struct peer *p)
{
	answer(p, "404 Not Found", JSON, "{}");
}

/* Asks for everything that a client might give away. */
static void
on_greedy(struct peer *p)
{
	answer(p, "401 Unauthorized",
	    "WWW-Authenticate: Basic realm=x\r\nWWW-Authenticate: Negotiate\r\n"
	    "Set-Cookie: a=b\r\nStrict-Transport-Security: max-age=9\r\n",
	    "");
}

static void
on_echo(struct peer *p)
{
	answer(p, "200 OK", "", p->request);
}

static void
on_count(struct peer *p)
{
	char body[64];

	snprintf(body, sizeof(body), "%d.%d", p->number, p->requests);
	answer(p, "200 OK", "", body);
}

static void
on_two_types(struct peer *p)
{
	answer(p, "200 OK", JSON "Content-Type: text/plain\r\n", "{}");
}

static void
on_no_store(struct peer *p)
{
	answer(p, "200 OK",
	    "Cache-Control: max-age=600\r\nCache-Control: no-store\r\n", "{}");
}

/* What an interim answer says is not what the answer says. */
static void
on_interim(struct peer *p)
{
	put_str(p, "HTTP/1.1 103 Early Hints\r\n"
		   "Content-Type: application/json\r\n"
		   "Cache-Control: max-age=5\r\n\r\n");
	answer(p, "200 OK", "", "{}");
}

static void
on_largest(struct peer *p)
{
	answer_fill(p, 512 * 1024);
}

static void
on_too_large(struct peer *p)
{
	answer_fill(p, 512 * 1024 + 1);
}

/* Too large as well, but that is not announced. */
static void
on_endless(struct peer *p)
{
	int i;

	put_str(p, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (i = 0; i < 1000; i++) {
		put_str(p, "3e8\r\n");
		put_fill(p, 1000);
		put_str(p, "\r\n");
	}
	put_str(p, "0\r\n\r\n");
}

static void
header_lines(struct peer *p, int n)
{
	static const char line[] =
	    "X-Filler: 0123456789012345678901234567890123456789\r\n";
	int i;

	put_str(p, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n");
	for (i = 0; i < n; i++)
		put_str(p, line);
	put_str(p, "\r\n{}");
}

static void
on_long_header(struct peer *p)
{
	header_lines(p, 1000); /* 52,000 bytes */
}

static void
on_too_long_header(struct peer *p)
{
	header_lines(p, 1500); /* 78,000 bytes */
}

static void
on_silent(struct peer *p)
{
	(void)p;
	(void)poll(NULL, 0, 20000);
}

/* Never silent for long, and never done. */
static void
on_slow(struct peer *p)
{
	int i;

	put_str(p, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
	for (i = 0; i < 1000; i++) {
		put_str(p, "x");
		(void)poll(NULL, 0, 20);
	}
}

static void
on_short(struct peer *p)
{
	put_str(p, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}");
	SSL_shutdown(p->ssl);
	_exit(0);
}

static void
on_not_http(struct peer *p)
{
	put_str(p, "SSH-2.0-OpenSSH_9.2\r\n\r\n{}");
	SSL_shutdown(p->ssl);
	_exit(0);
}

static const struct {
	const char *path;
	void (*run)(struct peer *p);
} pages[] = {
	{ "/ok", on_ok },
	{ "/bare", on_bare },
	{ "/redirect", on_redirect },
	{ "/missing", on_missing },
	{ "/greedy", on_greedy },
	{ "/echo", on_echo },
	{ "/count", on_count },
	{ "/two-types", on_two_types },
	{ "/no-store", on_no_store },
	{ "/interim", on_interim },
	{ "/largest", on_largest },
	{ "/too-large", on_too_large },
	{ "/endless", on_endless },
	{ "/long-header", on_long_header },
	{ "/too-long-header", on_too_long_header },
	{ "/silent", on_silent },
	{ "/slow", on_slow },
	{ "/short", on_short },
	{ "/not-http", on_not_http },
};

static int
read_request(struct peer *p)
{
	size_t len = 0;
	int n;

	do {
		if (len + 1 >= sizeof(p->request))
			return 0;
		n = SSL_read(p->ssl, p->request + len,
		    (int)(sizeof(p->request) - 1 - len));
		if (n <= 0)
			return 0;
		len += (size_t)n;
		p->request[len] = '\0';
	} while (strstr(p->request, "\r\n\r\n") == NULL);
	return 1;
}

static void
serve(int fd, SSL_CTX *c, int number)
{
	struct peer p = { SSL_new(c), number, 0, "" };
	char path[64];
	size_t i;

	must(p.ssl != NULL && SSL_set_fd(p.ssl, fd) == 1, "SSL_new");
	if (SSL_accept(p.ssl) != 1)
		return;
	while (read_request(&p)) {
		p.requests++;
		if (sscanf(p.request, "GET %63s HTTP/1.1\r\n", path) != 1)
			return;
		for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
			if (strcmp(path, pages[i].path) == 0)
				break;
		if (i == sizeof(pages) / sizeof(pages[0]))
			return;
		pages[i].run(&p);
	}
}

static void
serve_all(const int fds[2], SSL_CTX *const contexts[2])
{
	struct pollfd p[2] = { { fds[0], POLLIN, 0 }, { fds[1], POLLIN, 0 } };
	int i, fd, number = 0;

	for (;;) {
		if (poll(p, 2, -1) < 0)
			continue;
		for (i = 0; i < 2; i++) {
			if (p[i].revents == 0)
				continue;
			fd = accept(fds[i], NULL, NULL);
			if (fd < 0)
				continue;
			number++;
			if (fork() == 0) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				serve(fd, contexts[i], number);
				_exit(0);
			}
			close(fd);
		}
	}
}

int
tls_server_start(const char *dir, struct tls_server *s)
{
	struct identity ca = make_identity("test CA", NULL, -DAY, DAY);
	struct identity other = make_identity("test CA", NULL, -DAY, DAY);
	struct identity good = make_identity("server", &ca, -DAY, DAY);
	struct identity old = make_identity("server", &ca, -2 * DAY, -DAY);
	SSL_CTX *contexts[2] = { make_context(&good), make_context(&old) };
	int fds[2];

	write_cert(&ca, dir, "ca.pem", s->ca_file, sizeof(s->ca_file));
	write_cert(&other, dir, "other.pem", s->other_ca_file,
	    sizeof(s->other_ca_file));
	fds[0] = listen_on_loopback(&s->port);
	fds[1] = listen_on_loopback(&s->expired_port);
	s->pid = fork();
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGCHLD, SIG_IGN);
		signal(SIGPIPE, SIG_IGN);
		serve_all(fds, contexts);
	}
	close(fds[0]);
	close(fds[1]);
	SSL_CTX_free(contexts[0]);
	SSL_CTX_free(contexts[1]);
	free_identity(&ca);
	free_identity(&other);
	free_identity(&good);
	free_identity(&old);
	return s->pid > 0 ? 0 : -1;
}

void
tls_server_stop(struct tls_server *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	s->pid = -1;
}
