# SPDX-License-Identifier: Apache-2.0
use strict;
use warnings;
package Failure;
use overload '""' => sub { "Failure: " . $_[0]{text} . "\n" };
package main;
die bless {text => "as an object"}, 'Failure';
