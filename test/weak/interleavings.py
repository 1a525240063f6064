"""
The runs of reader and publisher under relacy: one for each world and each variant. Promises are those of
docs/model.md.
"""

from collections import namedtuple

# world (checker.cc); what is wrong in it, None: nothing; the promise that must be seen broken.
Run = namedtuple("Run", "world variant broken")

RUNS = {
    "weak-publish": Run("publish", None, None),
    "weak-modes": Run("modes", None, None),
    "weak-wall": Run("wall", None, None),
    "weak-page": Run("page", None, None),
    "weak-publish-no-fence": Run("publish", "no-fence", "T2"),
    "weak-publish-one-phase": Run("publish", "one-phase", "T2"),
    "weak-publish-no-skew": Run("publish", "no-skew", "T2"),
    "weak-publish-no-wait": Run("publish", "no-wait", "begun"),
    "weak-publish-version2-odd": Run("publish", "version2-odd", "whole"),
    "weak-publish-joint-below": Run("publish", "joint-below", "T2"),
    "weak-publish-no-release": Run("publish", "no-release", "ends"),
    "weak-modes-no-fence": Run("modes", "no-fence", "T2"),
    "weak-modes-leave-unmarked": Run("modes", "leave-unmarked", "T2"),
    "weak-modes-leave-no-wait": Run("modes", "leave-no-wait", "T2"),
    "weak-modes-enter-on-own": Run("modes", "enter-on-own", "T2"),
    "weak-modes-no-clamp": Run("modes", "no-clamp", "T2"),
    "weak-wall-one-phase": Run("wall", "one-phase", "T2"),
    "weak-page-last": Run("page", "page-last", "told"),
    "weak-page-unmarked": Run("page", "page-unmarked", "told"),
    "weak-page-never-odd": Run("page", "page-never-odd", "whole"),
    "weak-page-same-version": Run("page", "page-same-version", "whole"),
    "weak-page-one-look": Run("page", "page-one-look", "whole"),
    "weak-page-loads-relaxed": Run("page", "loads-relaxed", "whole told"),
    "weak-page-stores-relaxed": Run("page", "stores-relaxed", "whole told"),
    "weak-reader-no-lfence": Run("publish", "reader-no-lfence", "begun"),
    "weak-reader-tsc-late": Run("publish", "reader-tsc-late", "T2"),
    "weak-reader-one-look": Run("publish", "reader-one-look", "whole begun"),
    # The order that x86 gives to plain loads and stores is needed.
    "weak-loads-relaxed": Run("publish", "loads-relaxed", "whole"),
    "weak-stores-relaxed": Run("publish", "stores-relaxed", "whole T2"),
}
