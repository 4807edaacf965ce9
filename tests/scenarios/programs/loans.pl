# SPDX-License-Identifier: Apache-2.0
# Loans of a library, in Perl: loans.pl [KEY=VALUE...]. A book goes out or comes back every so many seconds. dsn (of DBI), user and
# query: what is asked for each, once more if the base is busy (retries); change: what its release does otherwise (fines);
# printer: a file that a child writes a slip to, one at a time, so many seconds each (speed). fatal=1: ends
# of what fails, else tells it.
use strict;
use warnings;
use DBI;
use Fcntl ':flock';

my %o = (every => 0.3, change => '', retries => 0, fatal => 0, speed => 1, user => 'postgres', map { split /=/, $_, 2 } @ARGV);
my $base;
$SIG{CHLD} = 'IGNORE';
$| = 1;

sub fine {
	my ($out, $back, $cents) = @_;
	my $days = $back - $out;
	return $days * $cents if $o{change} ne 'fines';
	return $cents * 28 / $days; # a rate for each day that it was out
}

sub ask {
	my ($book) = @_;
	$base ||= DBI->connect($o{dsn}, $o{user}, '', {RaiseError => 1, PrintError => 0, AutoCommit => 1});
	$base->do("pragma busy_timeout = 50") if $o{dsn} =~ /SQLite/;
	my $rows = $base->selectall_arrayref($o{query}, undef, $book);
	return scalar @$rows;
}

sub ask_patiently {
	my ($book) = @_;
	for my $try (0 .. $o{retries}) {
		return if eval { ask($book); 1 };
		my $error = $@;
		$base = undef if $error !~ /locked/;
		die $error if $try == $o{retries};
		select undef, undef, undef, 0.25;
	}
}

sub slip {
	my ($book) = @_;
	my $child = fork // die "cannot print the slip of book $book: $!";
	return if $child;
	open my $printer, '>>', $o{printer} or exit 1;
	flock $printer, LOCK_EX;
	print $printer "book $book\n";
	select undef, undef, undef, $o{speed};
	exit 0;
}

sub handle {
	my ($count) = @_;
	my @days = ($count % 7 == 0 ? 0 : 1 + $count % 20);
	my $due = fine(0, @days, 15);
	ask_patiently($count) if $o{dsn};
	slip($count) if $o{printer};
}

for (my $count = 1;; $count++) {
	select undef, undef, undef, $o{every};
	if ($o{fatal}) {
		handle($count);
	} elsif (!eval { handle($count); 1 }) {
		print STDERR "loans: book $count: $@";
	}
}
