# SPDX-License-Identifier: Apache-2.0
use strict;
use warnings;

package Letter;

sub new { my ($class, $id) = @_; return bless { id => $id }, $class; }

sub stamp {
	my ($self) = @_;
	die sprintf("letter %d of %s has no stamp\n", $self->{id}, scalar(localtime)) unless $self->{stamp};
}

sub rethrown {
	my ($self) = @_;
	eval { $self->address->{street}; 1 } or die "letter $self->{id}: $@";
}

sub address { my ($self) = @_; return [$self->{id}]; }

sub weighed { my ($self) = @_; return sqrt(-$self->{id}); }

sub carped { my ($self) = @_; require Carp; Carp::confess("letter $self->{id} is lost"); }

sub unknown { my ($self) = @_; return $self->frank(1); }

package main;

my %ways = map { $_ => Letter->can($_) } qw(stamp rethrown weighed carped unknown);
$ways{$ARGV[0]}->(Letter->new($$));
