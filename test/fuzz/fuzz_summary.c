/* sources: test/fuzz/seeds.c hv/check/summary.c hv/log/format.c */
/* runs: 100000 */
/* Whatever firmware and CPU call themselves, the summary is one that a QR code takes. */
#include "fuzz.h"
#include "check/summary.h"

#define NAMES      4u
#define NAME_BYTES 100u

/* Up to a 0, or all that is left. */
static const char *take_name(struct input *in, char name[NAME_BYTES])
{
    size_t length = 0;

    while (length + 1 < NAME_BYTES && in->left > 0 && (name[length] = (char)input_byte(in)) != 0)
        length++;
    name[length] = 0;
    return length ? name : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct verdict verdict = {
        .word = "stops-in-idle", .linux_word = "unsafe", .option = "clocksource=acpi_pm"};
    struct summary summary = {
        .version = "0.5", .verdict = &verdict, .mode = "unified", .source = "pmtimer", .disputed = "hpet"};
    char names[NAMES][NAME_BYTES], out[SUMMARY_MOST + 1];
    size_t length;

    input_take(&in, &verdict.worst, sizeof verdict.worst);
    input_take(&in, &summary.smi, sizeof summary.smi);
    summary.vendor = take_name(&in, names[0]);
    summary.product = take_name(&in, names[1]);
    summary.firmware = take_name(&in, names[2]);
    summary.cpu = take_name(&in, names[3]);
    memset(out, 'x', sizeof out);
    length = summary_text(&summary, out);
    MUST(length <= SUMMARY_MOST && strlen(out) == length);
    MUST(strspn(out, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:") == length);
    MUST(strncmp(out, "MERIDIAN 0.5 STOPS-IN-IDLE LINUX:UNSAFE OPT:CLOCKSOURCE:ACPI-PM CPUS:", 69) == 0);
    return 0;
}

size_t fuzz_seed(unsigned number, uint8_t *out)
{
    static const char names[] = "LENOVO\00020KHCTO1WW\0N23ET63W (1.38)\0Intel(R) Core(TM) i7-8650U CPU";

    if (number > 0)
        return 0;
    memset(out, 0, sizeof(struct worst) + 8);
    memcpy(out + sizeof(struct worst) + 8, names, sizeof names);
    return sizeof(struct worst) + 8 + sizeof names;
}
