/* What this machine calls itself, found once. */
#include "log/log.h"
#include "platform/smbios.h"

static struct machine_names names = {"unknown", "unknown", "unknown", "unknown"};

const struct machine_names *machine_names(void)
{
    return &names;
}

void machine_names_find(const struct boot_info *boot, phys_view view)
{
    if (smbios_read(boot->efi_table, view, &names))
        log_print("machine: %s %s, board %s, firmware %s\n", names.vendor, names.product, names.board,
                  names.firmware);
    else
        log_print("machine: it has no SMBIOS to say what it is\n");
}
