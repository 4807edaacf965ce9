# SPDX-License-Identifier: Apache-2.0
# payroll WAY: pays; a defect for each way. "bonus" is a second way to the defect of "salary".
require 'erb'
require 'forwardable'
require 'timeout'

class PayError < StandardError; end

Account = Struct.new(:id, :balance) do
  def withdraw(amount)
    raise PayError, "account #{id}: #{amount} at #{Time.now.to_f}" if amount > balance
  end
end

class Employee
  extend Forwardable
  def_delegators :@manager, :approve

  attr_reader :id, :hours

  def initialize(id)
    @id = id
    @hours = { mon: 8 }
  end

  def method_missing(name, *args)
    return hours.fetch(name[4..].to_sym) if name.start_with?('day_')

    super
  end

  def respond_to_missing?(name, _all = false)
    name.start_with?('day_')
  end

  # It takes hours to be a list, whoever asks.
  def rate
    hours.sum / hours.size
  end
end

# One account, two that take more than there is.
def paid(employee)
  Account.new(employee.id, 0).withdraw(1)
end

def refunded(employee)
  account = Account.new(employee.id, 2)
  [1, 2, 3].each { |amount| account.withdraw(amount) }
end

def salary(employee)
  employee.rate * 160
end

def bonus(employee)
  [employee].map(&:rate).max
end

def approved(employee)
  employee.approve(employee.id)
end

def timed(employee)
  employee.day_sun + employee.id
end

def slip(employee)
  ERB.new("Dear <%= employee.name.capitalize %>,\n").result(binding)
end

def retried(employee)
  tries = 0
  begin
    File.read("/tmp/payroll-#{employee.id}/#{tries}")
  rescue SystemCallError
    retry if (tries += 1) < 3
    raise PayError, "payroll #{employee.id} has no rates"
  end
end

def late(employee)
  Timeout.timeout(0.01) { sleep employee.id }
end

def nested(employee, depth = employee.id)
  nested(employee, depth + 1) + 1
end

def ended(_employee)
  at_exit { raise PayError, "#{Process.pid} payments are not booked" }
end

def aborted(employee)
  abort "payroll: #{employee.id} of #{employee.id * 3} payments failed"
end

send(ARGV[0], Employee.new(Process.pid))
