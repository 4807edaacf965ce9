# SPDX-License-Identifier: Apache-2.0
use DBI;
eval {
	DBI->connect("dbi:Pg:dbname=loans;host=/nonexistent;port=7799", "loans", "", { RaiseError => 1, PrintError => 0 });
};
print STDERR $@, "goes on\n";
