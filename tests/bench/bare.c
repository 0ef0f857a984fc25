/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The least that a server of the mux can do: accept, read, write "OK", close, one after the other.
 * What a machine's kernel makes possible, to hold the daemons against:  bare SOCKET
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_on(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
                return -1;
        strcpy(address.sun_path, path);
        if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, SOMAXCONN) < 0)
                return -1;
        return fd;
}

int main(int argc, char **argv)
{
        static const char reply[] = {0, 2, 'O', 'K'};
        int listener = argc == 2 ? listen_on(argv[1]) : -1;

        if (listener < 0) {
                perror("bare");
                return EXIT_FAILURE;
        }
        for (;;) {
                char request[16384];
                int client = accept(listener, NULL, NULL);

                if (client < 0)
                        continue;
                if (read(client, request, sizeof(request)) > 0)
                        (void)send(client, reply, sizeof(reply), MSG_NOSIGNAL);
                (void)close(client);
        }
}
