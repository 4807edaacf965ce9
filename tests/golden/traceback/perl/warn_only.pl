# SPDX-License-Identifier: Apache-2.0
use strict;
use warnings;
warn "disk is slow";
my $x;
my $y = "a" . $x;
