"""bridgebox in the black-box bench of IRC bridges: put this class into its bridges.py and into ALL.

BRIDGEBOX names the checkout; its dependencies are installed (npm ci). The relay client has the nick NICK and no
flood limit, as the IRC server of the bench has none; alice has no login and is relayed.
"""
import asyncio
import os
from pathlib import Path
from urllib.parse import quote

from stack import CHANNEL, DOMAIN, NICK, registration


class Bridgebox:
    name, slow, patched = "bridgebox", None, False
    checkout = Path(os.environ.get("BRIDGEBOX", "."))

    def registration(self, stack):
        url = f"http://127.0.0.1:{stack.bridge_port}"
        return registration("bridgebox", url, [f"@irc_.*:{DOMAIN}", f"@bridgebox:{DOMAIN}"], "bridgebox", [f"#irc_.*:{DOMAIN}"])

    async def prepare(self, stack):
        irc = {"type": "irc", "server": "127.0.0.1", "port": stack.irc_port, "tls": False, "nick": NICK, "flood": "off", "channels": [CHANNEL]}
        config = {
            "homeserver": {"address": stack.hs, "domain": DOMAIN},
            "appservice": {"address": f"http://127.0.0.1:{stack.bridge_port}", "port": stack.bridge_port},
            "registration": "reg-bridgebox.yaml", "database": {"path": "bridgebox.db", "key_file": "bridgebox.key"},
            "networks": {"irc": irc}, "logging": {"level": "info", "format": "json"},
        }
        stack.write("bridgebox.yaml", config)
        for secret in ("bridgebox.yaml", "reg-bridgebox.yaml"):
            (stack.dir / secret).chmod(0o600)

    def command(self, stack):
        node = self.checkout / "node_modules" / ".bin" / "node"
        return [node, self.checkout / "bridgebox.js", "start", "-c", stack.dir / "bridgebox.yaml"], {}

    async def link(self, stack):
        alias = quote(f"#irc_{CHANNEL}:{DOMAIN}")
        for _ in range(60):
            try:
                return (await stack.alice.call("POST", f"/_matrix/client/v3/join/{alias}", {}))["room_id"]
            except RuntimeError:
                await asyncio.sleep(0.5)
        raise TimeoutError("the channel's room was not made")
