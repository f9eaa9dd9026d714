# SPDX-License-Identifier: GPL-2.0-or-later
# awk -v dir=FOLDER -v hosts=N -v vms=M -v now=RFC3339 -f this - a synthetic fleet: a host report each in FOLDER/hostN.json, the same each time.
BEGIN {
	for (h = 1; h <= hosts; h++) {
		file = sprintf("%s/host%05d.json", dir, h)
		# one of 10 has a kernel with the bug, half of these are patched; one of 50 of them has a VM stuck
		bad = h % 10 == 0; patched = bad && h % 20 == 0; stuck = bad && !patched && h % 50 == 0 || h % 250 == 30
		health = stuck ? "degraded" : bad && !patched ? "exposed" : "ok"
		result = bad && !patched ? "vulnerable" : "fixed"
		printf "{\"schema\":\"avicd-host-report/1\",\"host\":\"host%05d\",\"written_at\":\"%s\",\"boot_id\":\"11111111-2222-3333-4444-%012d\",", h, now, h >file
		printf "\"kernel_release\":\"%s\",\"version\":\"0.1.0\",\"health\":\"%s\",\"health_why\":\"synthetic\",\"fresh\":true,", bad ? "6.1.2-amd64" : "6.12." h % 3 "-amd64", health >file
		printf "\"avic\":{\"effective\":true,\"x2avic\":true,\"max_id\":511,\"vendor\":\"amd\"}," >file
		printf "\"probe\":{\"reboot\":{\"result\":\"%s\",\"why\":\"proved\",\"at\":\"%s\"},\"disabled\":{\"result\":\"fixed\"},\"large-id\":{\"result\":\"unprovable\"}},", result, now >file
		printf "\"livepatch\":{\"state\":\"%s\",\"outcome\":\"done\",\"stalled\":[]},\"counts\":{},\"causes\":{},\"findings\":[],\"history\":null,\"advice\":[],\"vms\":[", patched ? "verified" : "none" >file
		for (v = 1; v <= vms; v++) {
			is = stuck && v == 1 ? "stuck" : v % 20 == 0 ? "configured" : "active"
			printf "%s{\"name\":\"vm-%d-%d\",\"uuid\":\"5e6b0c1a-3f5e-%04d-9a55-%012d\",\"pid\":%d,\"condition\":\"%s\",", (v == 1 ? "" : ","), h, v, v, h, 1000 + v, is >file
			printf "\"cause\":%s,\"reasons\":[%s],\"boots\":%d,\"episodes\":%d,", is == "stuck" ? "\"kernel-bug\"" : is == "configured" ? "\"vm-config\"" : "null", is == "stuck" ? "\"APIC_ID_MODIFIED\"" : is == "configured" ? "\"PIT_REINJ\"" : "", v % 4, is == "active" ? 0 : 1 >file
			printf "\"stuck_since\":%s,\"vcpus\":%d,\"remedies\":[%s],\"availability\":%s}", is == "stuck" ? sprintf("\"2026-01-%02dT00:00:00Z\"", h % 28 + 1) : "null", v % 32 + 1, is == "stuck" ? "\"livepatch\",\"heal\"" : "", is == "active" ? "1.0" : "0.5" >file
		}
		printf "]}\n" >file
		close(file)
	}
}
