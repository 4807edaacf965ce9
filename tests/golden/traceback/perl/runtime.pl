# SPDX-License-Identifier: Apache-2.0
use strict;
use warnings;
my $user;
my $n = 5 / scalar(@ARGV);
