# SPDX-License-Identifier: Apache-2.0
require "no_such_gem"
