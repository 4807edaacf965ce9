# SPDX-License-Identifier: Apache-2.0
# As DBD::Pg puts it: only the last line tells the place.
sub execute {
	die "DBD::Pg::st execute failed: ERROR:  new row for relation \"lines\" violates check constraint \"lines_pieces_check\"\nDETAIL:  Failing row contains (0).";
}
execute();
