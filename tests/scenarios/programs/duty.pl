#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Duties of a rescue service: duty.pl page [KEY=VALUE...] pages somebody every so many seconds: how fresh they are (the file
# clock has the minute of the day at which it was written, and the shift ends at midnight), by PostgreSQL (dsn, and query with ?), through
# a gateway at a URL (gateway, again so often: retries). It ends of what fails with a status of 75; fatal=0: it tells of it and goes on.
# duty.pl call asks the dispatch at url, again so often, about the lines "NORTH EAST" of the file places, in turn, and tells what failed.
use strict;
use warnings;
use Carp;
use HTTP::Tiny;
use Time::HiRes qw(sleep time);

my %options = (every => 0.4, fatal => $ARGV[0] eq 'page', retries => 0, say => $ARGV[0]);
for (@ARGV[1 .. $#ARGV]) {
	my ($key, $value) = split /=/, $_, 2;
	$options{$key} = $value;
}
$SIG{TERM} = sub { exit 0 };
$| = 1;

sub minutes_left {
	open my $file, '<', $options{clock} or croak "$options{clock}: $!";
	my $minute = <$file>;
	my $passed = time - (stat $file)[9];
	return 1440 - $minute - $passed / 60;
}

sub freshness {
	my ($left) = @_;
	return log($left * 60);
}

sub ask_base {
	my ($count) = @_;
	require DBI;
	my $base = DBI->connect($options{dsn}, 'postgres', '', {RaiseError => 1, PrintError => 0});
	$base->selectrow_array($options{query}, undef, $count);
	$base->disconnect;
}

sub fetch {
	my ($url) = @_;
	my $tries = $options{retries};
	while (1) {
		my $answer = HTTP::Tiny->new(timeout => 2)->get($url);
		return if $answer->{success};
		confess "$url answers $answer->{status} $answer->{reason}" if $tries-- <= 0;
		sleep 0.4;
	}
}

sub call_dispatch {
	my ($count) = @_;
	open my $file, '<', $options{places} or croak "$options{places}: $!";
	chomp(my @places = <$file>);
	fetch("$options{url}?" . $places[$count % @places] =~ tr/ /,/r);
}

sub page {
	my ($count) = @_;
	my @names = ('Ada', 'Bo', 'Cy', 'Di');
	freshness(minutes_left()) if $options{clock};
	ask_base($count) if $options{dsn};
	fetch("$options{gateway}?to=$names[$count % @names]") if $options{gateway};
}

for my $count (1 .. 1 << 30) {
	sleep $options{every};
	next if eval { $ARGV[0] eq 'call' ? call_dispatch($count) : page($count); 1 };
	print STDERR $@;
	exit 75 if $options{fatal};
}
