# SPDX-License-Identifier: Apache-2.0
use strict;
use warnings;
package Shop::Order;
use Carp;

sub pay {
    my ($self, $amount) = @_;
    confess "cannot pay $amount";
}

package main;

sub run {
    my $o = bless {}, 'Shop::Order';
    $o->pay(7, "EUR");
}

run();
