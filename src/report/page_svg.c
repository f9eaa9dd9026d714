/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drawings of a page: bars and sparklines, as SVG in the page itself. */
#include <inttypes.h>
#include <math.h>

#include "avicd/page.h"
#include "report/page-private.h"

#define BAR_WIDTH    720.0
#define SPARK_WIDTH  240.0
#define SPARK_HEIGHT 32.0

static void begin_svg(FILE *f, const char *title, double width, double height)
{
	fprintf(f, "<svg viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\" role=\"img\" aria-label=\"", width, height,
		width, height);
	page_text(f, title);
	fputs("\"><title>", f);
	page_text(f, title);
	fputs("</title>\n", f);
}

void page_bar(FILE *f, const char *title, const struct page_part *parts, size_t n)
{
	double x = 0, sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)parts[i].n;
	if (sum <= 0)
		return;
	begin_svg(f, title, BAR_WIDTH, 24);
	for (size_t i = 0; i < n; i++) {
		double width = BAR_WIDTH * (double)parts[i].n / sum;

		if (parts[i].n == 0)
			continue;
		fprintf(f, "<rect class=\"%s\" x=\"%.2f\" y=\"0\" width=\"%.2f\" height=\"24\"><title>",
			page_class(parts[i].word), x, width);
		page_text(f, parts[i].word);
		fprintf(f, ": %" PRIu64 "</title></rect>\n", parts[i].n);
		x += width;
	}
	fputs("</svg>\n<ul class=\"key\">\n", f);
	for (size_t i = 0; i < n; i++) {
		if (parts[i].n == 0)
			continue;
		fprintf(f, "<li><i class=\"%s\"></i>", page_class(parts[i].word));
		page_text(f, parts[i].word);
		fprintf(f, ": %" PRIu64 "</li>\n", parts[i].n);
	}
	fputs("</ul>\n", f);
}

void page_spark(FILE *f, const char *title, const double *values, size_t n)
{
	double top = 0;
	bool pen = false;

	for (size_t i = 0; i < n; i++)
		if (isfinite(values[i]) && values[i] > top)
			top = values[i];
	if (n < 2)
		return;
	begin_svg(f, title, SPARK_WIDTH, SPARK_HEIGHT);
	fputs("<path d=\"", f);
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(values[i]) || values[i] < 0) {
			pen = false;
			continue;
		}
		fprintf(f, "%c%.1f %.1f", pen ? 'L' : 'M', SPARK_WIDTH * (double)i / (double)(n - 1),
			SPARK_HEIGHT - 1 - (top > 0 ? (SPARK_HEIGHT - 2) * values[i] / top : 0));
		pen = true;
	}
	fputs("\"/></svg>\n", f);
}
