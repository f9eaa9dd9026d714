/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Did it help? What avicd on the target says about the VM, now that it runs there. */
#include <stdio.h>

#include "avicd/clock.h"
#include "job/reports.h"
#include "job/verify.h"

/* avicd says stuck after a minute of certainty, and settles before: what is not told by then is not known there. */
#define VERIFY_NS (180 * NSEC_PER_SEC)
#define AGAIN_NS  (3 * NSEC_PER_SEC)
#define FETCH_NS  (15 * NSEC_PER_SEC)

struct fetch {
	char uri[sizeof(((struct job_state *)NULL)->target)], uuid[DOMAIN_UUID_MAX];
	char *reports;
	enum condition condition;
	char why[REPORTS_WHY_MAX];
};

static void fetch_free(struct fetch *f)
{
	free(f->reports);
	free(f);
}

static int fetch(void *arg, char said[static CALL_SAID_MAX] _unused_)
{
	_cleanup_free_ char *json = NULL;
	struct fetch *f = arg;
	size_t len;
	int x = reports_fetch(f->reports, f->uri, "state.json", FETCH_NS, &json, &len, f->why);

	if (x < 0)
		return x;
	x = reports_read_vm(json, len, f->uuid, wall_us(), &f->condition);
	if (x < 0)
		snprintf(f->why, sizeof(f->why), "%s",
			 x == -ENOENT	? "avicd there does not show it"
			 : x == -ESTALE ? "what avicd there says is old"
					: "what is there is no state.json of avicd");
	return x;
}

/* 0 with the condition; else a negative errno with @why. */
static int ask(struct run *r, enum condition *ret, char why[static REPORTS_WHY_MAX])
{
	struct fetch *f = calloc(1, sizeof(*f));
	int x;

	if (!f)
		return -ENOMEM;
	snprintf(f->uri, sizeof(f->uri), "%s", r->state.target);
	memcpy(f->uuid, r->job->uuid, sizeof(f->uuid));
	f->reports = strdup(r->job->reports);
	if (!f->reports) {
		fetch_free(f);
		return -ENOMEM;
	}
	x = run_call(r, fetch, f, FETCH_NS + NSEC_PER_SEC);
	if (x == -ETIMEDOUT) {
		snprintf(why, REPORTS_WHY_MAX, "no answer");
		return x;
	}
	*ret = f->condition;
	memcpy(why, f->why, REPORTS_WHY_MAX);
	fetch_free(f);
	return x;
}

int verify_there(struct run *r)
{
	char why[REPORTS_WHY_MAX] = "target_reports= says nowhere where";
	const char *to = r->state.target;
	uint64_t until = now_ns() + VERIFY_NS;

	(void)run_phase(r, PHASE_VERIFYING, "It runs on %s; waiting for what avicd says there, 3 min at most", to);
	while (r->job->reports && *r->job->reports && !r->cancelled && now_ns() < until) {
		enum condition c = CONDITION_UNKNOWN;
		int x = ask(r, &c, why);

		if (x == 0 && c == CONDITION_STUCK)
			return run_end(r, RESULT_ALARM,
				       "It runs on %s, and is stuck there, too: look there, avicctl show %s, before it "
				       "is moved again",
				       to, r->job->uuid);
		if (x == 0 && c != CONDITION_UNKNOWN && c != CONDITION_SETTLING)
			return run_end(r, RESULT_DONE, "It runs on %s, and is %s there", to, condition_to_string(c));
		if (x == 0)
			snprintf(why, sizeof(why), "avicd there says %s", condition_to_string(c));
		run_sleep(r, AGAIN_NS);
	}
	return run_end(r, RESULT_DONE, "It runs on %s; whether it is well there could not be verified: %s", to,
		       r->cancelled ? "cancelled before" : why);
}
