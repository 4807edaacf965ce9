# SPDX-License-Identifier: Apache-2.0
"""A certification authority of our own: right certificates, and wrong ones of each kind, made with openssl."""
import os
import subprocess


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


class Authority:
    """self.ca is the file to trust; certificate() gives (certificate, key) for a server or client."""

    def __init__(self, folder):
        self.dir = folder
        os.makedirs(folder, exist_ok=True)
        self.ca = os.path.join(folder, "ca.pem")
        self.key = os.path.join(folder, "ca.key")
        if not os.path.exists(self.ca):
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                    "-subj", "/CN=lastwords test CA", "-addext", "basicConstraints=critical,CA:TRUE",
                    "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", self.key, "-out", self.ca)

    def certificate(self, name="localhost", names="DNS:localhost,IP:127.0.0.1", days=30):
        """days < 0 gives one that has expired."""
        base = os.path.join(self.dir, f"{name}{days}")
        if not os.path.exists(base + ".pem"):
            with open(base + ".ext", "w", encoding="ascii") as file:
                file.write(f"subjectAltName={names}\nbasicConstraints=CA:FALSE\n")
            openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                    "-keyout", base + ".key", "-out", base + ".csr")
            openssl("x509", "-req", "-in", base + ".csr", "-CA", self.ca, "-CAkey", self.key, "-CAcreateserial",
                    "-days", str(days), "-extfile", base + ".ext", "-out", base + ".pem")
        return base + ".pem", base + ".key"
