/* xen_version: answers that a guest made for Xen 4.17 understands. No feature is claimed that is missing. */
#include <stddef.h>
#include <stdint.h>
#include <xen/features.h>
#include <xen/version.h>

#include "domain/calls/calls.h"
#include "domain/vcpu/vcpu.h"
#include "log/string.h"

#define MAJOR 4
#define MINOR 17

static int64_t version_answer(struct vcpu *vcpu, uint64_t address, const void *what, size_t size)
{
    return guest_write(vcpu_space(vcpu), address, what, size) ? 0 : -XEN_EFAULT;
}

/* Writes a text field of `size` bytes, filled up with zeros. */
static int64_t version_answer_text(struct vcpu *vcpu, uint64_t address, const char *text, size_t size)
{
    char field[1024] = {0};

    memcpy(field, text, strnlen(text, size - 1));
    return version_answer(vcpu, address, field, size);
}

static int64_t version_features(struct vcpu *vcpu, uint64_t address)
{
    struct xen_feature_info info;

    if (!guest_read(vcpu_space(vcpu), &info, address, sizeof info))
        return -XEN_EFAULT;
    if (info.submap_idx >= XENFEAT_NR_SUBMAPS)
        return -XEN_EINVAL;
    info.submap = 1u << XENFEAT_dom0;
    return version_answer(vcpu, address, &info, sizeof info);
}

static int64_t compile_info(struct vcpu *vcpu, uint64_t address)
{
    struct xen_compile_info info = {.compiler = __VERSION__, .compile_by = "", .compile_domain = "meridian"};

    return version_answer(vcpu, address, &info, sizeof info);
}

int64_t call_xen_version(struct vcpu *vcpu, uint64_t args[5])
{
    static const xen_domain_handle_t no_handle;
    const struct xen_platform_parameters parameters = {.virt_start = HYPERVISOR_START};
    uint64_t to = args[1];

    switch ((int)args[0]) {
    case XENVER_version: return MAJOR << 16 | MINOR;
    case XENVER_extraversion: return version_answer_text(vcpu, to, ".0-meridian", sizeof(xen_extraversion_t));
    case XENVER_compile_info: return compile_info(vcpu, to);
    case XENVER_capabilities:
        return version_answer_text(vcpu, to, "xen-3.0-x86_64 ", sizeof(xen_capabilities_info_t));
    case XENVER_changeset: return version_answer_text(vcpu, to, "meridian", sizeof(xen_changeset_info_t));
    case XENVER_platform_parameters: return version_answer(vcpu, to, &parameters, sizeof parameters);
    case XENVER_get_features: return version_features(vcpu, to);
    case XENVER_pagesize: return to ? -XEN_EINVAL : (int64_t)GUEST_PAGE;
    case XENVER_guest_handle: return version_answer(vcpu, to, &no_handle, sizeof no_handle);
    case XENVER_commandline: return version_answer_text(vcpu, to, "", sizeof(xen_commandline_t));
    default: return -XEN_ENOSYS;
    }
}
