#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""browse.py CHROMIUM PROFILE PAGE [PICTURES] - open a page of avicd's in headless Chromium, use it as a person would, print what happened.

Speaks the DevTools protocol over the browser's pipes: a JSON text and a NUL a message, fd 3 to it, fd 4 from it. The mouse and the keyboard are
the browser's own, so what cannot be clicked is not clicked. On stdout one JSON object: title, messages (console, exceptions, the log),
requests (URLs), tables (for each its heads, and whether two clicks on one order its rows and turn them round), filter, backgrounds.
"""
import atexit
import base64
import json
import os
import subprocess
import sys

chromium, profile, page = sys.argv[1:4]
pictures = sys.argv[4] if len(sys.argv) > 4 else None
OPTIONS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --disable-extensions --disable-dev-shm-usage --hide-scrollbars --window-size=1280,900 --remote-debugging-pipe"
).split()


class Browser:
    def __init__(self):
        to_read, self.to = os.pipe()
        self.back, back_write = os.pipe()

        def in_child():
            # both first out of the way: either may be 3 or 4 itself
            a, b = os.dup2(to_read, 30), os.dup2(back_write, 31)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            [chromium, *OPTIONS, f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            close_fds=False, preexec_fn=in_child)
        atexit.register(self.process.kill)
        os.close(to_read)
        os.close(back_write)
        self.buffer = b""
        self.number = 0
        self.session = None
        self.events = []

    def message(self):
        while b"\0" not in self.buffer:
            data = os.read(self.back, 1 << 16)
            if not data:
                sys.exit("browse.py: the browser has ended")
            self.buffer += data
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **params):
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.to, json.dumps(request).encode() + b"\0")
        while True:
            m = self.message()
            if m.get("id") == self.number:
                if "error" in m:
                    sys.exit(f"browse.py: {method}: {m['error']['message']}")
                return m["result"]
            self.events.append(m)

    def wait_event(self, method):
        while not any(e.get("method") == method for e in self.events):
            self.events.append(self.message())

    def js(self, expression):
        r = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in r:
            sys.exit(f"browse.py: {expression}: {r['exceptionDetails']['text']}")
        return r["result"].get("value")

    def click(self, element):
        x, y = self.js(f"(()=>{{const e={element};e.scrollIntoView({{block:'center',inline:'center'}});"
                       "const r=e.getBoundingClientRect();return [r.x+r.width/2,r.y+r.height/2]})()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self, name):
        if pictures:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            clip = dict(x=0, y=0, width=size["width"], height=min(size["height"], 4000), scale=1)
            data = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
            with open(f"{pictures}/{name}.png", "wb") as f:
                f.write(base64.b64decode(data))


def column(i, k):
    """what the rows of table i show in column k: by what is to be ordered, a number where the cell has one"""
    return (f"Array.from(document.querySelectorAll('table')[{i}].tBodies[0].rows,"
            f"r=>{{const c=r.cells[{k}];return c.dataset.v!==undefined?+c.dataset.v:c.textContent}})")


def ordered(values):
    """'up', 'down', 'same' or 'none' of numbers; 'text' otherwise, whose order is the browser's collation: that is only turned round"""
    if all(isinstance(v, (int, float)) for v in values):
        if len(set(values)) < 2:
            return "same"
        if all(a <= b for a, b in zip(values, values[1:])):
            return "up"
        if all(a >= b for a, b in zip(values, values[1:])):
            return "down"
        return "none"
    return "text"


b = Browser()
target = b.call("Target.createTarget", url="about:blank")["targetId"]
b.session = b.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
for domain in ("Page", "Runtime", "Log", "Network"):
    b.call(f"{domain}.enable")
b.events.clear()
b.call("Page.navigate", url=page)
b.wait_event("Page.loadEventFired")
result = {"title": b.js("document.title"), "tables": [], "filter": None, "backgrounds": {}}
b.picture("light")

for i in range(b.js("document.querySelectorAll('table').length")):
    heads = b.js(f"Array.from(document.querySelectorAll('table')[{i}].tHead.rows[0].cells,c=>c.textContent)")
    rows = b.js(f"document.querySelectorAll('table')[{i}].tBodies[0].rows.length")
    table = {"heads": heads, "rows": rows, "wrong": []}
    for k, head in enumerate(heads):
        button = f"document.querySelectorAll('table')[{i}].tHead.rows[0].cells[{k}].querySelector('button')"
        seen = []
        for _ in range(2):
            b.click(button)
            word = b.js(f"document.querySelectorAll('table')[{i}].tHead.rows[0].cells[{k}].getAttribute('aria-sort')")
            values = b.js(column(i, k))
            seen.append((word, values))
            order = ordered(values)
            if order not in ("same", "text") and order != {"ascending": "up", "descending": "down"}.get(word):
                table["wrong"].append(f"{head}: {word}, and goes {order}")
        if {w for w, _ in seen} != {"ascending", "descending"}:
            table["wrong"].append(f"{head}: two clicks are {seen[0][0]}, {seen[1][0]}")
        # rows of the same value may be in any order
        if seen[0][1] != seen[1][1][::-1]:
            table["wrong"].append(f"{head}: the second click does not turn it round")
        if len(seen[0][1]) != rows:
            table["wrong"].append(f"{head}: {rows} rows became {len(seen[0][1])}")
    result["tables"].append(table)

if b.js("document.querySelector('input.filter')!==null"):
    first = b.js("document.querySelector('input.filter').nextElementSibling.querySelector('table').tBodies[0].rows[0].cells[0].textContent")
    shown = ("Array.from(document.querySelector('input.filter').nextElementSibling.querySelector('table').tBodies[0].rows)"
             ".filter(r=>r.getClientRects().length>0).map(r=>r.textContent)")
    before = len(b.js(shown))
    b.click("document.querySelector('input.filter')")
    b.call("Input.insertText", text=first.upper())
    during = b.js(shown)
    b.picture("filtered")
    b.js("document.querySelector('input.filter').select()")
    b.call("Input.insertText", text="nobody has this")
    nothing = len(b.js(shown))
    b.js("document.querySelector('input.filter').select()")
    for kind in ("keyDown", "keyUp"):
        b.call("Input.dispatchKeyEvent", type=kind, key="Backspace", code="Backspace", windowsVirtualKeyCode=8)
    result["filter"] = {"before": before, "during": len(during), "all_match": all(first.lower() in t.lower() for t in during),
                        "nothing": nothing, "after": len(b.js(shown))}

background = "getComputedStyle(document.body).backgroundColor"
for scheme in ("light", "dark"):
    b.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    result["backgrounds"][scheme] = b.js(background)
    if scheme == "dark":
        b.picture(scheme)
b.call("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
result["backgrounds"]["print"] = b.js(background)
result["printed_filters"] = b.js("Array.from(document.querySelectorAll('input.filter')).filter(e=>e.getClientRects().length>0).length")
b.call("Emulation.setEmulatedMedia", media="", features=[])
b.call("Emulation.setDeviceMetricsOverride", width=400, height=800, deviceScaleFactor=1, mobile=True)
result["overflow_at_400"] = b.js("document.documentElement.scrollWidth-document.documentElement.clientWidth")
b.picture("narrow")

result["requests"] = [e["params"]["request"]["url"] for e in b.events if e.get("method") == "Network.requestWillBeSent"]
result["messages"] = [
    e["params"].get("entry", {}).get("text") or json.dumps(e["params"].get("exceptionDetails") or e["params"].get("args"))
    for e in b.events if e.get("method") in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")]
b.session = None
b.call("Browser.close")
b.process.wait(20)
json.dump(result, sys.stdout)
print()
