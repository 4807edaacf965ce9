# SPDX-License-Identifier: Apache-2.0
use strict;
use warnings;
while (my $line = <DATA>) {
    die "bad line" if $line =~ /b/;
}
__DATA__
a
b
