/*
 * Panic in steps, each of which may fault in a machine that is broken already. A second call on the same
 * CPU (the fault's own panic) does not begin again: it takes the step after the one that failed.
 */
#include "log/panic.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "log/format.h"
#include "log/log.h"
#include "log/serial.h"

enum step { STEP_STOP, STEP_PRINT, STEP_REPORT, STEP_END, STEP_HALT };

#define NOBODY     0xffffffffu
#define TEXT_BYTES 384

static uint32_t owner = NOBODY; /* the winner's initial APIC id */
static int step;                /* what the owner is doing */

static void (*stop_hook)(void);
static void (*trace_hook)(void);
static void (*end_hook)(void);

/* This CPU's APIC id, without any table of ours: CPUID leaf 0Bh gives all of it, leaf 1 eight bits. */
static uint32_t own_id(void)
{
    uint32_t eax = 0, ebx, ecx = 0, edx;

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    if (eax >= 0xb) {
        eax = 0xb;
        ecx = 0;
        __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
        if (ebx)
            return edx;
    }
    eax = 1;
    ecx = 0;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return ebx >> 24;
}

static _Noreturn void halt(void)
{
    for (;;)
        __asm__ volatile("cli\n\thlt" : : : "memory");
}

/* Returns true once for each step: after a fault within a step the next call finds it taken. */
static bool begin_step(enum step next)
{
    if (step > (int)next)
        return false;
    step = (int)next + 1;
    return true;
}

/* The first CPU to come owns the panic. Returns false if it is ours already: this is a fault within it. */
static bool own_the_panic(void)
{
    uint32_t self = own_id(), expected = NOBODY;

    if (__atomic_compare_exchange_n(&owner, &expected, self, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return true;
    if (expected != self)
        halt();
    return false;
}

static void trace(const void *unused)
{
    (void)unused;
    if (trace_hook)
        trace_hook();
}

static _Noreturn void panic_text(void (*report)(const void *), const void *what, const char *text)
{
    static bool again;

    __asm__ volatile("cli" : : : "memory");
    if (!own_the_panic() && !again) {
        again = true;
        log_print("\nMeridian again, within the panic: %s\n", text);
    }
    log_panic_mode();
    if (begin_step(STEP_STOP) && stop_hook)
        stop_hook();
    if (begin_step(STEP_PRINT))
        log_print("\nMeridian panic: %s\n", text);
    if (begin_step(STEP_REPORT))
        report(what);
    serial_flush();
    if (begin_step(STEP_END) && end_hook)
        end_hook();
    if (begin_step(STEP_HALT))
        log_print("Meridian: halted\n");
    serial_flush();
    halt();
}

void panic(const char *format, ...)
{
    char text[TEXT_BYTES];
    va_list args;

    va_start(args, format);
    format_va(text, sizeof text, format, args);
    va_end(args);
    panic_text(trace, 0, text);
}

void panic_report(void (*report)(const void *what), const void *what, const char *format, ...)
{
    char text[TEXT_BYTES];
    va_list args;

    va_start(args, format);
    format_va(text, sizeof text, format, args);
    va_end(args);
    panic_text(report, what, text);
}

void panic_set_stop(void (*stop_others)(void))
{
    stop_hook = stop_others;
}

void panic_set_trace(void (*trace)(void))
{
    trace_hook = trace;
}

void panic_set_end(void (*end)(void))
{
    end_hook = end;
}
