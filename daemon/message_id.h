/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What kinds of records there are (saslwardd(8)): fixed for ever, others look for them. */
#define MESSAGE_ID_SUCCESS     "9d18425d3af3411a9119c6fbd6476abc"
#define MESSAGE_ID_FAILURE     "59b0af226b3e477eb981914cc8407a56"
#define MESSAGE_ID_UNAVAILABLE "026347d4d13444789a46b3c08dc14e61"
#define MESSAGE_ID_REPEATED    "78c1e39919ad48518ca55dd1766529c2"
#define MESSAGE_ID_LEFT_OUT    "f6bf22f0f2534ce9ada0c162bb2eb3d1"

/* One as a field. */
#define MESSAGE_ID_FIELD(id) "MESSAGE_ID=" id "\n"
