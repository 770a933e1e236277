// node --test integrations/node
'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { EventEmitter, once } = require('node:events');
const { PassThrough } = require('node:stream');
const { test } = require('node:test');
const deadline = require('./curfew-deadline.js');

// One request to a handler behind the adapter: status and body.
async function ask(handler, field, body) {
  const server = http.createServer(deadline.wrap(handler)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const headers = field === undefined ? {} : { 'X-Curfew-Timeout-Ms': field };
    const posted = body === undefined ? {} : { method: 'POST', body, duplex: 'half' };
    const url = `http://127.0.0.1:${server.address().port}/`;
    const answer = await fetch(url, { headers, ...posted });
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
  const raw = Object.assign(new EventEmitter(), { headers: { 'x-curfew-timeout-ms': '500' } });
  const response = Object.assign(new EventEmitter(), { writeHead() {} });
  let called = 0;
  deadline.middleware(raw, response, () => (called += deadline.left() > 0));
  deadline.fastify({ raw }, { raw: response }, () => (called += deadline.left() > 0));
  assert.equal(called, 2);
});

// What is known of the deadline at some point, by all that tells it.
const known = () => Boolean(deadline.signal()) && deadline.left() <= 60_000 &&
  Number(deadline.headers()['x-curfew-timeout-ms']) < 60_000;

// Each calls `got(size)` for each piece of the body and `ended()` at its end.
const READERS = {
  listeners(request, got, ended) {
    request.on('data', (chunk) => got(chunk.length)).on('end', ended);
  },
  readable(request, got, ended) {
    request.on('readable', () => {
      for (let chunk; (chunk = request.read()) !== null;) got(chunk.length);
    }).on('end', ended);
  },
  pausing(request, got, ended) {
    request.on('data', (chunk) => {
      got(chunk.length);
      request.pause();
      process.nextTick(() => request.resume());
    }).on('end', ended);
  },
  pipe(request, got, ended) { // as busboy and multer are given it
    request.pipe(new PassThrough()).on('data', (chunk) => got(chunk.length)).on('end', ended);
  },
  async iteration(request, got, ended) {
    for await (const chunk of request) got(chunk.length);
    ended();
  },
};

for (const [name, read] of Object.entries(READERS)) {
  const told = async (body, onFirst = () => {}) => {
    const seen = await ask((request, response) => {
      let size = 0;
      const all = [];
      read(request, (more) => {
        size += more;
        all.push(known());
        onFirst();
      }, () => response.end(`${size} ${all.every(Boolean) && known()}`));
    }, '60000', body);
    return seen.body;
  };

  test(`a body read by ${name} does not lose the deadline`, async () => {
    for (const size of [1, 300_000]) assert.equal(await told('y'.repeat(size)), `${size} true`);
  });

  test(`nor does one with a pause, read by ${name}`, async () => {
    let arrived;
    const first = new Promise((resolve) => (arrived = resolve));
    async function* pieces() {
      yield Buffer.from('be');
      await first;
      yield Buffer.from('gun');
    }
    assert.equal(await told(pieces(), arrived), '5 true');
  });
}

test('each request of a connection has its own deadline, or none, to the end', async () => {
  const ports = new Set();
  const server = http.createServer(deadline.wrap((request, response) => {
    ports.add(request.socket.remotePort);
    const tell = () => response.end(String(deadline.left()));
    request.once('data', () => request.pause() && setImmediate(() => request.resume()));
    request.on('end', tell);
  })).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const said = await Promise.all(['60000', undefined, '1000', undefined].map(async (field) => {
    const headers = field === undefined ? {} : { 'X-Curfew-Timeout-Ms': field };
    const { port } = server.address();
    const call = http.request({ host: '127.0.0.1', port, agent, headers, method: 'POST' });
    call.end('y'.repeat(100_000));
    const [answer] = await once(call, 'response');
    return (await answer.setEncoding('utf8').toArray()).join('');
  }));
  agent.destroy();
  server.close();
  assert.equal(ports.size, 1);
  assert.ok(Number(said[0]) > 50_000 && Number(said[2]) <= 1000, said);
  assert.deepEqual([said[1], said[3]], ['undefined', 'undefined']);
});

test('who listens for the end of a connection finds the request that it ended', async () => {
  const told = [];
  let all;
  const heard = new Promise((resolve) => (all = resolve));
  const server = http.createServer(deadline.wrap((request, response) => {
    const hear = (name) => () => told.push(`${name} ${Boolean(deadline.signal())}`) === 3 && all();
    request.on('aborted', hear('aborted')).on('close', hear('request')).on('error', () => {});
    response.on('close', hear('response'));
    response.on('close', () => deadline.left()); // throws, which must end nothing
    request.once('data', () => call.destroy());
  })).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const headers = { 'X-Curfew-Timeout-Ms': '60000', 'Content-Length': '10' };
  const { port } = server.address();
  const call = http.request({ host: '127.0.0.1', port, method: 'POST', headers });
  call.on('error', () => {});
  call.write('half');
  await heard;
  server.close();
  assert.deepEqual(told.sort(), ['aborted true', 'request true', 'response true']);
});

test('work that finds no time left and does not catch it is answered 504', async () => {
  const over = () => once(deadline.signal(), 'abort');
  const listens = (request) =>
    over().then(() => request.on('end', () => deadline.left()).resume());
  const awaits = () => over().then(() => deadline.left());
  for (const handler of [listens, awaits]) {
    const { status, body } = await ask((request, response) => {
      const done = handler(request, response);
      return handler === awaits ? done : undefined;
    }, '30', 'body');
    assert.equal(status, 504);
    assert.equal(JSON.parse(body).type, 'urn:curfew:error:inherited-deadline');
  }
});

test('work that is answered 504 already may find it again', async () => {
  const { status } = await ask(async (request, response) => {
    await once(deadline.signal(), 'abort');
    response.once('first', () => deadline.left()).emit('first');
    throw deadline.signal().reason;
  }, '30');
  assert.equal(status, 504);
});

test('any other error stays where it was thrown', async () => {
  const raw = Object.assign(new EventEmitter(), { headers: { 'x-curfew-timeout-ms': '500' } });
  const response = Object.assign(new EventEmitter(), { writeHead() {} });
  const broken = () => {
    throw new RangeError('its own');
  };
  assert.throws(() => deadline.wrap(broken)(raw, response), RangeError);
  await assert.rejects(deadline.wrap(async () => broken())(raw, response), RangeError);
  assert.throws(() => raw.on('end', broken).emit('end'), RangeError);
});
