#include "openloop.h"

#include <stdio.h>
#include <stdlib.h>

// Every latency is kept, in microseconds: percentiles are exact, not those of a histogram's buckets.
struct sample {
    uint32_t *values;
    size_t count, room;
};

static struct sample answered, refused, lags;
static uint64_t counts[OUTCOMES];

static void add(struct sample *sample, int64_t nanoseconds) {
    if (sample->count == sample->room) {
        sample->room = sample->room == 0 ? 1 << 16 : sample->room * 2;
        sample->values = realloc(sample->values, sample->room * sizeof *sample->values);
        if (sample->values == NULL) fail("no memory");
    }
    sample->values[sample->count++] = (uint32_t)(nanoseconds / 1000);
}

void outcome_status(int status, int64_t latency) {
    bool good = status >= 200 && status < 300;
    counts[good ? ANSWERED : REFUSED]++;
    add(good ? &answered : &refused, latency);
}

void outcome_count(enum outcome outcome) { counts[outcome]++; }

void outcome_lag(int64_t lag) { add(&lags, lag); }

static int ascending(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

// The smallest value that at least this share of the sample does not exceed, in milliseconds. Sorted sample.
static double percentile(const struct sample *sample, double share) {
    if (sample->count == 0) return 0;
    double exact = share * (double)sample->count;
    size_t rank = (size_t)exact;
    if ((double)rank < exact) rank++;
    return sample->values[rank == 0 ? 0 : rank - 1] / 1000.0;
}

static void print_percentiles(const char *name, struct sample *sample) {
    if (sample->count > 0) qsort(sample->values, sample->count, sizeof *sample->values, ascending);
    printf(", \"%s_p50_ms\": %.3f, \"%s_p99_ms\": %.3f, \"%s_p999_ms\": %.3f, \"%s_max_ms\": %.3f",
           name, percentile(sample, 0.5), name, percentile(sample, 0.99), name, percentile(sample, 0.999),
           name, percentile(sample, 1));
}

void outcome_print(const struct settings *settings, int64_t elapsed) {
    uint64_t offered = 0;
    for (int outcome = 0; outcome < OUTCOMES; outcome++) offered += counts[outcome];
    printf("{\"rate\": %.1f, \"seconds\": %.3f, \"offered\": %llu, \"answered\": %llu, \"refused\": %llu, "
           "\"late\": %llu, \"broken\": %llu, \"unsent\": %llu",
           settings->rate, (double)elapsed / 1e9, (unsigned long long)offered,
           (unsigned long long)counts[ANSWERED], (unsigned long long)counts[REFUSED],
           (unsigned long long)counts[LATE], (unsigned long long)counts[BROKEN],
           (unsigned long long)counts[UNSENT]);
    print_percentiles("answered", &answered);
    print_percentiles("refused", &refused);
    print_percentiles("lag", &lags);
    printf("}\n");
}
