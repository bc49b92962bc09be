/**
 * What reading and writing heads costs: the part of a proxied request that is this code alone.
 *
 *   node --conditions=sluice-source bench/micro/http1-parse.ts [--write]
 *
 * The heads differ from request to request, as they do in service, so that no string is remembered
 * from an earlier round; the byte counts are printed, because cost follows them. Writing includes
 * copying the text into a buffer, as a socket write does. `--write` records the table in
 * bench/results/http1-parse.md.
 */

import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import {
  isHttp1Fault,
  normalizeTarget,
  removeHopByHop,
  RequestParser,
  ResponseParser,
  serializeRequestHead,
  serializeResponseHead,
} from '@sluice/http1';
import { readOptions } from '../measure/options.ts';

const options = readOptions({ write: { type: 'boolean', default: false } });

const heads = 512;
const rounds = 9;
const passesPerRound = 200;

const requests = Array.from({ length: heads }, (_, index) =>
  Buffer.from(
    [
      `GET /orders/v1/customers/${100_000 + index * 7}/items?page=${index}&size=50 HTTP/1.1`,
      'Host: api.example.com',
      'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      'Accept: application/json, text/plain, */*',
      'Accept-Language: en-GB,en;q=0.7,de;q=0.3',
      'Accept-Encoding: gzip, deflate, br, zstd',
      `X-Api-Key: sk_live_${(index * 2_654_435_761).toString(16).padStart(24, '0')}`,
      'Connection: keep-alive',
      `Cookie: session=${(index * 40_503).toString(36).padStart(32, 'a')}`,
      `Traceparent: 00-${(index * 97).toString(16).padStart(32, '1')}-${(index * 89).toString(16).padStart(16, '2')}-01`,
      'X-Client-Version: 4.18.2',
      '',
      '',
    ].join('\r\n'),
    'latin1',
  ),
);

const responses = Array.from({ length: heads }, (_, index) =>
  Buffer.from(
    [
      'HTTP/1.1 200 OK',
      'Server: nginx/1.29.3',
      'Date: Mon, 23 Nov 2026 10:00:00 GMT',
      'Content-Type: application/json',
      'Content-Length: 120',
      'Connection: keep-alive',
      `ETag: "${(index * 7_919).toString(16)}"`,
      'Cache-Control: no-cache',
      '',
      'x'.repeat(120),
    ].join('\r\n'),
    'latin1',
  ),
);

const output = Buffer.alloc(64 * 1024);
const requestParser = new RequestParser();
const responseParser = new ResponseParser();

function parseRequest(bytes: Buffer): void {
  const at = requestParser.consume(bytes, 0);
  if (requestParser.state !== 'head') throw new Error(requestParser.fault?.code);
  requestParser.consume(bytes, at);
}

function parseResponse(bytes: Buffer): void {
  responseParser.begin('GET', false);
  let at = 0;
  do {
    at = responseParser.consume(bytes, at);
    if (responseParser.state === 'fault') throw new Error(responseParser.fault?.code);
  } while (responseParser.state !== 'end');
}

function forwardRequest(bytes: Buffer): number {
  parseRequest(bytes);
  const target = normalizeTarget(requestParser.target);
  if (isHttp1Fault(target)) throw new Error(target.code);
  const { headers } = requestParser;
  removeHopByHop(headers);
  headers.remove('x-api-key');
  headers.set('x-forwarded-for', '203.0.113.9');
  headers.set('x-forwarded-proto', 'https');
  headers.set('x-request-id', '0198a3b5c6d7e8f90198a3b5c6d7e8f9');
  const head = serializeRequestHead(
    requestParser.method,
    target.target,
    headers,
    requestParser.framing,
    requestParser.contentLength,
  );
  return output.write(head, 0, 'latin1');
}

function forwardResponse(bytes: Buffer): number {
  parseResponse(bytes);
  const { headers } = responseParser;
  removeHopByHop(headers);
  headers.set('x-request-id', '0198a3b5c6d7e8f90198a3b5c6d7e8f9');
  const { status, framing, contentLength } = responseParser;
  return output.write(
    serializeResponseHead(status, undefined, headers, framing, contentLength ?? 0),
    0,
    'latin1',
  );
}

const arms: readonly (readonly [
  name: string,
  inputs: readonly Buffer[],
  run: (bytes: Buffer) => unknown,
])[] = [
  ['parse a request head', requests, parseRequest],
  ['parse, normalise the target, rewrite and write a request head', requests, forwardRequest],
  ['parse a response head and its body', responses, parseResponse],
  ['parse, rewrite and write a response head', responses, forwardResponse],
];

function nanoseconds(inputs: readonly Buffer[], run: (bytes: Buffer) => unknown): number {
  const start = process.hrtime.bigint();
  for (let pass = 0; pass < passesPerRound; pass++) for (const bytes of inputs) run(bytes);
  return Number(process.hrtime.bigint() - start) / (passesPerRound * inputs.length);
}

const times = arms.map(() => [] as number[]);
for (let round = 0; round <= rounds; round++) {
  arms.forEach(([, inputs, run], arm) => {
    const measured = nanoseconds(inputs, run);
    if (round > 0) times[arm]?.push(measured);
  });
}

const lines = [
  '| what | bytes | ns, median | ns, minimum |',
  '|---|---|---|---|',
  ...arms.map(([name, inputs], arm) => {
    const sorted = (times[arm] ?? []).toSorted((one, other) => one - other);
    const median = sorted[Math.floor(sorted.length / 2)] ?? NaN;
    return `| ${name} | ${inputs[0]?.length} | ${median.toFixed(0)} | ${(sorted[0] ?? NaN).toFixed(0)} |`;
  }),
];
console.log(lines.join('\n'));

if (options.write) {
  const facts = `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown processor'}`;
  const text = `# HTTP/1.1 heads\n\n${facts}. One thread; ${rounds} rounds of ${passesPerRound * heads} heads. Requests have 10 header lines, responses 7 and a body of 120 bytes.\nRun: \`node --conditions=sluice-source bench/micro/http1-parse.ts --write\`\n\n${lines.join('\n')}\n`;
  writeFileSync(new URL('../results/http1-parse.md', import.meta.url), text);
}
