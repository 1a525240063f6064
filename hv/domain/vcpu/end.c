#include "domain/vcpu/end.h"

#include "domain/vcpu/schedule.h"
#include "domain/vcpu/vcpu.h"
#include "log/format.h"
#include "log/log.h"

#define STACK_WORDS 8

bool domain_has_ended(const struct domain *domain)
{
    return __atomic_load_n(&domain->ended, __ATOMIC_ACQUIRE);
}

/* A CPU that did not leave its guest may be in the middle of its text. */
static void end_console(struct domain *domain)
{
    bool were_on;

    if (!lock_try(&domain->console_lock, &were_on))
        return;
    console_line_end(&domain->console_line);
    lock_release(&domain->console_lock, were_on);
}

void end_domain(struct domain *domain, enum domain_end how, const char *why)
{
    if (__atomic_exchange_n(&domain->ended, 1, __ATOMIC_SEQ_CST))
        return;
    if (!schedule_stop_all(domain))
        log_print("domain: a CPU did not leave its guest within 2 s; it is left alone\n");
    end_console(domain);
    if (domain->hooks.ended)
        domain->hooks.ended(how, why, domain->console.reported, domain->console.ok);
}

static void print_registers(const struct trap_frame *f)
{
    log_print("  rip %04lx:%016lx  rsp %04lx:%016lx  rflags %08lx\n", f->cs & 0xffff, f->rip, f->ss & 0xffff,
              f->rsp, f->rflags);
    log_print("  rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
    log_print("  rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n", f->rsi, f->rdi, f->rbp, f->r8);
    log_print("  r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n", f->r9, f->r10, f->r11, f->r12);
    log_print("  r13 %016lx  r14 %016lx  r15 %016lx\n", f->r13, f->r14, f->r15);
}

static void print_stack(const struct vcpu *vcpu)
{
    uint64_t words[STACK_WORDS];

    if (!guest_read(vcpu_space(vcpu), words, vcpu->frame.rsp, sizeof words)) {
        log_print("  stack: not mapped\n");
        return;
    }
    for (unsigned i = 0; i < STACK_WORDS; i += 4)
        log_print("  stack+%02x %016lx %016lx %016lx %016lx\n", i * 8, words[i], words[i + 1], words[i + 2],
                  words[i + 3]);
}

void end_by_fault(struct vcpu *vcpu, const char *why)
{
    const struct trap_frame *frame = &vcpu->frame;
    char line[160];

    log_print("guest: VCPU %u cannot go on: %s\n", vcpu->id, why);
    log_print("  its last trap: %s, vector %lu, error code %lx\n", trap_name(frame->vector), frame->vector,
              frame->error);
    if (frame->vector == VECTOR_PF)
        log_print("  at address %016lx\n", vcpu->fault_address);
    print_registers(frame);
    print_stack(vcpu);
    format(line, sizeof line, "VCPU %u at rip %lx (%s): %s", vcpu->id, frame->rip, trap_name(frame->vector),
           why);
    end_domain(vcpu->domain, DOMAIN_CRASH, line);
}
