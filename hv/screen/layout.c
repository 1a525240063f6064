#include "screen/layout.h"

#include "screen/big.h"
#include "screen/plot.h"
#include "screen/qr_show.h"

#define HEADING       1u
#define TITLE_LETTERS 13u
#define PLOT_AROUND   2u /* a title above, and the time below */
#define PLOT_LEAST    4u
#define CPUS_LEAST    4u
#define SIDE_LEAST    79u /* columns left of a QR code */

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

/* A third of what is left for CPUs and plots, and the tiles that there are. */
static unsigned plot_rows(const struct layout *l, unsigned room)
{
    unsigned most = smaller(PLOT_MOST_ROWS, TILES / 2 / l->plot_columns);

    return smaller(larger(room / 2 > PLOT_AROUND ? room / 2 - PLOT_AROUND : 0, PLOT_LEAST), most);
}

struct layout layout_for(unsigned columns, unsigned rows, unsigned cpus, bool qr)
{
    struct layout l = {.columns = columns, .rows = rows, .left = columns, .scale = 1};
    unsigned above = LAYOUT_HEAD + HEADING, below, room;

    if (qr && columns > QR_COLUMNS + SIDE_LEAST && rows >= above + CPUS_LEAST + QR_ROWS)
        l.left = columns - QR_COLUMNS - 1;
    if (l.left >= big_columns(TITLE_LETTERS, 2) && rows >= 60)
        l.scale = 2;
    l.text_rows = l.left >= 100 ? 4 : 6;
    l.plot_columns = l.left / 2 - PLOT_LABELS - 1;
    below = big_rows(l.scale) + l.text_rows;
    room = rows - above - below;
    l.plot_rows = plot_rows(&l, room);
    if (l.left < columns && l.plot_rows + PLOT_AROUND + below < QR_ROWS)
        l.plot_rows = QR_ROWS - PLOT_AROUND - below;
    l.cpus = smaller(cpus, room - l.plot_rows - PLOT_AROUND);
    l.plots = above + l.cpus;
    l.words = l.plots + l.plot_rows + PLOT_AROUND;
    l.text = l.words + big_rows(l.scale);
    l.console = l.text + l.text_rows;
    l.console_rows = rows - l.console;
    return l;
}
