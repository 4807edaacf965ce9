# SPDX-License-Identifier: Apache-2.0
use strict;
use warnings;

package Shelf;
sub new { my ($class, $id) = @_; return bless { id => $id, books => [] }, $class; }
sub must { my ($self, $good) = @_; die "shelf $self->{id} is locked" unless $good; }
sub opened { my ($self) = @_; $self->must(0); }
sub lent { my ($self) = @_; my @got = map { $self->must($_ > 2) } (1, 2); return @got; }
sub titled { my ($self) = @_; return $self->{books}{title}; }
sub counted { my ($self) = @_; return $self->{id} / @{$self->{books}}; }
sub sorted { my ($self) = @_; my @got = sort { $a->author cmp $b->author } ($self, $self); return @got; }
sub called { my ($self) = @_; my $name = "by_$self->{id}"; no strict 'refs'; return undef->$name(); }
sub loaded { my ($self) = @_; require Shelf::Plugin; }
sub full { my ($self) = @_; print STDERR "library: shelf $self->{id} is full\n"; exit 7; }

package main;
my %ways = map { $_ => Shelf->can($_) } qw(opened lent titled counted sorted called loaded full);
$ways{$ARGV[0]}->(Shelf->new($$));
