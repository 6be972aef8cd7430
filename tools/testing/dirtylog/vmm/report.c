// SPDX-License-Identifier: GPL-2.0
/*
 * The result: a table with bars for people, plain columns for gnuplot.
 */
#include <stdio.h>
#include <string.h>

#include "precopy.h"

#define BAR_WIDTH	26

static const char * const mode_text[NR_MODES] = {
	[MODE_GET]	= "KVM_GET_DIRTY_LOG takes the bits and protects the pages",
	[MODE_CLEAR]	= "KVM_GET_DIRTY_LOG reads, KVM_CLEAR_DIRTY_LOG protects, in chunks",
	[MODE_INIT_SET]	= "as clear, but all pages start dirty and writable",
};

static double mib(u64 pages)
{
	return pages / 256.0;
}

static double per_page_ns(double us, u64 pages)
{
	return pages ? us * 1000 / pages : 0;
}

void report_head(const struct options *opt)
{
	printf("precopy: seed %llu (repeat with --seed %llu)\n",
	       opt->seed, opt->seed);
	printf("guest: %u vCPU%s, %llu pages (%.1f MiB) from gfn %#llx\n",
	       opt->vcpus, opt->vcpus > 1 ? "s" : "", opt->npages, mib(opt->npages),
	       opt->base_gfn);
	if (opt->forget)
		printf("on purpose: one reported page in %llu is not copied (--forget)\n",
		       opt->forget);
	if (opt->lose)
		printf("on purpose: one reported page in %llu is ignored (--lose)\n", opt->lose);
}

void report_mode(enum mode mode, const char *backing)
{
	printf("\nmode %s: %s\n", mode_names[mode], mode_text[mode]);
	printf("host memory: %s\n\n", backing);
	printf("round phase     stores  pages  memory  pages/s  harvest us  ns/page\n");
}

void report_round(const struct options *opt, const struct round *round)
{
	char bar[BAR_WIDTH + 1];
	unsigned int len;

	len = (round->pages * BAR_WIDTH + opt->npages / 2) / opt->npages;
	if (!len && round->pages)
		len = 1;
	memset(bar, '#', len);
	bar[len] = '\0';

	if (round->phase == NR_PHASES)
		printf(" last ");
	else
		printf("%5u ", round->nr);
	printf("%-6s %9llu %6llu %6.1f%% %8.0f %11.0f %8.0f  %s\n",
	       phase_names[round->phase], round->stores,
	       round->pages, 100.0 * round->pages / opt->npages,
	       round->pages / round->seconds, round->harvest_us,
	       per_page_ns(round->harvest_us, round->pages), bar);
	fflush(stdout);
}

static bool verdict(const struct options *opt, const struct outcome *out)
{
	const char *name = mode_names[out->mode];

	if (out->silent) {
		printf("FAILED: %llu rounds without a page although the guest ran (mode %s)\n",
		       out->silent, name);
		return false;
	}
	if (!out->kernel) {
		printf("FAILED: no write of KVM's own was ever reported (mode %s)\n", name);
		return false;
	}
	if (out->differing) {
		printf("FAILED: the copy differs in %llu of %llu pages (mode %s)\n",
		       out->differing, opt->npages, name);
		return false;
	}
	if (out->lost) {
		printf("FAILED: equal by luck, %llu written pages were not reported (mode %s)\n",
		       out->lost, name);
		return false;
	}
	if (opt->forget) {
		printf("FAILED: %llu pages forgotten, and the comparison is blind (mode %s)\n",
		       out->forgotten, name);
		return false;
	}
	if (out->hidden) {
		printf("FAILED: %llu pages lost on purpose, and nobody noticed (mode %s)\n",
		       out->hidden, name);
		return false;
	}
	printf("copy equals original: %llu pages, byte for byte (mode %s)\n",
	       opt->npages, name);
	return true;
}

bool report_outcome(const struct options *opt, const struct outcome *out)
{
	printf("total        %9llu %6llu %6.1f%% %8.0f %11.0f %8.0f\n\n",
	       out->stores, out->pages,
	       100.0 * out->pages / opt->npages, out->pages / out->seconds, out->harvest_us,
	       per_page_ns(out->harvest_us, out->pages));
	printf("%.1f s; the guest stood still for %.1f ms of it\n", out->seconds,
	       out->stopped_us / 1000);
	if (out->lost)
		printf("witness: %llu pages that " WHO_NOTES " wrote were never reported\n",
		       out->lost);
	else
		printf("witness: " WHO_NOTES " noted %llu pages written, and each was reported\n",
		       out->witnessed);
	printf("KVM's own writes (" KERNEL_WRITES "): its %llu pages were reported %llu times\n",
	       kernel_pages(opt), out->kernel);
	if (out->forgotten)
		printf("forgotten on purpose: %llu pages\n", out->forgotten);
	if (out->hidden)
		printf("lost on purpose: %llu pages\n", out->hidden);
	return verdict(opt, out);
}

void report_data(const struct options *opt, const struct outcome *out, unsigned int nr)
{
	unsigned int i, j;

	printf("\n=== DATA demo ===\n");
	printf("# seed %llu npages %llu vcpus %u\n", opt->seed,
	       opt->npages, opt->vcpus);
	printf("# mode round phase pages rate harvest_us ns_per_page stores ms percent\n");
	for (i = 0; i < nr; i++) {
		for (j = 0; j < out[i].nr_rounds; j++) {
			const struct round *round = &out[i].rounds[j];

			printf("%s %u %s %llu %.0f %.1f %.1f %llu %.1f %.3f\n",
			       mode_names[out[i].mode], round->nr, phase_names[round->phase],
			       round->pages, round->pages / round->seconds,
			       round->harvest_us, per_page_ns(round->harvest_us, round->pages),
			       round->stores, round->seconds * 1000,
			       100.0 * round->pages / opt->npages);
		}
	}
	printf("=== END ===\n");
	fflush(stdout);
}
