/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl host: is this host able to run guests with AVIC or APICv? */
#include <getopt.h>
#include <stdio.h>

#include "avicd/hostcheck.h"
#include "avicd/report.h"
#include "ctl/catalogue.h"
#include "ctl/ctl.h"
#include "ctl/findings.h"
#include "ctl/host.h"

static void add_tristate(json_object *o, const char *key, enum tristate t)
{
	json_object_object_add(o, key, t == TRI_UNKNOWN ? NULL : json_object_new_boolean(t));
}

static void add_text(json_object *o, const char *key, const char *s)
{
	json_object_object_add(o, key, *s ? json_object_new_string(s) : NULL);
}

static void add_number(json_object *o, const char *key, int64_t n)
{
	json_object_object_add(o, key, n < 0 ? NULL : json_object_new_int64(n));
}

/* What is not known is null. */
static json_object *facts_json(const struct capability *c)
{
	json_object *o = json_object_new_object();
	const struct {
		const char *key;
		enum tristate value;
	} rows[] = {
		{"svm", c->svm},
		{"vmx", c->vmx},
		{"cpu_avic", c->avic},
		{"cpu_x2avic", c->x2avic},
		{"guest", c->guest},
		{"cpuid_avic", c->cpuid_avic},
		{"cpuid_x2avic", c->cpuid_x2avic},
		{"hv_in_use_wr_allowed", c->hv_in_use_wr},
		{"kvm_loaded", c->host.kvm_loaded},
		{"dev_kvm", c->host.dev_kvm},
		{"enabled", c->host.core.avic},
		{"npt", c->npt},
		{"nested", c->nested},
		{"force_avic", c->force_avic},
		{"enable_ipiv", c->enable_ipiv},
		{"sev_snp", c->sev_snp},
		{"btf", c->host.has_btf},
		{"event", c->host.has_event},
		{"livepatch", c->livepatch},
	};

	add_text(o, "cpu_vendor", c->host.core.vendor);
	add_number(o, "cpu_family", c->family ? (int64_t)c->family : -1);
	add_number(o, "cpu_model", c->family ? (int64_t)c->model : -1);
	add_text(o, "vendor_module", c->host.vendor_module);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		add_tristate(o, rows[i].key, rows[i].value);
	add_number(o, "max_vcpu_id_avic", c->host.max_id);
	add_number(o, "max_vcpus", c->max_vcpus);
	add_number(o, "max_vcpu_id", c->max_vcpu_id);
	add_number(o, "iommus", c->ivhd + c->dmar);
	add_text(o, "lockdown", c->lockdown);
	return o;
}

static json_object *document(const struct capability *c, const struct findings *f)
{
	json_object *o = json_object_new_object();

	json_object_object_add(o, "schema", json_object_new_string("avicd/1"));
	add_text(o, "kernel_release", c->host.release);
	json_object_object_add(o, "facts", facts_json(c));
	json_object_object_add(o, "findings", report_findings(f, GRADE_PASS));
	return o;
}

json_object *host_document(void)
{
	_cleanup_catalogue_ struct catalogue catalogue = {0};
	_cleanup_findings_ struct findings f = {0};
	struct capability c;

	capability_read(&c);
	if (ctl_catalogue(&catalogue) == CTL_OK)
		c.advisories = catalogue.list;
	hostcheck(&c, &f);
	return f.error ? NULL : document(&c, &f);
}

int verb_host(int argc, char *argv[])
{
	static const struct option options[] = {{"quiet", no_argument, NULL, 'q'}, {0}};
	_cleanup_catalogue_ struct catalogue catalogue = {0};
	_cleanup_findings_ struct findings f = {0};
	struct capability c;
	bool quiet = false;

	while (getopt_long(argc, argv, "q", options, NULL) != -1)
		quiet = true;
	capability_read(&c);
	if (ctl_catalogue(&catalogue) == CTL_OK)
		c.advisories = catalogue.list;
	hostcheck(&c, &f);
	/* half a list would look like a good host */
	if (f.error)
		return findings_exit(&f);
	if (ctl_options.json) {
		_cleanup_json_ json_object *o = document(&c, &f);

		ctl_print_json(o);
	} else {
		if (!quiet)
			ctl_pager();
		findings_print(&f, streq(c.host.core.vendor, "intel") ? "APICv" : "AVIC", quiet);
	}
	return findings_exit(&f);
}
