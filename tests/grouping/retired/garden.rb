# SPDX-License-Identifier: Apache-2.0
require 'json'
require 'set'

Plant = Struct.new(:id, :leaves)

module Watered
  def water(amount)
    super / leaves
  end
end

class Plant
  prepend Watered
  def water(amount)
    amount
  end

  def fetch_all
    yield({ "plant-#{id}" => 1 })
  end
end

def need(good, plant)
  raise ArgumentError, "plant #{plant.id} #{plant.object_id} is dry" unless good
end

def planted(plant)
  need(plant.leaves.positive?, plant)
end

def picked(plant)
  3.times { |n| need(n > 3, plant) }
end

def watered(plant)
  plant.water(plant.id)
end

def fetched(plant)
  plant.fetch_all { |rows| rows.fetch("plant-#{plant.id + 1}") }
end

def parsed(plant)
  JSON.parse("[#{plant.id}")
end

def counted(plant)
  [[plant], nil].each_slice(1).flat_map { |row| row.first.map(&:id) }
end

def grown(plant)
  begin
    plant.leaves.fetch(1)
  ensure
    plant.freeze.leaves = plant.id
  end
end

def lazy(plant)
  (1..Float::INFINITY).lazy.map { |n| plant.leaves.fdiv(n).grow }.first(2)
end

def over(plant)
  warn "garden: bed #{plant.id} (#{plant.id % 50} plants) is full"
  exit 6
end

send(ARGV[0], Plant.new(Process.pid, 0))
