# SPDX-License-Identifier: Apache-2.0
use strict;
use warnings;
package Shop;
use Carp;
sub check { croak "amount is negative" }
package main;
Shop::check(-1);
