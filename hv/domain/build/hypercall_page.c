/*
 * 128 entries of 32 bytes. A guest may rely on two things. A call keeps rcx and r11, which SYSCALL itself
 * overwrites (SDM vol. 2, SYSCALL). And the guest jumps to the entry of HYPERVISOR_iret, which pushes the
 * first three words of the frame (rax, r11, rcx) itself.
 */
#include "domain/build/hypercall_page.h"

#include <stdint.h>
#include <xen/xen.h>

#include "log/string.h"

#define ENTRY_BYTES 32

static const uint8_t push_rcx[] = {0x51}, push_r11[] = {0x41, 0x53}, push_rax[] = {0x50};
static const uint8_t pop_rcx[] = {0x59}, pop_r11[] = {0x41, 0x5b};
static const uint8_t syscall_[] = {0x0f, 0x05}, ret[] = {0xc3}, mov_eax[] = {0xb8};

static unsigned char *code_append(unsigned char *at, const void *bytes, size_t count)
{
    memcpy(at, bytes, count);
    return at + count;
}

static void fill_entry(unsigned char *at, uint32_t number)
{
    at = code_append(at, push_rcx, sizeof push_rcx);
    at = code_append(at, push_r11, sizeof push_r11);
    if (number == __HYPERVISOR_iret)
        at = code_append(at, push_rax, sizeof push_rax);
    at = code_append(at, mov_eax, sizeof mov_eax);
    at = code_append(at, &number, sizeof number);
    at = code_append(at, syscall_, sizeof syscall_);
    if (number == __HYPERVISOR_iret)
        return; /* it never comes back here */
    at = code_append(at, pop_r11, sizeof pop_r11);
    at = code_append(at, pop_rcx, sizeof pop_rcx);
    code_append(at, ret, sizeof ret);
}

void hypercall_page_fill(unsigned char *page)
{
    memset(page, 0xcc, HYPERCALL_PAGE_BYTES); /* INT3: a guest that runs off an entry gets a trap */
    for (uint32_t i = 0; i < HYPERCALL_PAGE_BYTES / ENTRY_BYTES; i++)
        fill_entry(page + i * ENTRY_BYTES, i);
}
