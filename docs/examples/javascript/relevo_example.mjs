// A partner's client of Relevo, whole and small. Copy it, and make it yours. Needs Node 20, and nothing else.

import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const USAGE = `
  relevo_example.mjs issue CASE.json     refer a case, once, however often this is run
  relevo_example.mjs answer FOLIO        as the receiver: receive, accept, start, complete
  relevo_example.mjs acknowledge FOLIO   as the sender: we have read how it ended
  relevo_example.mjs listen              print what our organization is told, as it happens

Set RELEVO_URL, RELEVO_CLIENT and RELEVO_SECRET; for listen also RELEVO_CURSOR_FILE.
Exit codes: 0 done, 1 refused, 2 wrong use, 3 nobody answered (run the same again).`;

const PATIENCE = 60_000; // milliseconds for which a command repeats a request that nobody answers
const TIMEOUT = 10_000;
const LONGEST_PAUSE = 30_000;
const SILENCE = 45_000; // a stream says something at least every 15 s; one that is silent for longer is dead
const STEADY = 60_000; // a stream that held for so long was no failed attempt

// Errors that say: nothing is wrong with the request, make it again.
const COME_BACK = ["UNAVAILABLE", "RATE_LIMITED", "SHUTTING_DOWN", "TOKEN_EXPIRED", "UNAUTHENTICATED"];

// What we print of a referral: nothing about the person. Logs are read by many, and kept for long.
const OUTLINE = "id folio status version";
const FIND = `query ($need: Need!, $state: State!) {
  viewer { organization { id } }
  services(filter: { needs: [$need], states: [$state] }, first: 20) {
    nodes { id intake organization { id verified } }
  }
}`;
const LOOK = `query ($folio: String!) { referral(folio: $folio) { ${OUTLINE} allowedActions { action } } }`;
const HEAD = "{ viewer { feedHead } }";
const BOX = `query ($box: Box!, $after: String) {
  referrals(box: $box, first: 100, after: $after) {
    nodes { ${OUTLINE} } pageInfo { hasNextPage endCursor }
  }
}`;
const LISTEN = `subscription ($after: String!) {
  events(after: $after) { cursor event type at relation folio status version }
}`;

/** Nobody answered, or asked us to come back `after` so many milliseconds: what was done is unknown. */
class LostError extends Error {
  constructor(why, after = 0) {
    super(why);
    this.after = after;
  }
}

/**
 * The answer is no, and repeating the request will not change it.
 * `reasons` are codes with their places. They are all that we log: a message may quote what we sent.
 */
class RefusedError extends Error {
  constructor(reasons) {
    super(reasons.join(", "));
    this.reasons = reasons;
  }
}

/** A mutation's `userErrors`: nothing was changed. `codes` is for programs. */
class NotDoneError extends RefusedError {
  constructor(errors) {
    super(errors.map((error) => `${error.code} at ${error.path.join(".") || "input"}`));
    this.codes = errors.map((error) => error.code);
  }
}

/** One client of the gateway at `url`. */
class Relevo {
  #url;
  #basic;
  #token = "";
  #renewAt = 0;

  constructor(url, client, secret) {
    this.#url = url.replace(/\/$/, "");
    // RFC 6749: each is form-encoded before HTTP Basic puts them together.
    const pair = [client, secret].map(encodeURIComponent).join(":");
    this.#basic = `Basic ${Buffer.from(pair).toString("base64")}`;
  }

  /**
   * Return the answer's data; repeat the request for a minute while nobody answers.
   * That is safe for changes too, because every change carries a key of its own (`change`).
   */
  async ask(document, variables = {}) {
    const until = Date.now() + PATIENCE;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#once(document, variables);
      } catch (error) {
        if (!(error instanceof LostError) || Date.now() > until) throw error;
        await sleep(pause(attempt, error.after));
      }
    }
  }

  /** Do one thing, with the `idempotencyKey` in `fields`, and return the payload. */
  async change(mutation, fields) {
    const kind = `${mutation[0].toUpperCase()}${mutation.slice(1)}Input!`;
    const document = `mutation ($input: ${kind}) { ${mutation}(input: $input) {
      referral { ${OUTLINE} } replayed userErrors { code path }
    } }`;
    const payload = (await this.ask(document, { input: fields }))[mutation];
    // HTTP 200 and no top-level errors do not mean that it was done: this does.
    if (payload.userErrors.length) throw new NotDoneError(payload.userErrors);
    return payload;
  }

  /** Yield the feed's entries after a cursor, then live ones. It has no end but an exception. */
  async *stream(after) {
    const body = { query: LISTEN, variables: { after } };
    const headers = await this.#headers("text/event-stream");
    const dead = new AbortController();
    const timer = setTimeout(() => dead.abort(), SILENCE);
    try {
      const answer = await this.#post("/graphql", body, headers, dead.signal);
      if (!answer.ok) this.#checked(await json(answer));
      for await (const { event, data } of messages(answer.body, () => timer.refresh())) {
        if (event === "next") yield this.#checked(JSON.parse(data)).events;
      }
    } finally {
      clearTimeout(timer);
      dead.abort(); // whoever leaves early leaves no connection behind
    }
    throw new LostError("the stream ended");
  }

  async #once(document, variables) {
    const answer = await this.#post("/graphql", { query: document, variables }, await this.#headers());
    return this.#checked(await json(answer));
  }

  async #headers(accept = "application/graphql-response+json") {
    if (Date.now() >= this.#renewAt) await this.#getToken();
    return { authorization: `Bearer ${this.#token}`, accept, "content-type": "application/json" };
  }

  async #getToken() {
    const form = new URLSearchParams({ grant_type: "client_credentials" });
    const answer = await this.#post("/oauth/token", form, { authorization: this.#basic });
    if (!answer.ok) {
      throw new RefusedError([`no token (status ${answer.status}): are client and secret right?`]);
    }
    const told = await json(answer);
    this.#token = told.access_token;
    // Before its end: a request that is on its way should not meet a token that just ran out.
    this.#renewAt = Date.now() + 900 * told.expires_in;
  }

  async #post(path, content, headers, signal = AbortSignal.timeout(TIMEOUT)) {
    const body = content instanceof URLSearchParams ? content : JSON.stringify(content);
    const answer = await line(fetch(this.#url + path, { method: "POST", body, headers, signal }));
    // A proxy's page, a gateway that is being replaced, or too many requests: no word on ours.
    if (answer.status >= 500) throw new LostError(`status ${answer.status}`);
    if (answer.status === 429) {
      throw new LostError("too many requests", 1000 * Number(answer.headers.get("retry-after") ?? 1));
    }
    return answer;
  }

  /** Return a GraphQL response's data, if it has no errors. */
  #checked(response) {
    const errors = response.errors ?? [];
    const codes = errors.map((error) => error.extensions?.code ?? "UNKNOWN");
    if (codes.includes("UNAUTHENTICATED") || codes.includes("TOKEN_EXPIRED")) this.#renewAt = 0;
    if (codes.some((code) => COME_BACK.includes(code))) {
      const after = Math.max(...errors.map((error) => error.extensions?.retryAfter ?? 0));
      throw new LostError(codes.join(", "), 1000 * after);
    }
    if (errors.length) throw new RefusedError(codes);
    return response.data;
  }
}

/** What a promise of the network gives; every way in which the network fails is one to us. */
async function line(promise) {
  try {
    return await promise;
  } catch (error) {
    throw new LostError(error.cause?.code ?? error.name);
  }
}

/** A response's JSON. What is none comes from something in between. */
const json = (answer) => line(answer.json());

/** Server-sent events as {event, data}. Only the empty line completes one: half an event is none. */
async function* messages(body, alive) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = "";
  let data = "";
  for (;;) {
    const { value, done } = await line(reader.read());
    if (done) return;
    alive();
    const lines = (rest + value).split(/\r?\n/);
    rest = lines.pop(); // a line that is not whole yet
    for (const text of lines) {
      if (text.startsWith("event:")) event = text.slice(6).trim();
      else if (text.startsWith("data:")) data += text.slice(5).trim();
      else if (text === "" && event) {
        yield { event, data };
        event = data = "";
      }
    }
  }
}

/** Milliseconds before the next attempt. At random, so that not all clients come back at the same moment. */
function pause(attempt, least = 0) {
  return least + Math.random() * Math.min(LONGEST_PAUSE, 250 * 2 ** attempt);
}

/** Replace a file as a whole: a crash in the middle leaves the old one. */
function save(path, text) {
  const file = openSync(`${path}.new`, "w");
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
}

/** Print one line of JSON. */
function tell(what, about) {
  console.log(JSON.stringify({ what, ...about }));
}

/** Refer the person of a case: a file with the input of `issueReferral`, but for service and key. */
async function issue(relevo, path) {
  const given = read(path);
  // The key is kept before anything is sent. If the answer is lost, or this program is killed before it
  // came, the same key and input are sent again: the network then tells us what was made the first
  // time, and makes no second referral. So what we choose is kept with the key: it is part of the input.
  const keptAt = path.replace(/(\.[^./]*)?$/, ".sent.json");
  if (!existsSync(keptAt)) {
    const chosen = { idempotencyKey: crypto.randomUUID(), service: await find(relevo, given) };
    save(keptAt, JSON.stringify(chosen));
  }
  const kept = JSON.parse(readFileSync(keptAt, "utf8"));
  try {
    const { referral, replayed } = await relevo.change("issueReferral", { ...given, ...kept });
    tell("issued", { ...referral, replayed });
  } catch (error) {
    // Nothing was made; when the case has been put right, it is a new request. But a key that was used
    // for other input did make a referral: then the case was changed after it was sent.
    if (error instanceof NotDoneError && !error.codes.includes("IDEMPOTENCY_KEY_REUSED")) unlinkSync(keptAt);
    throw error;
  }
}

/** The case in a file. Of what is wrong in it nothing is quoted. */
function read(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new RefusedError([`${path} cannot be read (${error.code ?? error.name})`]);
  }
}

/** The id of a service for the case, which answers in the network. Your people will want to choose. */
async function find(relevo, { need, state }) {
  const found = await relevo.ask(FIND, { need, state });
  const own = found.viewer.organization.id;
  const service = found.services.nodes.find(
    ({ intake, organization }) => intake === "NETWORK" && organization.verified && organization.id !== own,
  );
  if (!service) throw new RefusedError(["no service for this need in this state answers in the network"]);
  return service.id;
}

/** A moment; any offset from UTC is good. */
const inADay = () => new Date(Date.now() + 86_400_000).toISOString();

// What a receiver does, in this order, each with what it has to say. People decide; days lie between.
const STEPS = {
  RECEIVE: ["receiveReferral", () => ({})],
  ACCEPT: ["acceptReferral", () => ({ arriveBy: inADay(), instructions: "Ask at the side door." })],
  START: ["startReferral", () => ({})],
  COMPLETE: ["completeReferral", () => ({ outcome: "FULLY_MET" })],
};

/** Answer a referral to our organization, from wherever it stands. */
async function answer(relevo, folio) {
  for (let answered = false; ; ) {
    const referral = await look(relevo, folio);
    // The network says what may be done now, so that we need no copy of its table of statuses; and if we
    // are killed half-way, this is where we find out how far we got.
    const allowed = referral.allowedActions.map(({ action }) => action);
    const action = Object.keys(STEPS).find((one) => allowed.includes(one));
    if (!action && answered) return;
    if (!action) throw new RefusedError([`nothing to answer: it is ${referral.status}, or not sent to us`]);
    const [mutation, said] = STEPS[action];
    const which = { referral: referral.id, expectedVersion: referral.version };
    try {
      const fields = { ...which, ...said(), idempotencyKey: crypto.randomUUID() };
      tell("answered", (await relevo.change(mutation, fields)).referral);
      answered = true;
    } catch (error) {
      // Somebody else did something meanwhile: look again, and decide again.
      if (!(error instanceof NotDoneError && error.codes.every((code) => code === "STALE_VERSION"))) throw error;
    }
  }
}

/** A referral by its folio. What is not ours to see is as if it were not there. */
async function look(relevo, folio) {
  const { referral } = await relevo.ask(LOOK, { folio });
  if (!referral) throw new RefusedError(["NOT_FOUND at folio"]);
  return referral;
}

/** Say that we have read the end: this closes the loop. */
async function acknowledge(relevo, folio) {
  // A key made of what it is for, so that it is the same whenever this is run.
  const { id, status } = await look(relevo, folio);
  const fields = { referral: id, idempotencyKey: `acknowledge ${id} ${status}` };
  tell("acknowledged", (await relevo.change("acknowledgeReferral", fields)).referral);
}

/** Handle every entry of our feed, and come back after any interruption with the last cursor. */
async function listen(relevo, path) {
  for (let attempt = 0; ; attempt += 1) {
    const began = Date.now();
    try {
      const cursor = existsSync(path) ? readFileSync(path, "utf8") : await start(relevo, path);
      for await (const entry of relevo.stream(cursor)) {
        handle(entry);
        // Only now: were it saved first, a crash in between would lose the entry for good. As it is, a
        // crash in between brings the same entry again, with the same `event`: bear that in what you do
        // with it, or save the cursor in the transaction that does it.
        save(path, entry.cursor);
        attempt = 0;
      }
    } catch (error) {
      if (error instanceof LostError) {
        if (Date.now() - began > STEADY) attempt = 0;
        const milliseconds = pause(attempt, error.after);
        console.error(`cut off (${error.message}); back in ${(milliseconds / 1000).toFixed(1)} s`);
        await sleep(milliseconds);
      } else if (error instanceof RefusedError && error.message === "CURSOR_EXPIRED") {
        await start(relevo, path); // we were away for longer than the feed is kept (90 days)
      } else throw error;
    }
  }
}

/** Here your system does what it has to: update a case, call somebody. */
function handle(entry) {
  tell("heard", entry);
}

/**
 * Begin without a cursor: note where the feed ends, and only then read what there is.
 * In this order nothing is missed. What changes meanwhile is seen here and heard again: compare versions.
 */
async function start(relevo, path) {
  const head = (await relevo.ask(HEAD)).viewer.feedHead;
  for (const box of ["INBOX", "OUTBOX"]) {
    for (let page = { pageInfo: { hasNextPage: true } }; page.pageInfo.hasNextPage; ) {
      page = (await relevo.ask(BOX, { box, after: page.pageInfo.endCursor })).referrals;
      for (const referral of page.nodes) tell("found", referral);
    }
  }
  save(path, head);
  return head;
}

/** A variable that must be there. */
function setting(name) {
  return process.env[name] || end(2, `${name} is not set`);
}

/** Stop, and say why. */
function end(code, why) {
  console.error(why);
  process.exit(code);
}

const COMMANDS = {
  issue,
  answer,
  acknowledge,
  listen: (relevo) => listen(relevo, setting("RELEVO_CURSOR_FILE")),
};
const [command, ...words] = process.argv.slice(2);
if (!Object.hasOwn(COMMANDS, command ?? "") || words.length !== (command === "listen" ? 0 : 1)) end(2, USAGE);
try {
  const relevo = new Relevo(setting("RELEVO_URL"), setting("RELEVO_CLIENT"), setting("RELEVO_SECRET"));
  await COMMANDS[command](relevo, ...words);
} catch (error) {
  if (error instanceof RefusedError) end(1, `refused: ${error.message}`);
  if (error instanceof LostError) end(3, `nobody answered (${error.message}); run the same again`);
  throw error;
}
