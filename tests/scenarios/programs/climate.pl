#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Climate of the rooms of a museum: climate.pl watch [KEY=VALUE...] takes a reading (a line "ROOM CELSIUS" of the file readings, in
# turn) every so many seconds and keeps it in PostgreSQL (dsn, query with ?). What fails is told; fatal=N: it ends with status N.
# climate.pl visitors [KEY=VALUE...] asks url every so many seconds; desks hand in the lines of the file asked over TCP (to,
# host:port); boards open up to so many connections (most) and ask on each, ever again. All try again so often (retries).
use strict;
use warnings;
use Carp;
use HTTP::Tiny;
use IO::Socket::INET;
use Time::HiRes 'sleep';

my %options = (every => 0.4, retries => 0, fatal => 0, say => $ARGV[0]);
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

sub keep {
	my ($room, $celsius) = @_;
	require DBI;
	my $tries = $options{retries};
	my $base;
	until ($base = eval { DBI->connect($options{dsn}, 'postgres', '', {RaiseError => 1, PrintError => 0}) }) {
		confess $@ if $tries-- <= 0;
		sleep 0.4;
	}
	$base->do($options{query}, undef, $room, $celsius);
	$base->disconnect;
}

sub hand {
	my ($line) = @_;
	my $tries = $options{retries};
	while (1) {
		my $vault = IO::Socket::INET->new(PeerAddr => $options{to}, Timeout => 2);
		my $why = $!;
		my $answer;
		if ($vault) {
			print {$vault} "$line\n";
			$vault->flush;
			$answer = <$vault>;
			$why = 'it was closed';
		}
		return if defined $answer;
		confess "no answer to $line: $why" if $tries-- <= 0;
		sleep 0.4;
	}
}

my @kept;

sub board {
	for my $board (@kept) {
		print {$board} "1 2
";
		$board->flush;
		next if defined <$board>;
		@kept = ();
		confess 'the line of a board is lost';
	}
	return if @kept >= $options{most};
	push @kept, IO::Socket::INET->new(PeerAddr => $options{to}, Timeout => 2) || confess "no line for a board: $!";
}

sub desk {
	my ($count) = @_;
	my @lines = lines_of($options{asked});
	hand($lines[$count % @lines]);
}

sub watch {
	my ($count) = @_;
	my @readings = $options{readings} ? lines_of($options{readings}) : 'maps 18';
	my ($room, $celsius) = split / /, $readings[$count % @readings];
	keep($room, $celsius) if $options{dsn};
}

my %roles = (watch => \&watch, desks => \&desk, boards => \&board, visitors => sub { fetch("$options{url}?n=$_[0]") });
$SIG{PIPE} = 'IGNORE';
$SIG{TERM} = sub { exit 0 };
for my $count (1 .. 1 << 30) {
	sleep $options{every};
	next if eval { $roles{$ARGV[0]}->($count); 1 };
	print STDERR $@;
	exit $options{fatal} if $options{fatal};
}
