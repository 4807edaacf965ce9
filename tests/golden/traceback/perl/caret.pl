# SPDX-License-Identifier: Apache-2.0
# As DBD::Pg puts it: the last line is a caret.
sub due {
	my $id = shift;
	die "DBD::Pg::st execute failed: ERROR:  column \"due\" does not exist\nLINE 1: SELECT due FROM loans WHERE id = $id\n               ^";
}
warn "starts\n";
eval { due(7) };
warn $@;
warn "goes on\n";
