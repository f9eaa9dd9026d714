/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of a job, how it ends as an exit status, and what it holds. */
#include <assert.h>

#include "avicd/job.h"

static const char *const phases[] = {
	[PHASE_NEW] = "new",	 [PHASE_CHECKING] = "checking",	  [PHASE_RUNNING] = "running",
	[PHASE_ARMED] = "armed", [PHASE_VERIFYING] = "verifying", [PHASE_ENDED] = "ended",
};
static_assert(ARRAY_SIZE(phases) == _PHASE_MAX, "a phase without a word");

static const struct {
	const char *word;
	int status;
} results[] = {
	[RESULT_NONE] = {"none", 1},
	[RESULT_DONE] = {"done", 0},
	[RESULT_REFUSED] = {"refused", 20},
	[RESULT_FAILED] = {"failed", 21},
	[RESULT_CANCELLED] = {"cancelled", 22},
	[RESULT_GONE] = {"gone", 23},
	[RESULT_ALARM] = {"alarm", 24},
};
static_assert(ARRAY_SIZE(results) == _RESULT_MAX, "a result without a word");

const char *job_phase_to_string(enum job_phase p)
{
	return (unsigned)p < _PHASE_MAX ? phases[p] : "unknown";
}

const char *job_result_to_string(enum job_result r)
{
	return (unsigned)r < _RESULT_MAX ? results[r].word : "unknown";
}

int job_exit_status(enum job_result r)
{
	return (unsigned)r < _RESULT_MAX ? results[r].status : 1;
}

bool job_id_ok(const char *id)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	size_t len = strlen(id);

	/* one that begins with '-' would be an option */
	return len > 0 && len < JOB_ID_MAX && *id != '-' && strspn(id, letters) == len;
}

void job_done(struct job *j)
{
	for (char **t = j->targets; t && *t; t++)
		free(*t);
	free(j->targets);
	free(j->reports);
	free(j->images);
	*j = (struct job){0};
}

void job_state_done(struct job_state *s)
{
	free(s->candidates);
	*s = (struct job_state){0};
}
