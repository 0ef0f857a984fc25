/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe.h"

#include "daemon/cli/output.h"
#include "daemon/cli/worker_client.h"
#include "proto/job.h"
#include "proto/verdict.h"

#define PROBE_LOGIN   "saslward-doctor"
#define DEADLINE_MSEC 3000u

static bool ask(WorkerClient *worker, Bytes *body)
{
        const Job job = {
                .id = 1,
                .login = bytes_from_string(PROBE_LOGIN),
                .password = bytes_from_string(PROBE_LOGIN),
                .service = bytes_from_string(PROBE_LOGIN),
                .realm = bytes_from_string(PROBE_LOGIN),
                .time_msec = DEADLINE_MSEC,
        };
        return worker_client_ask(
                worker, job_encode(&job, worker->buffer, sizeof(worker->buffer)), -1, body);
}

static ProbeOutcome judge(Bytes body, char **reason)
{
        Verdict verdict;

        if (!verdict_decode(body, &verdict)) {
                *reason = output_format("its worker does not keep to the protocol");
                return PROBE_UNTRIED;
        }
        if (verdict.result != RESULT_UNAVAILABLE)
                return PROBE_ANSWERED;
        *reason =
                output_format("%.*s", (int)verdict.reason.size, (const char *)verdict.reason.data);
        return PROBE_UNAVAILABLE;
}

ProbeOutcome probe_backend(const BackendConfig *backend, char **reason)
{
        ProbeOutcome outcome = PROBE_UNTRIED;
        WorkerClient worker;
        Bytes body;

        *reason = NULL;
        if (!worker_client_start(&worker, backend))
                *reason = output_format("its worker does not start");
        else if (!ask(&worker, &body))
                *reason = output_format("its worker gives no answer");
        else
                outcome = judge(body, reason);
        worker_client_stop(&worker);
        return outcome;
}
