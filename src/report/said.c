/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hook's word as JSON. */
#include "avicd/clock.h"
#include "report/json.h"

json_object *report_said(const struct said *s, uint64_t now_us)
{
	struct json_build b = json_build_begin();
	char at[32];

	json_add_word(&b, "at", format_wall(s->at, at));
	/* the clock was set since */
	if (s->at > now_us)
		json_add_null(&b, "seconds");
	else
		json_add_u64(&b, "seconds", (now_us - s->at) / USEC_PER_SEC);
	json_add_word(&b, "decision", said_decision_to_string(s->decision));
	json_add_text(&b, "text", s->text);
	return json_build_end(&b);
}
