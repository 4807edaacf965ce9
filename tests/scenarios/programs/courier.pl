#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Relays mail, in Perl: courier.pl [KEY=VALUE...]. Keys: listen (address:port, takes a line and says 250), next (address:port of the
# next hop, gets a line and must say 250), every, bug (module, handles, header), odds, spool (a file that grows by kb each time,
# and is emptied at 8 MB), db and query (SQLite).
use strict;
use warnings;
use IO::Socket::INET;

my %options = (every => 0.3, bug => "", odds => 1, kb => 64);
/^(\w+)=(.*)$/ and $options{$1} = $2 for @ARGV;
my @kept;

sub forward {
	my $next = IO::Socket::INET->new(PeerAddr => $options{next}, Proto => "tcp", Timeout => 1)
		or die "cannot reach the next hop $options{next}: $!";
	local $SIG{ALRM} = sub { die "the next hop $options{next} says nothing" };
	alarm(1);
	print $next "RELAY 1\r\n";
	my $answer = <$next>;
	alarm(0);
	die "the next hop $options{next} hung up" unless defined $answer;
	die "the next hop $options{next} said $answer" unless $answer =~ /^(250|HTTP|PONG)/;
}

sub spool {
	open(my $file, ">>", $options{spool}) or die "cannot spool: $!";
	truncate($file, 0) if -s $file > 8 << 20;
	print $file "m" x ($options{kb} << 10) or die "cannot spool: $!";
	close($file) or die "cannot spool: $!";
}

sub book {
	require DBI;
	my $db = DBI->connect("dbi:SQLite:dbname=$options{db}", "", "", {RaiseError => 1, PrintError => 0});
	$db->selectall_arrayref($options{query});
	$db->disconnect;
}

sub header {
	my %mail = (from => "a\@example.org");
	return $mail{to}->address;
}

sub handle {
	my ($count) = @_;
	forward() if $options{next};
	spool() if $options{spool};
	book() if $options{db};
	return if $count % $options{odds};
	header() if $options{bug} eq "header";
	if ($options{bug} eq "handles") {
		open(my $file, "<", "/etc/hostname") or die "cannot open the aliases: $!";
		push @kept, $file;
	}
}

sub serve {
	my $server = IO::Socket::INET->new(LocalAddr => $options{listen}, Listen => 20, ReuseAddr => 1)
		or die "cannot listen at $options{listen}: $!";
	while (1) {
		my $client = $server->accept or next;
		my $line = <$client>;
		print $client "250 taken\r\n";
		close($client);
	}
}

if ($options{bug} eq "module") {
	require Mail::Fold::Quoted;
}
$| = 1;
serve() if $options{listen};
for (my $count = 1;; $count++) {
	select(undef, undef, undef, $options{every});
	eval { handle($count); 1 } or print STDERR $@;
}
