/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of a page share. */
#ifndef REPORT_PAGE_PRIVATE_H
#define REPORT_PAGE_PRIVATE_H

/* page_class() - how a word of a condition, a health, a grade is coloured: "bad", "warn", "good", "some", "dim", "none". */
const char *page_class(const char *word);

#endif
