# SPDX-License-Identifier: Apache-2.0
use strict;
use warnings;
use Carp qw(cluck);
sub inner { cluck "still alive" }
eval { inner("a") };
