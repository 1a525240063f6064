/* What the guests in these folders share: Xen's calls, text, checks, traps. Nothing of ours but this. */
#ifndef KIT_H
#define KIT_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/errno.h>
#include <xen/xen.h>

#define CPUS       32
#define STACK_SIZE 8192
#define PAGE       4096ul
typedef unsigned char page[4096] __attribute__((aligned(4096)));
#define TRAP_EVENT 32
#define TRAP_CALL  33

typedef uint64_t u64;

/* As entry.asm leaves it; what is changed here is what the trap returns to. */
struct frame {
    u64 r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    u64 vector, error, rip, cs, rflags, rsp, ss;
};

extern unsigned char stacks[CPUS][STACK_SIZE];
extern char hypercalls[], trap_entries[], second[];
extern const u64 virt_base; /* where pfn 0 is mapped */
extern struct start_info *start;
extern union shared_page {
    struct shared_info s;
    unsigned char page[4096];
} shared;

/* The guest's own. */
void run(void);
void other_cpu(u64 cpu);
/* Returns true if the trap is taken care of. Events are not asked for unless `on_trap` is set. */
extern bool (*on_trap)(struct frame *frame);

long call(unsigned number, u64 a, u64 b, u64 c, u64 d);

/* One line of text at a time; say_end sends it. */
void say(const char *text);
void say_number(long number);
void say_end(void);

/* Prints a line, `name: got`, and whether that is right. The last line of all counts them. */
void check(const char *what, long got, long want);
/* Prints the same without an opinion, for two hypervisors to be compared. */
void tell(const char *what, long got);
_Noreturn void finish(void);
_Noreturn void leave(unsigned reason);

/*
 * The next exception of `vector` is expected and skips `length` bytes of code; what it was stays in
 * `caught`. expect_none() says how many came, and wants no more.
 */
extern struct frame caught;
void expect(unsigned vector, unsigned length);
bool was_caught(void);

/* A page of ours: its machine frame, its mapping. */
u64 mfn_of(const void *address);
long map(const void *address, u64 entry, u64 flags);
#define PTE_RO 0x5ul
#define PTE_RW 0x7ul
u64 entry_of(const void *address, u64 bits);

u64 now_ns(unsigned cpu);
/* With the descriptors in that frame, if there is one. */
long vcpu_up(unsigned cpu, u64 gdt_mfn);
unsigned count_vcpus(void);
/* Returns the number of the VCPU that runs, by its stack. */
unsigned here(void);

u64 enter_user(u64 rip, u64 rsp);
extern char leave_user[];

#endif
