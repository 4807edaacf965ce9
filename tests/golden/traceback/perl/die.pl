# SPDX-License-Identifier: Apache-2.0
use strict;
use warnings;
sub load {
    my ($path) = @_;
    open(my $f, '<', $path) or die "cannot open $path: $!";
}
load("/nonexistent/config");
