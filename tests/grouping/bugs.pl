# SPDX-License-Identifier: Apache-2.0
use strict;

sub customer { my ($row) = @_; return $row->{customer}->name; }
sub total { my ($row) = @_; return $row->{id} / ($row->{id} - $$); }
sub save { my ($row) = @_; open(my $f, '<', "/tmp/none-$row->{id}") or die "cannot read order $row->{id}: $!"; }
sub check { my ($row) = @_; die "order $row->{id} is not valid"; }
sub aborts { require POSIX; POSIX::abort(); }

my %steps = (customer => \&customer, total => \&total, save => \&save, check => \&check, aborts => \&aborts);
$steps{$ARGV[0]}->({id => $$});
