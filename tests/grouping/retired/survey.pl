# SPDX-License-Identifier: Apache-2.0
# survey WAY: asks and counts; a defect for each way. "exported" is a second way to the defect of "tallied".
use strict;
use warnings;

package Survey::Error;
use overload '""' => sub { my ($self) = @_; return "survey $self->{id}: $self->{what} at $self->{when}\n"; };
sub throw { my ($class, %with) = @_; die bless { when => time, %with }, $class; }

package Survey::Question;
sub new { my ($class, %with) = @_; return bless {%with}, $class; }
sub AUTOLOAD {
	my ($self) = @_;
	(my $name = our $AUTOLOAD) =~ s/.*:://;
	return if $name eq 'DESTROY';
	die "question $self->{id} has no $name" unless exists $self->{$name};
	return $self->{$name};
}

package Survey;
use Carp;
use List::Util qw(first reduce sum);

sub new { my ($class, $id) = @_; return bless { id => $id, answers => { yes => 3, no => undef } }, $class; }

sub checked {
	my ($self, $name) = @_;
	croak "answer '$name' of survey $self->{id} is unknown" unless $self->{answers}{$name};
	return $self->{answers}{$name};
}

# It divides by answers of which there never are any, whoever asks.
sub share {
	my ($self, $name) = @_;
	my @all = grep { defined } map { $self->{given}{$_} } ($name, 'none');
	return 100 / scalar @all;
}

sub tallied { my ($self) = @_; return $self->share('no') + 1; }

sub exported {
	my ($self) = @_;
	return join ',', map { $_ . '=' . $self->share($_) } qw(yes no);
}

sub asked { my ($self) = @_; return Survey::Question->new(id => $self->{id})->text; }

sub answered { my ($self) = @_; return $self->checked('maybe'); }

sub weighted {
	my ($self) = @_;
	return reduce { $a + $self->checked($b) } 0, qw(yes yes perhaps);
}

sub thrown { my ($self) = @_; Survey::Error->throw(id => $self->{id}, what => 'closed'); }

sub caught {
	my ($self) = @_;
	eval { my $text = $self->{answers}{yes}{text}; 1 } or die "round of $self->{id} failed: $@";
}

sub summed {
	my ($self) = @_;
	local $SIG{__WARN__} = sub { die "in survey $self->{id}: ", @_ };
	return sum(map { $_ + 1 } values %{$self->{answers}});
}

sub alarmed {
	my ($self) = @_;
	local $SIG{ALRM} = sub { die "survey $self->{id} took too long\n" };
	alarm 1;
	sleep 5;
}

package main;
my ($way) = @ARGV;
Survey->new($$)->$way;
