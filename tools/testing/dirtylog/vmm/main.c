// SPDX-License-Identifier: GPL-2.0
/*
 * precopy: options, the seed, the watchdog, and one migration per mode.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "precopy.h"

#define HOT_PAGES	24
#define MIN_ROUNDS	5	/* two sparse, two dense, one hot */
#define MAX_MIB		3072

const char * const mode_names[NR_MODES] = {
	[MODE_GET]	= "get",
	[MODE_CLEAR]	= "clear",
	[MODE_INIT_SET]	= "init-set",
};

const char * const phase_names[NR_PHASES + 1] = {
	[PHASE_SPARSE]	= "sparse",
	[PHASE_DENSE]	= "dense",
	[PHASE_HOT]	= "hot",
	[NR_PHASES]	= "stop",
};

static const char usage[] =
	"usage: precopy [options]\n"
	"Pre-copies the memory of a running KVM guest round by round, then compares.\n"
	"\n"
	"  --mode MODE     get, clear, init-set or all; may be repeated (get)\n"
	"  --clear         the same as --mode clear\n"
	"  --init-set      the same as --mode init-set\n"
	"  --mem MIB       guest memory, plus %u pages (%u)\n"
	"  --pages N       guest memory in pages, exactly\n"
	"  --base-gfn N    first page frame (%#x)\n"
	"  --vcpus N       1 to 8 (2)\n"
	"  --rounds N      rounds while the guest runs, at least 5 (15)\n"
	"  --round-ms MS   how long the guest runs between two rounds (%u)\n"
	"  --hot-pages N   pages in the hot spot (24)\n"
	"  --delay S,D,H   spins after a store: sparse, dense, hot\n"
	"  --huge[=KIND]   guest memory from hugetlb or thp (hugetlb)\n"
	"  --forget N      positive control: do not copy one reported page in N\n"
	"  --lose N        positive control: act as if KVM lost one page in N\n"
	"  --trace         show tracepoints and counters of the dirty log library\n"
	"  --seed N        repeat an earlier run\n"
	"  --timeout S     give up on a mode after so many seconds (120)\n"
	"\n"
	"Exit status: 0 all copies equal, 1 something failed, 2 cannot run like this.\n";

void die(int status, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "precopy: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	exit(status);
}

static void too_late(int sig)
{
	static const char msg[] = "precopy: out of time (--timeout)\n";

	(void)sig;
	/* exit() is not for signal handlers, and a lost message is no worse */
	if (write(STDERR_FILENO, msg, sizeof(msg) - 1) < 0)
		_exit(EXIT_DIFFERS);
	_exit(EXIT_DIFFERS);
}

static u64 parse_u64(const char *name, const char *text, u64 min, u64 max)
{
	char *end;
	u64 value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end || strchr(text, '-'))
		die(EXIT_BAD_INPUT, "--%s %s: not a number", name, text);
	if (value < min || value > max)
		die(EXIT_BAD_INPUT, "--%s %s: not between %llu and %llu", name, text, min,
		    max);
	return value;
}

static void set_mode(struct options *opt, const char *text)
{
	unsigned int i;

	for (i = 0; i < NR_MODES; i++) {
		if (!strcmp(text, mode_names[i]) || !strcmp(text, "all")) {
			opt->mode[i] = true;
			if (strcmp(text, "all"))
				return;
		}
	}
	if (strcmp(text, "all"))
		die(EXIT_BAD_INPUT, "--mode %s: not one of get, clear, init-set, all", text);
}

static void set_delay(struct options *opt, char *text)
{
	unsigned int i;

	for (i = 0; i < NR_PHASES; i++) {
		char *part = strsep(&text, ",");

		if (!part)
			die(EXIT_BAD_INPUT, "--delay wants three numbers: sparse,dense,hot");
		opt->delay[i] = parse_u64("delay", part, 0, 100000000);
	}
	if (text)
		die(EXIT_BAD_INPUT, "--delay wants three numbers: sparse,dense,hot");
}

static void set_huge(struct options *opt, const char *text)
{
	if (!text || !strcmp(text, "hugetlb"))
		opt->huge = HUGE_TLB;
	else if (!strcmp(text, "thp"))
		opt->huge = HUGE_THP;
	else
		die(EXIT_BAD_INPUT, "--huge=%s: not one of hugetlb, thp", text);
}

/* Guest and copy must fit: better to say so than to meet the OOM killer */
static void check_memory(const struct options *opt)
{
	unsigned long long need, have;
	char line[128];
	FILE *file;

	need = opt->npages * (opt->huge == HUGE_TLB ? 1 : 2) * (PAGE_BYTES / 1024);
	file = fopen("/proc/meminfo", "r");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "MemAvailable:", 13))
			continue;
		have = strtoull(line + 13, NULL, 10);
		if (need > have)
			die(EXIT_BAD_INPUT, "guest and copy need %llu MiB, %llu are available",
			    need >> 10, have >> 10);
	}
	fclose(file);
}

static void check(struct options *opt)
{
	u64 guest_pages;
	u64 ctl_pages = ctl_bytes(opt->npages) / PAGE_BYTES;

	arch_check(opt);
	if (opt->base_gfn % SLOT_PAGES || opt->npages % SLOT_PAGES)
		die(EXIT_BAD_INPUT, "gfn %#llx, %llu pages: not multiples of %u",
		    opt->base_gfn, opt->npages, SLOT_PAGES);
	if (opt->base_gfn < ctl_pages)
		die(EXIT_BAD_INPUT, "--base-gfn %#llx: the first %llu pages are the VMM's own",
		    opt->base_gfn, ctl_pages);
	if (opt->base_gfn + opt->npages > END_GFN)
		die(EXIT_BAD_INPUT, "the guest's memory would end at gfn %#llx, above %#x",
		    (opt->base_gfn + opt->npages), END_GFN);
	if (opt->npages <= kernel_pages(opt))
		die(EXIT_BAD_INPUT, "%llu pages: %llu are KVM's own, and the guest needs one",
		    opt->npages, kernel_pages(opt));
	guest_pages = opt->npages - kernel_pages(opt);
	if (!opt->hot_pages)
		opt->hot_pages = guest_pages < HOT_PAGES ? guest_pages : HOT_PAGES;
	if (opt->hot_pages > guest_pages)
		die(EXIT_BAD_INPUT, "--hot-pages %u: more than the guest has", opt->hot_pages);
	if (opt->forget > opt->npages)
		die(EXIT_BAD_INPUT, "--forget %llu: too rare to be sure to forget one of %llu",
		    opt->forget, opt->npages);
	check_memory(opt);
}

static void parse(struct options *opt, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "base-gfn", required_argument, NULL, 'b' },
		{ "clear", no_argument, NULL, 'c' },
		{ "delay", required_argument, NULL, 'd' },
		{ "forget", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "hot-pages", required_argument, NULL, 'o' },
		{ "huge", optional_argument, NULL, 'H' },
		{ "init-set", no_argument, NULL, 'i' },
		{ "lose", required_argument, NULL, 'l' },
		{ "mem", required_argument, NULL, 'm' },
		{ "mode", required_argument, NULL, 'M' },
		{ "pages", required_argument, NULL, 'p' },
		{ "round-ms", required_argument, NULL, 'w' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "seed", required_argument, NULL, 's' },
		{ "timeout", required_argument, NULL, 't' },
		{ "trace", no_argument, NULL, 'T' },
		{ "vcpus", required_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	bool seeded = false;
	unsigned int i;
	int c, at;

	while ((c = getopt_long(argc, argv, "", longopts, &at)) != -1) {
		const char *name = c == '?' ? "" : longopts[at].name;

		switch (c) {
		case 'b':
			opt->base_gfn = parse_u64(name, optarg, 1, END_GFN);
			break;
		case 'c':
			set_mode(opt, "clear");
			break;
		case 'd':
			set_delay(opt, optarg);
			break;
		case 'f':
			opt->forget = parse_u64(name, optarg, 1, 0xffffffff);
			break;
		case 'h':
			printf(usage, ODD_PAGES, MEM_MIB, BASE_GFN, ROUND_MS);
			exit(0);
		case 'H':
			set_huge(opt, optarg);
			break;
		case 'i':
			set_mode(opt, "init-set");
			break;
		case 'l':
			opt->lose = parse_u64(name, optarg, 1, 0xffffffff);
			break;
		case 'm':
			opt->npages = parse_u64(name, optarg, 1, MAX_MIB) * 256 + ODD_PAGES;
			break;
		case 'M':
			set_mode(opt, optarg);
			break;
		case 'o':
			opt->hot_pages = parse_u64(name, optarg, 1, MAX_MIB * 256);
			break;
		case 'p':
			opt->npages = parse_u64(name, optarg, 1, MAX_MIB * 256);
			break;
		case 'r':
			opt->rounds = parse_u64(name, optarg, MIN_ROUNDS, 10000);
			break;
		case 's':
			opt->seed = parse_u64(name, optarg, 0, ~0ULL);
			seeded = true;
			break;
		case 't':
			opt->timeout_s = parse_u64(name, optarg, 1, 86400);
			break;
		case 'T':
			opt->trace = true;
			break;
		case 'v':
			opt->vcpus = parse_u64(name, optarg, 1, MAX_VCPUS);
			break;
		case 'w':
			opt->round_ms = parse_u64(name, optarg, 1, 60000);
			break;
		default:
			die(EXIT_BAD_INPUT, "see precopy --help");
		}
	}
	if (optind < argc)
		die(EXIT_BAD_INPUT, "%s: not an option; see precopy --help", argv[optind]);

	for (i = 0; i < NR_MODES && !opt->mode[i]; i++)
		;
	if (i == NR_MODES)
		opt->mode[MODE_GET] = true;
	if (!seeded) {
		u32 seed;

		if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
			seed = getpid() ^ (u32)(now() * 1e6);
		opt->seed = seed;
	}
	check(opt);
}

int main(int argc, char **argv)
{
	struct options opt = {
		.rounds = 15,
		.round_ms = ROUND_MS,
		.vcpus = 2,
		.timeout_s = 120,
		.delay = DELAY,
		.base_gfn = BASE_GFN,
		.npages = MEM_MIB * 256 + ODD_PAGES,
	};
	struct sigaction late = { .sa_handler = too_late };
	struct outcome out[NR_MODES] = { 0 };
	unsigned int nr = 0, failed = 0;
	unsigned int i;

	parse(&opt, argc, argv);
	if (sigaction(SIGALRM, &late, NULL))
		die(EXIT_DIFFERS, "sigaction: %s", strerror(errno));

	if (opt.trace)
		trace_start();
	report_head(&opt);
	for (i = 0; i < NR_MODES; i++) {
		if (!opt.mode[i])
			continue;
		alarm(opt.timeout_s);
		precopy(&opt, i, &out[nr]);
		failed += !report_outcome(&opt, &out[nr]);
		nr++;
	}
	alarm(0);
	report_data(&opt, out, nr);
	return failed ? EXIT_DIFFERS : 0;
}
