// Reads an AsyncAPI document from standard input and prints what AsyncAPI's own parser says of it.
import { Parser } from "@asyncapi/parser";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { document, diagnostics } = await new Parser().parse(Buffer.concat(chunks).toString());
const operations = document?.operations().all() ?? [];
console.log(
  JSON.stringify({
    // 0: error, 1: warning; others are hints.
    wrong: diagnostics.filter((one) => one.severity <= 1).map((one) => `${one.path.join("/")}: ${one.message}`),
    operations: Object.fromEntries(
      operations.map((one) => [one.id(), [one.action(), one.messages().all().map((message) => message.name())]]),
    ),
  }),
);
