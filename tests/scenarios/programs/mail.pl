#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# A service in Perl that asks another one over HTTP, or spools: mail.pl [KEY=VALUE...]. Keys: every, url (whom it asks), spool (a
# folder), bug (rate: divides by what nobody set), odds.
use strict;
use warnings;
use HTTP::Tiny;

my %options = (every => 0.3, url => "", spool => "", bug => "", odds => 1);
/^(\w+)=(.*)$/ and $options{$1} = $2 for @ARGV;
my $http = HTTP::Tiny->new(timeout => 1);

sub fetch {
	my $answer = $http->get($options{url});
	return if $answer->{status} != 599;
	$answer->{content} =~ s{\s+$}{};
	die "cannot fetch $options{url}: $answer->{content}";
}

sub spool {
	my ($count) = @_;
	my $path = "$options{spool}/" . $count % 10;
	open(my $file, ">", $path) or die "cannot spool $path: $!";
	print $file "x\n";
	close($file) or die "cannot spool $path: $!";
}

sub rate {
	my %seen = (sent => 10, failed => 0);
	return $seen{sent} / $seen{failed};
}

sub handle {
	my ($count) = @_;
	fetch() if $options{url};
	spool($count) if $options{spool};
	rate() if $options{bug} eq "rate" && $count % $options{odds} == 0;
}

for (my $count = 1;; $count++) {
	select(undef, undef, undef, $options{every});
	eval { handle($count); 1 } or print STDERR $@;
}
