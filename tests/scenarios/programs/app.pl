#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# A service in Perl that handles a request every so often, and its bugs: app.pl [KEY=VALUE...], as app.py has them.
use strict;
use warnings;

my %options = (every => 0.3, bug => "", odds => 1, after => 0, lib => "");
/^(\w+)=(.*)$/ and $options{$1} = $2 for @ARGV;

sub bug_method {
	my $order = bless {id => 1}, "Order";
	return $order->discount;
}

# A small file for each order.
my $files = 0;
sub bug_spool {
	for (1 .. 40) {
		my $path = "$options{path}/" . $files++;
		open(my $file, ">", $path) or die "cannot spool $path: $!";
		close($file);
	}
}

sub bug_old_data {
	my %rates = (eu => 1, us => 0);
	return 100 / $rates{us};
}

if ($options{lib}) {
	unshift @INC, $options{lib};
	require Codec::Json;
}
for (my $count = 1;; $count++) {
	select(undef, undef, undef, $options{every});
	next if !$options{bug} || $count <= $options{after} || $count % $options{odds};
	no strict "refs";
	if ($options{bug} =~ /^raise_(.*)/) {
		&{"bug_$1"}();
	} else {
		eval { &{"bug_$options{bug}"}(); 1 } or print STDERR $@;
	}
}
