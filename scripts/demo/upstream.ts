/**
 * A small service for the demo. It answers every request with the request itself, as JSON.
 *
 *     node scripts/demo/upstream.ts orders 9101
 */
import { createServer } from 'node:http';

const [service = 'demo', port = '9101'] = process.argv.slice(2);
const maxBodyBytes = 1_000_000;

const server = createServer((request, response) => {
  let bodyBytes = 0;
  request.on('data', (chunk: Buffer) => {
    bodyBytes += chunk.length;
    if (bodyBytes > maxBodyBytes) request.destroy();
  });
  request.on('end', () => {
    const { method, url: path, headers } = request;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify({ service, method, path, bodyBytes, headers }, null, 2)}\n`);
  });
});

server.listen(Number(port), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
