#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Jobs of the cellar of a brewery: cellar.pl cron [KEY=VALUE...] starts one every so many seconds and tells how it ended.
# cellar.pl job NUMBER [KEY=VALUE...] sends the barrels of an order (a line "NUMBER CUSTOMER LITRES" of the file orders, in turn) to where its
# customer lives (customers: lines "NAME TOWN"), by PostgreSQL (dsn, and query with ?), telling an office at a URL (office, again so often: retries);
# folder: where it keeps a slip of kb; minutes: a file with the seconds that a job takes; change: what its release does otherwise (excise: needs a module).
# cellar.pl ask [KEY=VALUE...] asks url every so many seconds, again so often, and tells what failed.
use strict;
use warnings;
use Carp;
use HTTP::Tiny;
use POSIX ':sys_wait_h';
use Time::HiRes 'sleep';

my %options = (every => 0.5, retries => 0, kb => 8, change => '', say => $ARGV[0]);
for (grep { /=/ } @ARGV) {
	my ($key, $value) = split /=/, $_, 2;
	$options{$key} = $value;
}
$| = 1;

sub lines_of {
	my ($path) = @_;
	open my $file, '<', $path or croak "$path: $!";
	chomp(my @lines = <$file>);
	return @lines;
}

sub fetch {
	my ($url) = @_;
	my $tries = $options{retries};
	while (1) {
		my $answer = HTTP::Tiny->new(timeout => 1.5)->get($url);
		return if $answer->{success};
		confess "$url answers $answer->{status} $answer->{reason}" if $tries-- <= 0;
		sleep 0.4;
	}
}

sub ask_base {
	my ($number) = @_;
	require DBI;
	my $base = DBI->connect($options{dsn}, 'postgres', '', {RaiseError => 1, PrintError => 0});
	$base->selectrow_array($options{query}, undef, $number);
	$base->disconnect;
}

sub town_of {
	my ($customer) = @_;
	my %towns = map { split / /, $_, 2 } lines_of($options{customers});
	my $town = $towns{$customer} or confess "no town of customer '$customer'";
	return $town;
}

sub keep {
	my ($number) = @_;
	my $path = "$options{folder}/slip-" . $number % 200;
	open my $file, '>', $path or croak "$path: $!";
	print {$file} '.' x ($options{kb} << 10);
	close $file or croak "$path: $!";
}

sub job {
	my ($count) = @_;
	my @orders = $options{orders} ? lines_of($options{orders}) : '1 Crown 300';
	my ($number, $customer) = split / /, $orders[$count % @orders];
	sleep((lines_of($options{minutes}))[0]) if $options{minutes};
	town_of($customer) if $options{customers};
	ask_base($number) if $options{dsn};
	keep($count) if $options{folder};
	fetch("$options{office}?order=$number") if $options{office};
}

sub reap {
	while ((my $pid = waitpid -1, WNOHANG) > 0) {
		print STDERR "cron: job $pid ended with status ", $? >> 8, "\n" if $?;
	}
}

sub cron {
	my @rest = grep { /=/ } @ARGV;
	for my $count (1 .. 1 << 30) {
		sleep $options{every};
		reap();
		defined(my $pid = fork) or confess "cannot start job $count: $!";
		exec $^X, $0, 'job', $count, @rest if $pid == 0;
	}
}

$SIG{TERM} = sub { exit 0 };
require Brewery::Excise if $options{change} eq 'excise';
cron() if $ARGV[0] eq 'cron';
if ($ARGV[0] eq 'job') {
	job($ARGV[1]);
	exit 0;
}
while (1) {
	sleep $options{every};
	eval { fetch($options{url}); 1 } or print STDERR $@;
}
