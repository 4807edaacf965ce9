# SPDX-License-Identifier: Apache-2.0
"""The OpenTelemetry Collector with its OTLP receiver over HTTP (tests/sinks/otelcol), and protoc with the published schema."""
import os
import subprocess

from .process import Receiver, cached, read_lines, write_text


def value_of(value):
    """The plain form of an OTLP/JSON AnyValue."""
    (kind, content), = value.items() if value else [("none", None)]
    if kind == "intValue":
        return int(content)
    if kind == "doubleValue":
        return float(content)
    if kind == "arrayValue":
        return [value_of(part) for part in content.get("values", [])]
    if kind == "kvlistValue":
        return attributes(content.get("values", []))
    return content


def attributes(pairs):
    found = {pair["key"]: value_of(pair.get("value", {})) for pair in pairs}
    if len(found) != len(pairs):
        raise ValueError(f"an attribute is there twice: {[pair['key'] for pair in pairs]}")
    return found


def records(request):
    """Each log record of an ExportLogsServiceRequest in OTLP/JSON, with its resource and scope."""
    for resource in request.get("resourceLogs", []):
        for scope in resource.get("scopeLogs", []):
            for record in scope.get("logRecords", []):
                yield {**record, "resource": attributes(resource.get("resource", {}).get("attributes", [])),
                       "schemaUrl": resource.get("schemaUrl", ""), "scope": scope.get("scope", {}),
                       "attributes": attributes(record.get("attributes", [])), "body": value_of(record.get("body", {}))}


class Otelcol(Receiver):
    """POST to url; received() gives records(), in the order of arrival."""
    name = "otelcol"

    def prepare(self):
        self.url = f"http://127.0.0.1:{self.port}/v1/logs"
        write_text(self.path("conf.yaml"), f"""
receivers: {{otlp: {{protocols: {{http: {{endpoint: "127.0.0.1:{self.port}"}}}}}}}}
exporters: {{lines: {{path: "{self.path('received')}"}}}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines: {{logs: {{receivers: [otlp], exporters: [lines]}}}}
""")

    def command(self):
        return [cached("otelcol"), "--config", self.path("conf.yaml")]

    def received(self):
        return [record for request in read_lines(self.path("received")) for record in records(request)]


def decode(request):
    """What protoc makes of an ExportLogsServiceRequest, as text; an error when it does not fit the schema."""
    include = cached("proto")
    done = subprocess.run(["protoc", f"-I{include}", "--decode=opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest",
                           os.path.join(include, "opentelemetry/proto/collector/logs/v1/logs_service.proto")],
                          input=request, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()
