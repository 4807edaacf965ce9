# SPDX-License-Identifier: Apache-2.0
class Stop < StandardError; end

raise Stop, ""
