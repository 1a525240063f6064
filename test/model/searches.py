"""
The searches of the models: one for each way in which a model is built. PROMISES are the models' assertions,
by the words in which pan reports them. See docs/model.md.
"""

from collections import namedtuple

# source; macros that are set; the promise that must be seen broken, None: all are kept in every state.
Search = namedtuple("Search", "source defines broken")

PROMISES = {
    "T2": "got>=(said-1)",              # who has heard of a read reads no less (T1, T2)
    "whole": "!(torn)",                 # what is accepted is all of one line
    "begun": "tsc>=line[from].stamp",   # nobody reads a line before its joint
    "no loss": "exact==((2*line[number].ns)+line[number].frac)",    # at a joint, of fractions neither
    "ends": "!(calm)",                  # a read that starts when all is written ends at its first try
}

SEARCHES = {
    "publish": Search("publish.pml", ("LAST=4",), None),
    # Orders that are for speed alone: common record or version1 the other way round.
    "publish-common-otherwise": Search("publish.pml", ("COMMON_OTHERWISE",), None),
    "publish-version1-first": Search("publish.pml", ("VERSION1_FIRST",), None),
    "publish-no-fence": Search("publish.pml", ("NO_FENCE",), "T2"),
    "publish-one-phase": Search("publish.pml", ("ONE_PHASE",), "T2"),
    "publish-no-skew": Search("publish.pml", ("NO_SKEW",), "T2"),
    "publish-no-wait": Search("publish.pml", ("NO_WAIT",), "begun"),
    "publish-version2-odd": Search("publish.pml", ("VERSION2_ODD",), "whole"),
    "publish-floor-at-joint": Search("publish.pml", ("FLOOR_AT_JOINT",), "no loss"),
    "publish-joint-below": Search("publish.pml", ("JOINT_BELOW_READER",), "T2"),
    "publish-no-release": Search("publish.pml", ("NO_RELEASE",), "ends"),
    "modes": Search("modes.pml", (), None),
    "modes-no-fence": Search("modes.pml", ("NO_FENCE",), "T2"),
    "modes-leave-unmarked": Search("modes.pml", ("LEAVE_UNMARKED",), "T2"),
    "modes-leave-no-wait": Search("modes.pml", ("LEAVE_NO_WAIT",), "T2"),
    "modes-enter-on-own": Search("modes.pml", ("ENTER_ON_OWN",), "T2"),
    "modes-no-clamp": Search("modes.pml", ("NO_CLAMP",), "T2"),
    "latch": Search("latch.pml", (), None),
    "latch-sequence-late": Search("latch.pml", ("SEQUENCE_LATE",), "whole"),
    "latch-again": Search("latch.pml", ("DIES",), None),
    "latch-again-in-place": Search("latch.pml", ("DIES", "AGAIN_IN_PLACE"), "whole"),
    "latch-no-recheck": Search("latch.pml", ("NO_RECHECK",), "whole"),
    "wall": Search("wall.pml", (), None),
    "wall-one-phase": Search("wall.pml", ("ONE_PHASE",), "T2"),
    "takeover": Search("takeover.pml", (), None),
    "takeover-no-init": Search("takeover.pml", ("NO_INIT",), "ends"),
    "takeover-no-drain": Search("takeover.pml", ("NO_DRAIN",), "ends"),
    "takeover-old-line": Search("takeover.pml", ("OLD_LINE",), "T2"),
    "reader-no-lfence": Search("publish.pml", ("READER_NO_LFENCE",), "begun"),
    "reader-tsc-late": Search("publish.pml", ("READER_TSC_LATE",), "T2"),
    "reader-one-look": Search("publish.pml", ("READER_ONE_LOOK",), "whole"),
}
