/* SPDX-License-Identifier: BSD-2-Clause */
#include "news.h"

#include "daemon/duration.h"
#include "daemon/log.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

static void publish(const News *news)
{
        bulletin_board_put(news->memory->bulletin, &news->bulletin);
}

/* Adds a line, if it still has room. */
static void add_complaint(News *news, const char *text)
{
        size_t used = strlen(news->complaints), room = sizeof(news->complaints) - used;

        if (strlen(text) + 2 > room)
                news->left_out++;
        else
                (void)snprintf(news->complaints + used, room, "%s\n", text);
}

static void see(int priority, const char *area, const char *text, void *userdata)
{
        News *news = userdata;

        last_errors_keep(news->memory->errors, area, text);
        if (news->collecting && priority <= LOG_ERR)
                add_complaint(news, text);
}

void news_init(News *news, const FrontMemory *memory, const char *file)
{
        *news = (News){.memory = memory, .file = file};
        log_set_witness(see, news);
}

void news_deinit(News *news)
{
        log_set_witness(NULL, NULL);
        *news = (News){};
}

void news_begin(News *news)
{
        news->bulletin.begun++;
        publish(news);
        news->complaints[0] = '\0';
        news->left_out = 0;
        news->collecting = true;
}

static void end_collecting(News *news, const char *reason)
{
        Bulletin *bulletin = &news->bulletin;

        news->collecting = false;
        (void)snprintf(bulletin->reason, sizeof(bulletin->reason), "%s", reason);
        memcpy(bulletin->complaints, news->complaints, sizeof(news->complaints));
        bulletin->left_out = news->left_out;
}

void news_fall_back(News *news, const char *saved, const char *reason)
{
        end_collecting(news, reason);
        news->saved = saved;
        news->bulletin.saved = true;
}

void news_serve(News *news, unsigned generation)
{
        Bulletin *bulletin = &news->bulletin;

        if (news->collecting) { /* else that has ended with what is wrong with the file */
                news->complaints[0] = '\0';
                end_collecting(news, "");
                bulletin->saved = false;
        }
        bulletin->refused = false;
        bulletin->decided = bulletin->begun;
        news->generation = generation;
        publish(news);
}

void news_refuse(News *news, const char *reason)
{
        end_collecting(news, reason);
        news->bulletin.refused = true;
        news->bulletin.decided = news->bulletin.begun;
        publish(news);
}

void news_wait(News *news, unsigned generation)
{
        if (news->bulletin.finishing == generation)
                return;
        news->bulletin.finishing = generation;
        publish(news);
}

void news_tell(const News *news, const char *state)
{
        const Bulletin *bulletin = &news->bulletin;

        if (!news->file)
                (void)sd_notifyf(0, "%sSTATUS=generation %u serves", state, news->generation);
        else if (bulletin->saved)
                (void)sd_notifyf(0,
                        "%sSTATUS=generation %u serves the last good configuration, %s: %s; the "
                        "log says how",
                        state, news->generation, news->saved, bulletin->reason);
        else
                (void)sd_notifyf(0, "%sSTATUS=generation %u serves %s%s", state, news->generation,
                        news->file,
                        bulletin->refused ? " as it was before; now it is broken, and the log "
                                            "says how"
                                          : "");
}

/* The time is that of seeing the signal: systemd, which sent it, waits for a later one (Type=
 * notify-reload in systemd.service(5)). */
void news_tell_reloading(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
                (unsigned long long)now.tv_sec * USEC_PER_SEC +
                        (unsigned long long)now.tv_nsec / 1000);
}
