// node --test integrations/node
'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { once } = require('node:events');
const { test } = require('node:test');
const deadline = require('./curfew-deadline.js');

// One request to a handler behind the adapter: status and body.
async function ask(handler, field) {
  const server = http.createServer(deadline.wrap(handler)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const headers = field === undefined ? {} : { 'X-Curfew-Timeout-Ms': field };
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/`, { headers });
    return { status: answer.status, body: await answer.text() };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const tell = (request, response) => response.end(String(deadline.left()));

test('without the field, and with nonsense in it, nothing limits', async () => {
  for (const field of [undefined, '', 'soon', '1.5', '1e3', '0x10', '9'.repeat(30)]) {
    assert.deepEqual(await ask(tell, field), { status: 200, body: 'undefined' });
  }
});

test('the time left is never more than what was given', async () => {
  const { body } = await ask(tell, '1500');
  assert.ok(Number(body) > 1000 && Number(body) <= 1500, body);
});

test('zero and less are over before the work begins', async () => {
  for (const field of ['0', '-1']) {
    const { status, body } = await ask(() => assert.fail('it began'), field);
    assert.equal(status, 504);
    assert.equal(JSON.parse(body).type, 'urn:curfew:error:no-time-left');
  }
});

test('the signal aborts what hangs, and left() throws then', async () => {
  const seen = await ask(async (request, response) => {
    const gone = await new Promise((resolve) => {
      deadline.signal().addEventListener('abort', () => resolve(deadline.signal().reason));
    });
    let thrown;
    try {
      deadline.left();
    } catch (error) {
      thrown = error;
    }
    response.end(`${gone.name} ${thrown.name} ${thrown.statusCode}`);
  }, '30');
  assert.equal(seen.body, 'DeadlineExceeded DeadlineExceeded 504');
});

test('an answer that has begun is under no deadline', async () => {
  const seen = await ask((request, response) => {
    response.write('first ');
    setTimeout(() => response.end(`${deadline.signal().aborted} ${deadline.left()}`), 60);
  }, '30');
  assert.equal(seen.body, 'first false undefined');
});

test('a caller that leaves ends what is done for it', async () => {
  let told;
  const ended = new Promise((resolve) => (told = resolve));
  const server = http.createServer(deadline.wrap(() => {
    deadline.signal().addEventListener('abort', () => told(deadline.signal().reason.message));
  })).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const headers = { 'X-Curfew-Timeout-Ms': '60000' };
  const call = http.get({ host: '127.0.0.1', port: server.address().port, headers });
  call.on('error', () => {});
  await once(server, 'request');
  call.destroy();
  assert.equal(await ended, 'the caller left');
  server.close();
});

test('requests at once have deadlines of their own', async () => {
  const [short, long] = await Promise.all([ask(tell, '1000'), ask(tell, '60000')]);
  assert.ok(Number(short.body) <= 1000 && Number(long.body) > 50_000);
});

test('a deadline beyond what a timer can hold does not fire at once', async () => {
  const { body } = await ask((request, response) => {
    setTimeout(() => response.end(String(deadline.signal().aborted)), 20);
  }, '99999999999');
  assert.equal(body, 'false');
});

test('statements get whole milliseconds, and none where nothing limits', async () => {
  const said = [];
  const client = { query: async (text) => said.push(text) };
  await deadline.limitStatements(client);
  assert.deepEqual(said, []);
  await ask(async (request, response) => {
    await deadline.limitStatements(client);
    await deadline.limitStatements(client, 20.1);
    response.end();
  }, '2000');
  assert.match(said[0], /^SET LOCAL statement_timeout = (1[0-9]{3}|2000)$/);
  assert.equal(said[1], 'SET LOCAL statement_timeout = 21');
});

test('the next service is told what is left', async () => {
  assert.deepEqual(deadline.headers(), {});
  const { body } = await ask((request, response) => {
    response.end(deadline.headers()['x-curfew-timeout-ms']);
  }, '2000');
  assert.ok(Number(body) > 1500 && Number(body) <= 2000, body);
});

test('Express and Fastify call it as they call theirs', () => {
  const raw = { headers: { 'x-curfew-timeout-ms': '500' } };
  const response = { writeHead() {}, once() {} };
  let called = 0;
  deadline.middleware(raw, response, () => (called += deadline.left() > 0));
  deadline.fastify({ raw }, { raw: response }, () => (called += deadline.left() > 0));
  assert.equal(called, 2);
});
