# SPDX-License-Identifier: Apache-2.0
"""ClickHouse over HTTP."""
import json
import os
from urllib.parse import quote

from .client import answers, request
from .process import Receiver, free_port, write_text


class ClickHouse(Receiver):
    """received(table) gives the rows of a table; query() anything else, as text."""
    name = "clickhouse"

    def prepare(self):
        self.url = f"http://127.0.0.1:{self.port}/"
        for folder in ("data", "tmp", "files", "format"):
            os.makedirs(self.path(folder), exist_ok=True)
        write_text(self.path("users.xml"), """<yandex>
<profiles><default><max_memory_usage>2000000000</max_memory_usage><log_queries>0</log_queries></default></profiles>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users>
<quotas><default/></quotas>
</yandex>""")
        write_text(self.path("config.xml"), f"""<yandex>
<logger><level>warning</level><console>1</console></logger>
<listen_host>127.0.0.1</listen_host><http_port>{self.port}</http_port><tcp_port>{free_port()}</tcp_port>
<path>{self.path('data')}/</path><tmp_path>{self.path('tmp')}/</tmp_path><user_files_path>{self.path('files')}/</user_files_path>
<format_schema_path>{self.path('format')}/</format_schema_path>
<users_config>{self.path('users.xml')}</users_config><default_profile>default</default_profile>
<default_database>default</default_database><mark_cache_size>67108864</mark_cache_size>
</yandex>""")

    def command(self):
        return ["clickhouse-server", f"--config-file={self.path('config.xml')}"]

    def ready(self):
        return answers(self.port, "/ping") or answers(self.port, "/")

    def query(self, text, body=None):
        status, _, answer = request(self.port, "POST", "/?query=" + quote(text), body or b"")
        if status != 200:
            raise RuntimeError(f"{text[:200]}: {status} {answer[:500]!r}")
        return answer.decode("utf-8", "surrogateescape")

    def received(self, table="lastwords_events"):
        text = self.query(f"SELECT * FROM {table} FORMAT JSONEachRow")
        return [json.loads(line, strict=False) for line in text.split("\n") if line]
