# SPDX-License-Identifier: Apache-2.0
# Duties of an orchestra, in Perl: rota.pl [KEY=VALUE...]. Every so many seconds one is given out: players: a file of lines "NAME DESK
# DUTIES", read in turn; base: a folder with Rota/Rules.pm, whose pay() is asked; dsn (of DBI) and query with one ?; stage: HOST:PORT that
# is told, again so often (retries); change: what its release does otherwise (deputy: asks who stands in, whom nobody named). fatal=1:
# ends of what fails, with the status of die; else tells it.
use strict;
use warnings;
use Carp qw(confess);
use IO::Socket::INET;

my %o = (every => 0.3, change => '', retries => 0, fatal => 0, map { split /=/, $_, 2 } @ARGV);
my %deputy = (violin => Player->new('Ada'), viola => Player->new('Bo'));
my @desks = qw(violin viola violin horn);
my $base;
$| = 1;
$SIG{PIPE} = 'IGNORE';

package Player;

sub new {
	my ($class, $name) = @_;
	return bless {name => $name}, $class;
}

sub name {
	my ($self) = @_;
	return $self->{name};
}

package main;

sub duties_of {
	my ($count) = @_;
	open my $file, '<', $o{players} or confess "cannot open $o{players}: $!";
	my @players = <$file>;
	my ($name, $desk, $duties) = split ' ', $players[$count % @players];
	return ($name, 800 / $duties);
}

sub stand_in {
	my ($desk) = @_;
	return $deputy{$desk}->name;
}

sub ask_base {
	my ($count) = @_;
	require DBI;
	$base ||= DBI->connect($o{dsn}, 'postgres', '', {RaiseError => 1, PrintError => 0});
	return if eval { $base->selectall_arrayref($o{query}, undef, $count); 1 };
	my $error = $@;
	$base = undef;
	confess $error;
}

sub tell_stage {
	my ($count) = @_;
	for my $try (0 .. $o{retries}) {
		my $stage = IO::Socket::INET->new(PeerAddr => $o{stage}, Timeout => 1);
		my $why = "$!";
		print $stage "GET /?n=$count HTTP/1.0\r\n\r\n" if $stage;
		my $line = $stage ? <$stage> : undef;
		return if defined $line && $line =~ / 200/;
		confess "the stage $o{stage}: " . ($line // $why) if $try == $o{retries};
		select undef, undef, undef, 0.4;
	}
}

sub give_out {
	my ($count) = @_;
	duties_of($count) if $o{players};
	stand_in($desks[$count % @desks]) if $o{change} eq 'deputy';
	if ($o{base}) {
		require Rota::Rules;
		Rota::Rules::pay($desks[$count % @desks], $count);
	}
	ask_base($count) if $o{dsn};
	tell_stage($count) if $o{stage};
}

unshift @INC, $o{base} if $o{base};
for (my $count = 1;; $count++) {
	select undef, undef, undef, $o{every};
	if ($o{fatal}) {
		give_out($count);
	} elsif (!eval { give_out($count); 1 }) {
		print STDERR "rota: duty $count: $@";
	}
}
