# SPDX-License-Identifier: GPL-2.0-or-later
# One stream of TAP from those of the scenarios, which guest/main.sh frames by "# scenario NAME" and "# end STATUS". Variables: n (results so
# far), kernel.
function result(what, name) {
	n++
	print what " " n " - " kernel " " scenario ": " name
	fflush()
}
/^# scenario / {
	scenario = $3
	results = failures = skipped = 0
	planned = -1
	print
	fflush()
	next
}
/^# end / {
	if (planned != results && !skipped)
		result("not ok", "ended after " results " results with status " $3)
	else if ($3 != 0 && !failures)
		result("not ok", "status " $3)
	print "# " scenario " took " $4 " s"
	fflush()
	next
}
/^1\.\.0 # SKIP / {
	skipped = 1
	n++
	sub(/^1\.\.0 /, "")
	print "ok " n " - " kernel " " scenario " " $0
	next
}
/^1\.\.[0-9]+$/ {
	planned = substr($0, 4)
	next
}
/^(not )?ok / {
	results++
	what = /^not/ ? "not ok" : "ok"
	failures += /^not/
	sub(/^(not )?ok +[0-9]+ +- +/, "")
	result(what, $0)
	next
}
/^Bail out!/ {
	failures++
	results++
	result("not ok", $0)
	next
}
{
	print ($0 ~ /^#/ ? "" : "# ") $0
	fflush()
}
