# SPDX-License-Identifier: Apache-2.0
module Shop
  module Db
    class Timeout < StandardError
      def message
        "no answer (5 s)"
      end
    end
  end

  def self.query
    raise Db::Timeout
  end
end

[1].each { |x| Shop.query }
