#include "screen/judge.h"

enum judgement judge(const struct evidence *evidence, struct judgement_words *words)
{
    (void)evidence;
    *words = (struct judgement_words){
        .judgement = JUDGE_UNKNOWN,
        .verdict = "unknown",
        .title = "UNKNOWN",
        .linux_word = "unsure",
        .option = "none",
        .means = "Nothing has been judged yet.",
    };
    return words->judgement;
}
