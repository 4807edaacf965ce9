/* SPDX-License-Identifier: Apache-2.0 */
/* Weights of evidence in decibans; beside each the guess that it was fitted from. Made by
 * `tests/scenarios/fit --write` from 434 recorded scenarios, with 2 decibans of freedom. */
#include "correlate/weights.h"

const struct weight weights[WEIGHTS] = {
	[WEIGHT_KIND_RESTART] = {"kind_restart", -20.4},           /* -20 */
	[WEIGHT_KIND_ROLLBACK] = {"kind_rollback", -4.0},          /* -4 */
	[WEIGHT_KIND_INFRA] = {"kind_infra", -0.8},                /* -2 */
	[WEIGHT_KIND_UNFIT] = {"kind_unfit", -8.2},                /* -8 */
	[WEIGHT_TIME_AT_ONCE] = {"time_at_once", 13.1},            /* 12 */
	[WEIGHT_TIME_SLOW] = {"time_slow", 9.2},                   /* 8 */
	[WEIGHT_TIME_SILENT] = {"time_silent", -8.3},              /* -5 */
	[WEIGHT_TIME_BEFORE] = {"time_before", -30.0},             /* -30 */
	[WEIGHT_PLACE_FIRST] = {"place_first", 7.6},               /* 8 */
	[WEIGHT_PLACE_TOO] = {"place_too", 5.5},                   /* 6 */
	[WEIGHT_PLACE_VICTIM] = {"place_victim", 2.1},             /* 2 */
	[WEIGHT_PLACE_PEER] = {"place_peer", 6.0},                 /* 6 */
	[WEIGHT_PLACE_CALLEE] = {"place_callee", 5.9},             /* 5 */
	[WEIGHT_PLACE_CALLER] = {"place_caller", -3.1},            /* -3 */
	[WEIGHT_PLACE_EATER] = {"place_eater", 6.0},               /* 6 */
	[WEIGHT_PLACE_NAMED] = {"place_named", 5.2},               /* 5 */
	[WEIGHT_PLACE_ADDRESS] = {"place_address", 2.2},           /* 2 */
	[WEIGHT_PLACE_SHARED] = {"place_shared", 2.0},             /* 2 */
	[WEIGHT_PLACE_LOCAL] = {"place_local", -0.2},              /* 0 */
	[WEIGHT_PLACE_HOST] = {"place_host", 3.4},                 /* 2 */
	[WEIGHT_PLACE_NONE] = {"place_none", -20.2},               /* -20 */
	[WEIGHT_NOVELTY_OLD] = {"novelty_old", -15.6},             /* -15 */
	[WEIGHT_NOVELTY_BACK] = {"novelty_back", 2.0},             /* 2 */
	[WEIGHT_NOVELTY_NEW] = {"novelty_new", 4.9},               /* 4 */
	[WEIGHT_NOVELTY_HOUR] = {"novelty_hour", 8.0},             /* 7 */
	[WEIGHT_DOSE_NONE] = {"dose_none", -6.0},                  /* -6 */
	[WEIGHT_DOSE_RISE] = {"dose_rise", 2.4},                   /* 3 */
	[WEIGHT_COVERAGE_OTHERS] = {"coverage_others", -7.7},      /* -8 */
	[WEIGHT_COVERAGE_UNDONE] = {"coverage_undone", -14.3},     /* -14 */
	[WEIGHT_COVERAGE_OWN] = {"coverage_own", 3.8},             /* 3 */
	[WEIGHT_ALONE] = {"alone", -6.6},                          /* -6 */
	[WEIGHT_WORDS] = {"words", 6.7},                           /* 6 */
	[WEIGHT_WORDS_SEVERAL] = {"words_several", 8.5},           /* 8 */
	[WEIGHT_REVERSAL_WENT_ON] = {"reversal_went_on", -8.0},    /* -8 */
	[WEIGHT_REVERSAL_STOPPED] = {"reversal_stopped", 10.0},    /* 10 */
	[WEIGHT_PEER_ONE] = {"peer_one", 6.2},                     /* 6 */
	[WEIGHT_PEER_SEVERAL] = {"peer_several", 10.7},            /* 10 */
	[WEIGHT_PEER_MOST] = {"peer_most", 8.9},                   /* 8 */
	[WEIGHT_PEER_FEW] = {"peer_few", -4.1},                    /* -4 */
	[WEIGHT_PEER_NEW] = {"peer_new", 5.7},                     /* 5 */
	[WEIGHT_PEER_DEATHS] = {"peer_deaths", -8.2},              /* -8 */
	[WEIGHT_PEER_LOCAL] = {"peer_local", -13.3},               /* -12 */
	[WEIGHT_PEER_UNSEEN] = {"peer_unseen", -6.0},              /* -6 */
	[WEIGHT_PEER_LOOKUP] = {"peer_lookup", -4.0},              /* -4 */
	[WEIGHT_RESOURCE_MEMORY] = {"resource_memory", 18.1},      /* 17 */
	[WEIGHT_RESOURCE_CALL] = {"resource_call", 17.2},          /* 15 */
	[WEIGHT_RESOURCE_LATE] = {"resource_late", -8.0},          /* -8 */
	[WEIGHT_RESOURCE_SEVERAL] = {"resource_several", 8.7},     /* 8 */
	[WEIGHT_LIMIT_ALONE] = {"limit_alone", 14.0},              /* 14 */
	[WEIGHT_LIMIT_BESIDE] = {"limit_beside", 3.0},             /* 3 */
	[WEIGHT_MEMORY_EATER] = {"memory_eater", 1.0},             /* 1 */
	[WEIGHT_OPERATOR] = {"operator", 20.3},                    /* 20 */
	[WEIGHT_OPERATOR_FIRST] = {"operator_first", 12.3},        /* 12 */
	[WEIGHT_OPERATOR_LATE] = {"operator_late", -8.0},          /* -8 */
	[WEIGHT_OPERATOR_DEATHS] = {"operator_deaths", -10.0},     /* -10 */
	[WEIGHT_HARDWARE] = {"hardware", 22.0},                    /* 22 */
	[WEIGHT_INTRINSIC] = {"intrinsic", 3.3},                   /* 4 */
	[WEIGHT_INTRINSIC_OVERFLOW] = {"intrinsic_overflow", 2.0}, /* 2 */
	[WEIGHT_INTRINSIC_BEFORE] = {"intrinsic_before", 12.0},    /* 12 */
	[WEIGHT_UNKNOWN] = {"unknown", 8.0},                       /* 8 */
};

const double weights_sureness = 1.00;
