# SPDX-License-Identifier: Apache-2.0
# bakery WAY: bakes what was ordered; a defect for each way.
require 'json'
require 'set'

class BakeryError < StandardError; end

class OvenError < BakeryError
  def initialize(oven, heat)
    super("oven #{oven} has #{heat} degrees")
  end
end

module Weighed
  def grams
    @parts.sum { |part| part[:grams] }
  end
end

class Dough
  include Weighed
  attr_reader :parts

  def initialize(parts)
    @parts = parts
  end

  def share(name)
    parts.find { |part| part[:name] == name }[:grams] * 100 / grams
  end
end

class Oven
  def initialize(number)
    @number = number
    @heat = 20 + number % 60
  end

  def bake(minutes)
    raise OvenError.new(@number, @heat) if @heat < 180

    yield minutes
  end

  def method_missing(name, *args)
    name.to_s.start_with?('set_') ? instance_variable_set("@#{name[4..]}", args.first) : super
  end

  def respond_to_missing?(name, all = false)
    name.to_s.start_with?('set_') || super
  end
end

class Bakery
  def initialize(number)
    @number = number
    @dough = Dough.new([{ name: 'flour', grams: 500 }, { name: 'water', grams: 300 }])
    @orders = [[3, 'loaf'], [number % 9, 'roll']]
  end

  def salted
    @dough.share('flour') + @dough.share('salt')
  end

  def thinned
    @dough.parts.clear
    @dough.parts << { name: 'flour', grams: 0 }
    @dough.share('flour')
  end

  def baked
    Oven.new(@number).bake(30) { |minutes| minutes + 1 }
  end

  def vented
    oven = Oven.new(@number)
    oven.set_heat(200)
    oven.bake(12) { oven.vent(@number) }
  end

  def delivered
    deliver(@orders.map(&:last).each_slice(1).to_a, "/tmp/bakery-#{@number}/tour")
  end

  def sold
    prices = { loaf: 4, roll: 1 }.freeze
    @orders.each { |count, kind| prices[kind.to_sym] = count }
  end

  def parsed
    order = JSON.parse("{\"count\": #{@number}, \"kind\": ", symbolize_names: true)
    order[:count]
  end

  def proofed
    proofs = Array.new(3) { |n| Thread.new { proof(n) } }
    proofs.each { |thread| thread.report_on_exception = false }
    proofs.map(&:value)
  end

  def layered
    fold_layer(@number % 5)
  end

  def closed
    warn "bakery: closed, #{@orders.size} orders of #{@number} are left"
    exit 6
  end

  private

  def deliver(boxes, tour)
    File.write(tour, boxes.join(','))
  rescue SystemCallError
    raise BakeryError, "tour #{@number} is lost"
  end

  def proof(number)
    Integer("#{number}x#{@number}") if number == 1
    number
  end

  def fold_layer(layer)
    [layer].sum { |n| fold_layer(n + 1) }
  end
end

way = ARGV.first.to_sym
Bakery.new(Process.pid).public_send(way)
