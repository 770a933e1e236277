// A Node server for the end-to-end tests: node node_backend.js PORT
'use strict';
const http = require('http');

const routes = {
  '/hello': (request, response) => response.end('hello from node'),
  '/events': (request, response) => {
    response.writeHead(200, {'Content-Type': 'text/event-stream'});
    response.write('data: 1\n\n');  // the second one comes when /next is asked for
    pending.push(response);
  },
  '/next': (request, response) => {
    pending.splice(0).forEach(stream => stream.end('data: 2\n\n'));
    response.end('sent');
  },
  '/echo': (request, response) => request.pipe(response),
};
const pending = [];

http.createServer((request, response) => {
  const route = routes[request.url.split('?')[0]];
  if (route) return route(request, response);
  response.writeHead(404);
  response.end();
}).listen(Number(process.argv[2]), '127.0.0.1');
