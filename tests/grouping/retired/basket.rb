# SPDX-License-Identifier: Apache-2.0
class BasketError < StandardError; end

class Basket
  def initialize(id)
    @id = id
    @rows = {}
  end

  def wrapped
    Integer("amount #{@id}")
  rescue ArgumentError
    raise BasketError, "basket #{@id} of #{object_id} is not valid"
  end

  def summed
    [1, nil].map { |n| n + @id }.sum
  end

  def threaded
    Thread.report_on_exception = false
    Thread.new { @rows.fetch(@id) }.join
  end

  define_method(:defined) { frozen << "#{@id}" }

  def frozen
    "basket".freeze
  end

  def method_missing(name, *args)
    raise NameError, "no #{name} in basket #{@id}" if name == :checkout
    super
  end

  def missing
    checkout(@id)
  end
end

def run(way)
  Basket.new(Process.pid).public_send(way)
end

run(ARGV[0])
