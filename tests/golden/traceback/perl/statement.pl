# SPDX-License-Identifier: Apache-2.0
# DBI with ShowErrorStatement, and Carp for every die: the place comes twice.
use Carp;
$SIG{__DIE__} = \&Carp::confess;
sub due {
	my $id = shift;
	die "DBD::Pg::st execute failed: ERROR:  column \"due\" does not exist\nLINE 2:         due\n                ^ [for Statement \"SELECT id,\n        due\n   FROM loans\n  WHERE id = ?\" with ParamValues: 1='$id']";
}
eval { due(7) };
print STDERR $@, "goes on\n";
