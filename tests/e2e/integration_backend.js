// A backend with the Node adapter: node integration_backend.js PORT HUNG_URL
// GET /left tells the time left in milliseconds. /call waits for a service that hangs; /last tells
// how the last call ended. What is posted is answered when its body has come.
'use strict';

const http = require('node:http');
const deadline = require('../../integrations/node/curfew-deadline.js');

const [port, hung] = process.argv.slice(2);
let last = 'nothing ended yet';

async function answer(request, response) {
  if (request.url === '/left') return response.end(String(deadline.left()));
  if (request.url === '/last') return response.end(last);
  try {
    await fetch(hung, { signal: deadline.signal(), headers: deadline.headers() });
    last = 'ended well';
  } catch (ended) {
    last = ended.name;
  }
  response.end('done');
}

// The first fetch of a process loads what it is made of, which takes long on a busy machine.
fetch('data:,').then(() => http.createServer(deadline.wrap((request, response) => {
  if (request.method === 'GET') return answer(request, response);
  request.on('data', () => {}).on('end', () => answer(request, response));
})).listen(Number(port), '127.0.0.1'));
