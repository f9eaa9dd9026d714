/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * canned-http MODE [FOLDER] - an HTTP server on a free port of 127.0.0.1, which it prints. One client at a time, until it is ended.
 * MODE: files (FOLDER/PATH, else 404), slow (says nothing), fail (500, as Prometheus does), garbage, huge (without end), close (no answer),
 * redirect, other (JSON of another kind), empty (Prometheus that knows nothing), auth (200 with a header, else 401).
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

#include "avicd/file.h"
#include "avicd/util.h"

#define EMPTY "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}"

static void answer(int fd, const char *status, const char *extra, const char *body, size_t len)
{
	dprintf(fd,
		"HTTP/1.1 %s\r\nContent-Length: %zu\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: "
		"close\r\n%s\r\n",
		status, len, extra);
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, body + done, len - done);

		if (n <= 0)
			return;
		done += (size_t)n;
	}
}

static void text(int fd, const char *status, const char *extra, const char *body)
{
	answer(fd, status, extra, body, strlen(body));
}

static void do_file(int fd, const char *request, const char *folder)
{
	_cleanup_free_ char *path = NULL, *data = NULL;
	size_t len = 0;

	if (asprintf(&path, "%s/%.*s", folder, (int)strcspn(request + 5, " ?"), request + 5) < 0) {
		path = NULL;
		return;
	}
	if (strstr(path, "..") || file_read(path, 64U << 20, &data, &len) < 0)
		text(fd, "404 Not Found", "", "no such file\n");
	else
		answer(fd, "200 OK", "", data, len);
}

static void do_huge(int fd)
{
	static char block[65536];

	memset(block, ' ', sizeof(block));
	dprintf(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
	while (write(fd, block, sizeof(block)) > 0)
		;
}

static void serve(int fd, const char *mode, const char *folder)
{
	char request[16384] = "";
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(request) - 1 && !strstr(request, "\r\n\r\n")) {
		n = read(fd, request + len, sizeof(request) - 1 - len);
		if (n <= 0)
			return;
		len += (size_t)n;
		request[len] = '\0';
	}
	if (!startswith(request, "GET /"))
		text(fd, "405 Method Not Allowed", "", "");
	else if (streq(mode, "files"))
		do_file(fd, request, folder);
	else if (streq(mode, "slow"))
		while (read(fd, request, sizeof(request)) > 0) /* until the client has had enough */
			;
	else if (streq(mode, "fail"))
		text(fd, "500 Internal Server Error", "",
		     "{\"status\":\"error\",\"error\":\"expanding \\u001b[2J series\"}");
	else if (streq(mode, "garbage"))
		text(fd, "200 OK", "", "<html>\x01\xff{{{");
	else if (streq(mode, "huge"))
		do_huge(fd);
	else if (streq(mode, "redirect"))
		text(fd, "302 Found", "Location: http://127.0.0.1:1/\r\n", "");
	else if (streq(mode, "other"))
		text(fd, "200 OK", "", "{\"status\":\"success\",\"data\":{\"result\":[7,{\"metric\":3}]}}");
	else if (streq(mode, "empty"))
		text(fd, "200 OK", "", EMPTY);
	else if (streq(mode, "auth") && strstr(request, "\r\nAuthorization: Bearer s3cret\r\n"))
		text(fd, "200 OK", "", EMPTY);
	else if (streq(mode, "auth"))
		text(fd, "401 Unauthorized", "", "who are you?");
}

int main(int argc, char *argv[])
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;

	if (argc < 2 || s < 0 || bind(s, (struct sockaddr *)&a, len) < 0 || listen(s, 512) < 0 ||
	    getsockname(s, (struct sockaddr *)&a, &len) < 0)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	printf("%d\n", ntohs(a.sin_port));
	fflush(stdout);
	while ((fd = accept4(s, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		serve(fd, argv[1], argc > 2 ? argv[2] : ".");
		close(fd);
	}
	return 1;
}
