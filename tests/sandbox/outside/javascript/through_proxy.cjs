// Preloaded (node --require): sends every https connection of a program through the CONNECT proxy in HTTPS_PROXY.
const https = require("node:https");
const net = require("node:net");
const tls = require("node:tls");

const proxy = new URL(process.env.HTTPS_PROXY);

class ThroughProxy extends https.Agent {
  createConnection(options, done) {
    const socket = net.connect(Number(proxy.port), proxy.hostname);
    const target = `${options.host}:${options.port}`;
    socket.once("error", done);
    socket.once("connect", () => socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`));
    socket.once("data", (head) => {
      socket.removeListener("error", done);
      if (!head.toString("latin1").startsWith("HTTP/1.1 200 ")) {
        done(new Error(head.toString("latin1")));
        return;
      }
      const secure = tls.connect({ socket, servername: options.host });
      secure.once("error", done);
      secure.once("secureConnect", () => done(null, secure));
    });
  }
}

https.globalAgent = new ThroughProxy();
