# SPDX-License-Identifier: Apache-2.0
class Order
  def total(items)
    items.sum { |item| item.fetch(:price) }
  end
end

def main
  Order.new.total([{ price: 1 }, { cost: 2 }])
end

main
