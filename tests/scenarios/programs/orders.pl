# SPDX-License-Identifier: Apache-2.0
# Switching orders of an electricity grid, in Perl: orders.pl ROLE [KEY=VALUE...]. `desk` gives one every so many seconds: it looks which
# switches must not be open together (change: what its release does otherwise: interlock asks a table that it has not got), notes it
# in a base (dsn of DBI, query with one ?) and in the file journal; fatal=1: ends of what fails, else tells it. `rtu` sends
# measurements to the address to, one line of the file values each time, and tells what was not taken; retries: how often it tries
# again; flaky=1: it goes away in the midst of one of six.
use strict;
use warnings;
use Carp;
use DBI;
use IO::Socket::INET;

my $role = shift @ARGV;
my %o = (every => 0.3, change => '', retries => 0, fatal => 0, flaky => 0, user => 'postgres', map { split /=/, $_, 2 } @ARGV);
my %locked = (Q1 => ['Q2'], Q2 => ['Q1'], Q7 => []);
my %open;
my $base;
$| = 1;

package Interlock;

sub new {
	my ($class) = @_;
	return bless {}, $class;
}

sub allows {
	my ($self, $switch) = @_;
	return !grep { $open{$_} } @{$locked{$switch}};
}

package main;

sub note {
	my ($count) = @_;
	$base ||= DBI->connect($o{dsn}, $o{user}, '', {RaiseError => 1, PrintError => 0, AutoCommit => 1});
	$base->do($o{query}, undef, $count);
}

sub journal {
	my ($count, $switch) = @_;
	open my $file, '>>', $o{journal} or croak "cannot open $o{journal}: $!";
	print $file "$count $switch\n";
	close $file or croak "cannot write $o{journal}: $!";
}

sub order {
	my ($count) = @_;
	my $switch = (sort keys %locked)[$count % 3];
	my $interlock = Interlock->new;
	my $may = $o{change} eq 'interlock' ? $interlock->table->allows($switch) : $interlock->allows($switch);
	%open = ($switch => 1) if $may;
	note($count) if $o{dsn};
	journal($count, $switch) if $o{journal};
}

sub value {
	my ($count) = @_;
	return "S" . $count % 9 . " 110.2 80/81/79" if !$o{values};
	open my $file, '<', $o{values} or die "no values: $!";
	chomp(my @lines = <$file>);
	return $lines[$count % @lines];
}

sub measure {
	my ($count) = @_;
	my $line = value($count);
	for my $try (0 .. $o{retries}) {
		my $collector = IO::Socket::INET->new(PeerAddr => $o{to}, Timeout => 1);
		if ($collector && $o{flaky} && $count % 6 == 0) {
			print $collector substr($line, 0, 4);
			return;
		}
		print $collector "$line\n" if $collector;
		my $answer = $collector ? <$collector> : undef;
		return if defined $answer && $answer =~ /^OK/;
		die "'$line' was not taken: " . ($answer // "no answer ($!)\n") if $try == $o{retries};
		select undef, undef, undef, 0.4;
	}
}

for (my $count = 1;; $count++) {
	select undef, undef, undef, $o{every};
	if ($o{fatal}) {
		order($count);
	} elsif (!eval { $role eq 'rtu' ? measure($count) : order($count); 1 }) {
		print STDERR "$role: $@";
	}
}
