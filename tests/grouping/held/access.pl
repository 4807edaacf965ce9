# SPDX-License-Identifier: Apache-2.0
# access WAY: reads what a web server logged; a defect for each way.
use strict;
use warnings FATAL => qw(uninitialized numeric);

package Access::Line;
use Carp;

sub new {
	my ($class, %fields) = @_;
	croak "line $fields{number} has no path" unless defined $fields{path};
	return bless {%fields}, $class;
}

sub bytes { my ($self) = @_; return $self->{bytes} + 1; }

sub host { my ($self) = @_; return $self->{client}->name; }

package Access::Report;

sub new { my ($class, @lines) = @_; return bless { lines => [@lines], seen => {} }, $class; }

sub total { my ($self) = @_; my $sum = 0; $sum += $_->bytes for @{ $self->{lines} }; return $sum; }

sub rate { my ($self, $seconds) = @_; return @{ $self->{lines} } / $seconds; }

sub check { my ($self, $good, $what) = @_; die "access: $what\n" unless $good; return $self; }

sub each_line { my ($self, $do) = @_; return map { $do->($_) } @{ $self->{lines} }; }

package main;

sub line { return Access::Line->new(number => $$, path => "/p/$$", bytes => 12, @_); }

sub loaded { return line(path => undef)->bytes; }

sub summed { return Access::Report->new(line(), line(bytes => "$$-"))->total; }

sub rated { my $report = Access::Report->new(line()); return $report->rate(($$ % 7) * 0); }

sub named { return Access::Report->new(line())->each_line(sub { $_[0]->host }); }

sub recent { return Access::Report->new(line())->check(0, "no line of the last " . ($$ % 60) . " minutes"); }

sub ordered { my $report = Access::Report->new(); return $report->check(@{ $report->{lines} } > 0, "report $$ is empty"); }

sub rotated {
	open(my $file, '<', "/tmp/access-$$/access.log.1") or die "access.log.1 of $$: $!";
	return <$file>;
}

sub matched { my $pattern = "(GET $$"; return grep { /$pattern/ } "GET /"; }

sub replayed {
	my $line = line();
	return eval { $line->replay($$) } // die "replay failed: $@";
}

sub frozen { my %seen = (path => 1); Internals::SvREADONLY($seen{path}, 1); $seen{path} = $$; return 1; }

sub pruned {
	printf STDERR "access: %d lines of %d are too old\n", $$ % 1000, $$;
	exit 3;
}

my %ways = (loaded => \&loaded, summed => \&summed, rated => \&rated, named => \&named, recent => \&recent, ordered => \&ordered,
	rotated => \&rotated, matched => \&matched, replayed => \&replayed, frozen => \&frozen, pruned => \&pruned);
$ways{ $ARGV[0] }->();
