// A receiver of webhooks as a partner would write one, with the library that the specification offers for npm.
// Prints its port, then a line for each message; the secret comes as a line of standard input.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";

const say = (what) => console.log(JSON.stringify(what));
let webhook;
createInterface({ input: process.stdin })
  .on("line", (secret) => (webhook = new Webhook(secret.trim())))
  .on("close", () => process.exit(0));

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    try {
      const told = webhook.verify(Buffer.concat(chunks).toString(), request.headers);
      say({ id: request.headers["webhook-id"], told });
      response.writeHead(204).end();
    } catch (error) {
      say({ refused: String(error) });
      response.writeHead(401).end();
    }
  });
});
server.listen(0, "127.0.0.1", () => say({ port: server.address().port }));
