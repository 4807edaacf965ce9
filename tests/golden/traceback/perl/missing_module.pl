# SPDX-License-Identifier: Apache-2.0
use strict;
use warnings;
require No::Such::Module;
