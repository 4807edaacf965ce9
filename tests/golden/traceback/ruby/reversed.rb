# SPDX-License-Identifier: Apache-2.0
def load(path)
  File.read(path)
end

def main
  load("/nonexistent/config.yml")
end

begin
  main
rescue => e
  $stderr.puts e.full_message(highlight: false, order: :bottom)
end
