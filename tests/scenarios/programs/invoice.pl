# SPDX-License-Identifier: Apache-2.0
# A service in Perl that writes invoices every so often: invoice.pl [KEY=VALUE...]. every: seconds; dsn, user, query: of PostgreSQL, done each
# time; spool: a folder in which it writes kb; bug (at one invoice in odds): date, method. `use Vat` with vat=1. fatal=1: ends of it.
use strict;
use warnings;
use Time::Local qw(timelocal_modern);

my %options = (every => 0.3, bug => "", odds => 1, fatal => 0, user => "postgres", kb => 200, map { split /=/, $_, 2 } @ARGV);
my $database;
require Vat if $options{vat};

sub due {
	my ($year, $month, $day) = @_;
	return timelocal_modern(0, 0, 0, $day, $month - 1, $year);
}

sub store {
	require DBI;
	$database = undef if $database && !$database->ping;
	$database ||= DBI->connect("dbi:Pg:$options{dsn}", $options{user}, "", {RaiseError => 1, PrintError => 0});
	$database->do($options{query});
}

sub spool {
	my ($count) = @_;
	open(my $file, ">", "$options{spool}/invoice-$count") or die "cannot write invoice $count: $!";
	print {$file} "x" x ($options{kb} << 10);
	close($file) or die "cannot write invoice $count: $!";
}

sub invoice {
	my ($count) = @_;
	store() if $options{dsn};
	spool($count) if $options{spool};
	Vat->rate("DE") if $options{vat};
	return if $count % $options{odds};
	due(2027, 2, 30) if $options{bug} eq "date";
	bless({}, "Invoice")->total if $options{bug} eq "method";
}

$| = 1;
for (my $count = 1;; $count++) {
	select(undef, undef, undef, $options{every});
	if ($options{fatal}) {
		invoice($count);
	} else {
		eval { invoice($count); 1 } or print STDERR $@;
	}
}
