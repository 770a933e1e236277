// Turns X-Curfew-Timeout-Ms into the timeouts of what a request does. Node 18. One file, no
// dependency. See the README.md beside it.
//
//     http.createServer(deadline.wrap((request, response) => { ... }));   // node:http
//     app.use(deadline.middleware);                                       // Express, Connect
//     app.addHook('onRequest', deadline.fastify);                         // Fastify
//
//     await fetch(url, { signal: deadline.signal(), headers: deadline.headers() });
//     await deadline.limitStatements(client);                             // pg, in a transaction
//
// The deadline ends the wait for the response's head, as Curfew's does: what streams afterwards is
// under none.
'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');

const FIELD = 'x-curfew-timeout-ms';
const LONGEST = 2 ** 31 - 1; // of a timer; a longer one would fire at once
const current = new AsyncLocalStorage();

class DeadlineExceeded extends Error {
  constructor(message = 'the time of this request is over') {
    super(message);
    this.name = 'DeadlineExceeded';
    this.status = this.statusCode = 504; // what Express and Fastify answer with
  }
}

const now = () => performance.now();

// Milliseconds; undefined for what is no number, which is ignored, as Curfew does.
function read(field) {
  const text = String(field ?? '').trim();
  return /^-?[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

function refuse(response) {
  const body = JSON.stringify({
    type: 'urn:curfew:error:no-time-left',
    title: 'Too little time is left to begin.',
    status: 504,
  });
  response.writeHead(504, {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

function middleware(request, response, next) {
  const given = read(request.headers[FIELD]);
  if (given === undefined) return next();
  if (given <= 0) return refuse(response);
  const controller = new AbortController();
  const held = { at: now() + given, signal: controller.signal };
  return current.run(held, () => {
    const timer = setTimeout(() => controller.abort(new DeadlineExceeded()),
      Math.min(given, LONGEST)).unref();
    const over = () => {
      clearTimeout(timer);
      held.at = undefined;
    };
    const writeHead = response.writeHead;
    response.writeHead = function (...said) {
      over();
      return writeHead.apply(this, said);
    };
    response.once('close', () => {
      over();
      if (response.writableEnded) return;
      held.at = -Infinity; // nobody waits for what is left to do
      const why = new DeadlineExceeded('the caller left');
      current.run(held, () => controller.abort(why)); // who listens finds the deadline too
    });
    return next();
  });
}

// Milliseconds left, and never more than `atMost`; undefined where nothing limits. Throws
// DeadlineExceeded where none is left: many clients take zero for "no limit".
function left(atMost) {
  const at = current.getStore()?.at;
  if (at === undefined) return atMost;
  const milliseconds = Math.ceil(at - now());
  if (milliseconds <= 0) throw new DeadlineExceeded();
  return atMost === undefined ? milliseconds : Math.min(milliseconds, atMost);
}

// Aborts when the time is over, unless the answer has begun, and when the caller leaves; undefined
// where nothing limits.
const signal = () => current.getStore()?.signal;

// For a call to the next service.
function headers() {
  const milliseconds = left();
  return milliseconds === undefined ? {} : { [FIELD]: String(Math.max(1, milliseconds - 1)) };
}

// Ends this transaction's statements when the time does: PostgreSQL counts each statement from its
// own start, so call it before each one that may take long. Does nothing outside of a transaction.
async function limitStatements(client, atMost) {
  const most = left(atMost);
  if (most !== undefined) await client.query(`SET LOCAL statement_timeout = ${Math.ceil(most)}`);
}

module.exports = {
  DeadlineExceeded,
  middleware,
  wrap: (handler) => (request, response) =>
    middleware(request, response, () => handler(request, response)),
  fastify: (request, reply, done) => middleware(request.raw, reply.raw, done),
  left,
  signal,
  headers,
  limitStatements,
};
