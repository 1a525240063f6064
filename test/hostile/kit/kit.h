/*
 * The little that a hostile guest stands on. It shares nothing with guest/ and knows Xen's public headers
 * only, so that what it finds out about Meridian it can find out about Xen.
 */
#ifndef HOSTILE_KIT_H
#define HOSTILE_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define KIT_CPUS    4
#define STACK_BYTES 16384u
#define PAGE_BYTES  4096u
#define BASE        0xffffffff80000000ull /* kit.lds: pfn 0 */

#define PTE_P  (1ull << 0)
#define PTE_W  (1ull << 1)
#define PTE_U  (1ull << 2)
#define PTE_RO (PTE_P | PTE_U)
#define PTE_RW (PTE_P | PTE_W | PTE_U)

typedef uint64_t u64;

/* As entry.asm hands them over; what a handler changes above `error` the guest goes on with. */
struct event_frame {
    u64 rcx, r11, rip, cs, rflags, rsp, ss;
};
struct trap_frame {
    u64 vector, rcx, r11, error, rip, cs, rflags, rsp, ss;
};

/* The program's own: its story, what a further VCPU does, its handlers. */
void program(void);
void other_cpu(void);
void on_event(struct event_frame *frame);
void on_trap(struct trap_frame *frame);

/* entry.asm */
extern char hypercall_page[], begin_other[], event_entry[], stacks[];
extern const u64 trap_entries[256];

/* kit.c */
extern struct start_info *start_info;
extern struct shared_info *shared;
extern struct vcpu_info *infos[KIT_CPUS]; /* where each VCPU's is at present */

void kit_main(struct start_info *si);
/* Returns the VCPU that runs, by its stack. */
unsigned this_vcpu(void);
/* Returns the machine frame of something in the image. */
u64 frame_of(const void *p);
static inline u64 pte_of(const void *p, u64 flags)
{
    return frame_of(p) * PAGE_BYTES | flags;
}
/* Sets all 256 traps to entry.asm's handlers, with these TI_ flags. Returns 0, or an error. */
int64_t take_traps(unsigned flags);
/* Returns VCPU n's beginning, on its own stack, as begin_other wants it. Valid until the next call. */
struct vcpu_guest_context *context_for(unsigned vcpu);
/* Returns ns by this VCPU's record. */
u64 now(void);
/* Returns what stands behind `key` on the command line, or NULL if it is not there. */
const char *option(const char *key);
_Noreturn void leave(unsigned reason);

/* text.c: %s, %d (long), %x (unsigned long, in hex), nothing else; at most 200 characters. */
void say(const char *format, ...);
bool begins(const char *text, const char *with);
void *memset(void *to, int byte, size_t size);
void *memcpy(void *to, const void *from, size_t size);

static inline int64_t call(u64 number, u64 a, u64 b, u64 c)
{
    int64_t result;

    register u64 r10 __asm__("r10") = 0;
    register u64 r8 __asm__("r8") = 0;

    __asm__ volatile("syscall"
                     : "=a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8)
                     : "0"(number)
                     : "rcx", "r11", "r9", "memory");
    return result;
}

#endif
