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
const current = new AsyncLocalStorage(); // of each request: at, of performance.now(), and signal

class DeadlineExceeded extends Error {
  name = 'DeadlineExceeded';
  statusCode = 504; // what Express and Fastify answer with
}

function refuse(response, kind, title) {
  response.writeHead(504, { 'Content-Type': 'application/problem+json' });
  response.end(JSON.stringify({ type: `urn:curfew:error:${kind}`, title, status: 504 }));
}

// Work that found no time left, and did not catch it, is answered with 504 and ends no process.
function attempt(work, response) {
  const late = (error) => {
    if (!(error instanceof DeadlineExceeded)) throw error;
    if (response.writableEnded || response.destroyed) return; // answered, or the caller left
    if (response.headersSent) throw error;
    refuse(response, 'inherited-deadline', "The caller's time ran out.");
  };
  try {
    const done = work();
    return done instanceof Promise ? done.catch(late) : done;
  } catch (error) {
    return late(error);
  }
}

function middleware(request, response, next) {
  const field = request.headers[FIELD];
  if (!/^-?[0-9]{1,15}$/.test(field)) return next(); // what is no number is ignored
  const given = Number(field);
  if (given <= 0) return refuse(response, 'no-time-left', 'Too little time is left to begin.');
  const controller = new AbortController();
  const held = { at: performance.now() + given, signal: controller.signal };
  const within = (work) => current.run(held, attempt, work, response);
  const abort = (why) => {
    clearTimeout(timer);
    held.at = -Infinity; // a timer may fire a moment early
    controller.abort(new DeadlineExceeded(why));
  };
  const timer = within(() => setTimeout(abort, Math.min(given, LONGEST), 'the time is over'));
  timer.unref();
  for (const emitter of [request, response]) { // whose parser and socket know of no request
    const { emit } = emitter;
    emitter.emit = (...said) => within(() => emit.apply(emitter, said));
  }
  const { writeHead } = response;
  response.writeHead = (...said) => {
    clearTimeout(timer);
    held.at = undefined;
    return writeHead.apply(response, said);
  };
  response.once('close', () => response.writableEnded || abort('the caller left'));
  return within(next);
}

// Milliseconds left, and never more than `atMost`; undefined where nothing limits. Throws
// DeadlineExceeded where none is left: many clients take zero for "no limit".
function left(atMost) {
  const milliseconds = Math.ceil((current.getStore()?.at ?? NaN) - performance.now());
  if (milliseconds <= 0) throw new DeadlineExceeded('the time of this request is over');
  return Number.isNaN(milliseconds) ? atMost : Math.min(milliseconds, atMost ?? Infinity);
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

const wrap = (handler) => (request, response) =>
  middleware(request, response, () => handler(request, response));
const fastify = (request, reply, done) => middleware(request.raw, reply.raw, done);

module.exports = {
  DeadlineExceeded, middleware, wrap, fastify, left, signal, headers, limitStatements,
};
