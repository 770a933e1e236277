// A backend with the Node adapter: node integration_backend.js PORT HUNG_URL [DATABASE_URL]
// GET /left tells the time left in milliseconds. /call waits for a service that hangs, /query
// sleeps in the database for a minute; each answers how it ended, and /last tells how the last one
// did. What is posted is answered when its body has come.
'use strict';

const http = require('node:http');
const deadline = require('../../integrations/node/curfew-deadline.js');

const [port, hung, database] = process.argv.slice(2);
const postgres = database && require('pg');
let last = 'nothing ended yet';

const work = {
  async '/call'() {
    await fetch(hung, { signal: deadline.signal(), headers: deadline.headers() });
  },
  async '/query'() {
    const client = new postgres.Client(database);
    await client.connect();
    try {
      await client.query('BEGIN');
      await deadline.limitStatements(client);
      await client.query('SELECT pg_sleep(60)');
    } finally {
      await client.end();
    }
  },
};

async function answer(request, response) {
  if (request.url === '/left') return response.end(String(deadline.left()));
  if (request.url === '/last') return response.end(last);
  try {
    await work[request.url]();
    last = `${request.url} ended well`;
  } catch (ended) {
    last = `${request.url} ${ended.code ?? ended.name}`;
  }
  response.end(last);
}

// The first fetch of a process loads what it is made of, which takes long on a busy machine.
fetch('data:,').then(() => http.createServer(deadline.wrap((request, response) => {
  if (request.method === 'GET') return answer(request, response);
  request.on('data', () => {}).on('end', () => answer(request, response));
})).listen(Number(port), '127.0.0.1'));
