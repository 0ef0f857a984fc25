/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * News: what the supervisor tells of the configuration that it reads: the service manager in its
 * status line, administrators in a bulletin, with the complaints that the log has of it.
 */

#include "daemon/front_memory.h"

typedef struct News {
        const FrontMemory *memory; /* not owned */
        const char *file;          /* of the configuration, or NULL: there is none; not owned */
        const char *saved;         /* what was kept of it, if that is served; not owned */
        Bulletin bulletin;
        unsigned generation; /* that serves */
        bool collecting;     /* complaints, of what is being read */
        char complaints[BULLETIN_COMPLAINTS_SIZE];
        unsigned left_out; /* of these */
} News;

/* Nothing is read yet. From now on the log's errors are kept, until the end. */
void news_init(News *news, const FrontMemory *memory, const char *file);
void news_deinit(News *news);

/* The configuration is about to be read. */
void news_begin(News *news);

/* The file cannot be served, for that reason, and what was kept of it, as saved, is to stand in. */
void news_fall_back(News *news, const char *saved, const char *reason);

/* What was read is served by that generation. */
void news_serve(News *news, unsigned generation);

/* What was read is refused, and all is as it was before. */
void news_refuse(News *news, const char *reason);

/* A reload waits for that generation to leave; 0: none waits. */
void news_wait(News *news, unsigned generation);

/* Tells the service manager what is served, behind a state as "READY=1\n". */
void news_tell(const News *news, const char *state);

/* Tells the service manager that a reload has begun. */
void news_tell_reloading(void);
