# SPDX-License-Identifier: Apache-2.0
# Folios of hotel guests, in Perl: folio.pl [KEY=VALUE...]. Every so many seconds one is closed: rates: INI with the price of each kind
# of room, read for each; stays: a file of lines "GUEST NIGHTS CENTS", read in turn; dsn (of DBI) and query; bank: HOST:PORT that is
# asked for what goes back to the guest, again so often (retries); change: what its release does otherwise (currency: ends with 25 at
# what is paid in another one). fatal=1: ends of what fails, with status 69 when it was the bank; else tells it.
use strict;
use warnings;
use IO::Socket::INET;

my %o = (every => 0.3, change => '', retries => 0, fatal => 0, map { split /=/, $_, 2 } @ARGV);
my @kinds = qw(single double twin suite);
my @currencies = qw(EUR EUR CHF EUR EUR USD);
my ($base, $at_bank);
$| = 1;
$SIG{PIPE} = 'IGNORE';

sub price_of {
	my ($kind) = @_;
	my %price;
	open my $file, '<', $o{rates} or die "cannot open $o{rates}: $!";
	while (<$file>) {
		$price{$1} = $2 if /^(\w+)\s*=\s*(\S+)/;
	}
	defined $price{$kind} or die "no price of a $kind in $o{rates}";
	$price{$kind} =~ /^\d+\.\d\d$/ or die "$price{$kind} is no price of a $kind";
	return $price{$kind};
}

sub stay {
	my ($count) = @_;
	open my $file, '<', $o{stays} or die "cannot open $o{stays}: $!";
	my @stays = <$file>;
	return split ' ', $stays[$count % @stays];
}

sub per_night {
	my ($guest, $nights, $cents) = @_;
	return sprintf '%s: %.2f a night', $guest, $cents / 100 / $nights;
}

sub ask_base {
	my ($count) = @_;
	require DBI;
	$base ||= DBI->connect($o{dsn}, 'postgres', '', {RaiseError => 1, PrintError => 0});
	my $done = eval { $base->selectall_arrayref($o{query}, undef, $count); 1 };
	return if $done;
	my $error = $@;
	$base = undef;
	die $error;
}

sub pay_back {
	my ($count) = @_;
	my $bank = IO::Socket::INET->new(PeerAddr => $o{bank}, Timeout => 1) or die "the bank $o{bank}: $!";
	print $bank "GET /refund?folio=$count HTTP/1.0\r\n\r\n";
	my $line = <$bank> // die "the bank $o{bank} ends the refund of folio $count: $!";
	$line =~ m{^HTTP/1.0 200} or die "the bank answers $line";
}

sub refund {
	my ($count) = @_;
	$at_bank = 1;
	for my $try (0 .. $o{retries}) {
		last if eval { pay_back($count); 1 };
		die $@ if $try == $o{retries};
		print STDERR "folio: the bank does not take $count yet, once more\n";
		select undef, undef, undef, 0.4;
	}
	$at_bank = 0;
}

sub close_folio {
	my ($count) = @_;
	my $currency = $currencies[$count % @currencies];
	if ($o{change} eq 'currency' && $currency ne 'EUR') {
		print STDERR "folio $count: no exchange rate of $currency\n";
		exit 25;
	}
	price_of($kinds[$count % @kinds]) if $o{rates};
	per_night(stay($count)) if $o{stays};
	ask_base($count) if $o{dsn};
	refund($count) if $o{bank};
}

for (my $count = 1;; $count++) {
	select undef, undef, undef, $o{every};
	next if eval { close_folio($count); 1 };
	print STDERR $@;
	exit($at_bank ? 69 : 70) if $o{fatal};
}
