# SPDX-License-Identifier: Apache-2.0
t = Thread.new { raise IOError, "closed stream" }
t.join
