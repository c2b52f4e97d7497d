/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "tests/unit/tls_server.h"

#define DAY         86400
#define REQUEST_MAX (300 * 1024)

struct identity {
	EVP_PKEY *key;
	X509 *cert;
};

/* One connection. */
struct peer {
	SSL *ssl;
	int number; /* of the connection, from 1 */
	int requests; /* on this connection */
	char request[REQUEST_MAX];
	size_t head; /* its length to the empty line, and that too */
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

/* What was written to a memory BIO. */
static void
copy_pem(BIO *b, char *dst, size_t size)
{
	int n = BIO_read(b, dst, (int)size - 1);

	must(n > 0 && BIO_pending(b) == 0, "PEM");
	dst[n] = '\0';
	BIO_free(b);
}

static void
copy_identity(const struct identity *id, char *cert, size_t certsz, char *key,
    size_t keysz, const char *password)
{
	BIO *c = BIO_new(BIO_s_mem()), *k = BIO_new(BIO_s_mem());

	must(PEM_write_bio_X509(c, id->cert) == 1 &&
		 PEM_write_bio_PKCS8PrivateKey(k, id->key,
		     password != NULL ? EVP_aes_128_cbc() : NULL, password,
		     password != NULL ? (int)strlen(password) : 0, NULL,
		     NULL) == 1,
	    "PEM");
	copy_pem(c, cert, certsz);
	copy_pem(k, key, keysz);
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

/* Any client's certificate will do: the client is what is tested. */
static int
take_any(int ok, X509_STORE_CTX *c)
{
	(void)ok;
	(void)c;
	return 1;
}

static SSL_CTX *
make_context(const struct identity *id)
{
	SSL_CTX *c = SSL_CTX_new(TLS_server_method());

	must(c != NULL && SSL_CTX_use_certificate(c, id->cert) == 1 &&
		 SSL_CTX_use_PrivateKey(c, id->key) == 1,
	    "context");
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER, take_any);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
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

/* Who the client is by its certificate. */
static void
on_client(struct peer *p)
{
	X509 *cert = SSL_get1_peer_certificate(p->ssl);
	char name[64] = "nobody";

	if (cert != NULL)
		X509_NAME_get_text_by_NID(X509_get_subject_name(cert),
		    NID_commonName, name, sizeof(name));
	X509_free(cert);
	answer(p, "200 OK", "", name);
}

static void
on_length(struct peer *p)
{
	char body[32];

	snprintf(body, sizeof(body), "%zu", strlen(p->request) - p->head);
	answer(p, "200 OK", "", body);
}

/* The path ends in the status. */
static void
on_redirect_status(struct peer *p)
{
	char status[64];

	snprintf(status, sizeof(status), "%.3s Go there",
	    strstr(p->request, "-3") + 1);
	answer(p, status, "Location: /ok\r\n", "moved");
}

/* As if it had been made at … */
#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

static void
on_etag(struct peer *p)
{
	int same = strstr(p->request, "\r\nIf-None-Match: \"v1\"\r\n") != NULL;

	if (same)
		put_str(p, "HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n"
			   "Cache-Control: max-age=60\r\n\r\n");
	else
		answer(p, "200 OK", JSON "ETag: \"v1\"\r\n", "{}");
}

static void
on_bad_etag(struct peer *p)
{
	answer(p, "200 OK", "ETag: v1\r\n", "{}");
}

static void
on_two_etags(struct peer *p)
{
	answer(p, "200 OK", "ETag: \"a\"\r\nETag: \"b\"\r\n", "{}");
}

static void
on_expires(struct peer *p)
{
	answer(p, "200 OK",
	    DATE "Expires: Sun, 06 Nov 1994 08:51:17 GMT\r\n"
		 "Cache-Control: public\r\n",
	    "{}");
}

static void
on_expires_without_date(struct peer *p)
{
	answer(p, "200 OK", "Expires: Fri, 31 Dec 9999 23:59:59 GMT\r\n", "{}");
}

static void
on_expires_twice(struct peer *p)
{
	answer(p, "200 OK",
	    DATE "Expires: Sun, 06 Nov 1994 08:51:17 GMT\r\n"
		 "Expires: Sun, 06 Nov 1994 08:51:17 GMT\r\n",
	    "{}");
}

static void
on_expires_never(struct peer *p)
{
	answer(p, "200 OK", DATE "Expires: 0\r\n", "{}");
}

static void
on_expires_and_max_age(struct peer *p)
{
	answer(p, "200 OK",
	    DATE "Expires: Sun, 06 Nov 1994 08:51:17 GMT\r\n"
		 "Cache-Control: max-age=7\r\n",
	    "{}");
}

static void
on_retry(struct peer *p)
{
	answer(p, "429 Too Many Requests", "Retry-After: 7\r\n", "");
}

static void
on_retry_date(struct peer *p)
{
	answer(p, "503 Service Unavailable",
	    DATE "Retry-After: Sun, 06 Nov 1994 08:51:07 GMT\r\n", "");
}

static void
on_retry_some_day(struct peer *p)
{
	answer(p, "503 Service Unavailable", "Retry-After: soon\r\n", "");
}

/* Says that it is packed; whoever unpacks it finds that it is not. */
static void
on_packed(struct peer *p)
{
	answer(p, "200 OK", "Content-Encoding: gzip\r\n", "not unpacked");
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
	{ "/client", on_client },
	{ "/length", on_length },
	{ "/go-301", on_redirect_status },
	{ "/go-302", on_redirect_status },
	{ "/go-303", on_redirect_status },
	{ "/go-307", on_redirect_status },
	{ "/go-308", on_redirect_status },
	{ "/etag", on_etag },
	{ "/bad-etag", on_bad_etag },
	{ "/two-etags", on_two_etags },
	{ "/expires", on_expires },
	{ "/expires-without-date", on_expires_without_date },
	{ "/expires-twice", on_expires_twice },
	{ "/expires-never", on_expires_never },
	{ "/expires-and-max-age", on_expires_and_max_age },
	{ "/retry", on_retry },
	{ "/retry-date", on_retry_date },
	{ "/retry-some-day", on_retry_some_day },
	{ "/packed", on_packed },
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

/* How much of a request is still to come behind its first len bytes; -1: not
   even its head is there. */
static long
still_missing(struct peer *p, size_t len)
{
	const char *end = strstr(p->request, "\r\n\r\n"), *field;
	size_t body = 0;

	if (end == NULL)
		return -1;
	p->head = (size_t)(end - p->request) + 4;
	field = strstr(p->request, "\r\nContent-Length: ");
	if (field != NULL && field < end)
		body = strtoul(field + 18, NULL, 10);
	return (long)(p->head + body) - (long)len;
}

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
	} while (still_missing(p, len) != 0);
	return 1;
}

static void
serve(int fd, SSL_CTX *c, int number)
{
	static struct peer p;
	char method[8], path[64];
	size_t i;

	p.ssl = SSL_new(c);
	p.number = number;
	must(p.ssl != NULL && SSL_set_fd(p.ssl, fd) == 1, "SSL_new");
	if (SSL_accept(p.ssl) != 1)
		return;
	while (read_request(&p)) {
		p.requests++;
		if (sscanf(p.request, "%7s %63s HTTP/1.1\r\n", method, path) !=
		    2)
			return;
		for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
			if (strcmp(path, pages[i].path) == 0)
				break;
		if (i == sizeof(pages) / sizeof(pages[0]))
			return;
		pages[i].run(&p);
	}
}

/* ---- the proxy ---- */

/* Both ways, until one side ends. */
static void
pump(int a, int b)
{
	struct pollfd p[2] = { { a, POLLIN, 0 }, { b, POLLIN, 0 } };
	char block[16384];
	ssize_t n;
	int i;

	while (poll(p, 2, -1) > 0)
		for (i = 0; i < 2; i++) {
			if (p[i].revents == 0)
				continue;
			n = read(p[i].fd, block, sizeof(block));
			if (n <= 0 || send(p[1 - i].fd, block, (size_t)n,
					  MSG_NOSIGNAL) != n)
				return;
		}
}

/* Goes to 127.0.0.1 whatever the name, and not to port 1. */
static void
serve_proxy(int fd, const char *log)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	char request[4096], host[256];
	int to, port = 0, file;
	ssize_t n = read(fd, request, sizeof(request) - 1);

	if (n <= 0)
		return;
	request[n] = '\0';
	file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	must(file >= 0 && write(file, request, (size_t)n) == n, log);
	close(file);
	if (sscanf(request, "CONNECT %255[^:]:%d HTTP/1.1\r\n", host, &port) !=
		2 ||
	    port == 1) {
		static const char no[] = "HTTP/1.1 403 Forbidden\r\n"
					 "Content-Length: 0\r\n\r\n";

		(void)!write(fd, no, sizeof(no) - 1);
		return;
	}
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons((uint16_t)port);
	to = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (to < 0 || connect(to, (struct sockaddr *)&sin, sizeof(sin)) != 0)
		return;
	must(write(fd, "HTTP/1.1 200 OK\r\n\r\n", 19) == 19, "proxy");
	pump(fd, to);
}

static void
serve_all(
    const int fds[3], SSL_CTX *const contexts[2], const struct tls_server *s)
{
	struct pollfd p[3] = { { fds[0], POLLIN, 0 }, { fds[1], POLLIN, 0 },
		{ fds[2], POLLIN, 0 } };
	int i, fd, number = 0, on = 1;

	for (;;) {
		if (poll(p, 3, -1) < 0)
			continue;
		for (i = 0; i < 3; i++) {
			if (p[i].revents == 0)
				continue;
			fd = accept(fds[i], NULL, NULL);
			if (fd < 0)
				continue;
			number++;
			/* Else each answer takes 40 ms (Nagle). */
			(void)setsockopt(
			    fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
			if (fork() == 0) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				if (i == 2)
					serve_proxy(fd, s->proxy_log);
				else
					serve(fd, contexts[i], number);
				_exit(0);
			}
			close(fd);
		}
	}
}

static void
write_directory(
    const struct identity *ca, const char *dir, struct tls_server *s)
{
	char name[64], path[256];

	snprintf(s->ca_directory, sizeof(s->ca_directory), "%s/certs", dir);
	must(mkdir(s->ca_directory, 0755) == 0, "mkdir");
	snprintf(
	    name, sizeof(name), "%08lx.0", X509_subject_name_hash(ca->cert));
	write_cert(ca, s->ca_directory, name, path, sizeof(path));
}

static void
make_clients(const struct identity *ca, struct tls_server *s)
{
	static const char *const names[2] = { "one", "two" };
	char unused[2048];
	struct identity id;
	int i;

	for (i = 0; i < 2; i++) {
		id = make_identity(names[i], ca, -DAY, DAY);
		copy_identity(&id, s->certificate[i], sizeof(s->certificate[i]),
		    s->key[i], sizeof(s->key[i]), NULL);
		if (i == 0)
			copy_identity(&id, unused, sizeof(unused),
			    s->locked_key, sizeof(s->locked_key), "password");
		free_identity(&id);
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
	int i, fds[3];

	write_cert(&ca, dir, "ca.pem", s->ca_file, sizeof(s->ca_file));
	write_cert(&other, dir, "other.pem", s->other_ca_file,
	    sizeof(s->other_ca_file));
	write_directory(&ca, dir, s);
	make_clients(&ca, s);
	snprintf(s->proxy_log, sizeof(s->proxy_log), "%s/proxy.log", dir);
	fds[0] = listen_on_loopback(&s->port);
	fds[1] = listen_on_loopback(&s->expired_port);
	fds[2] = listen_on_loopback(&s->proxy_port);
	s->pid = fork();
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGCHLD, SIG_IGN);
		signal(SIGPIPE, SIG_IGN);
		serve_all(fds, contexts, s);
	}
	for (i = 0; i < 3; i++)
		close(fds[i]);
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
