import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { registerService } from '../harness/configure.ts';
import { Origin } from '../harness/origin.ts';
import { Stack } from '../harness/stack.ts';

const size = 10 * 1024 * 1024;
const content = randomBytes(size);
const digest = createHash('sha256').update(content).digest('hex');

describe('large content', () => {
  const started = new AsyncDisposableStack();
  let stack: Stack;
  let origin: Origin;

  beforeAll(async () => {
    origin = started.use(
      await Origin.start('files', (incoming, response) => {
        if (incoming.method === 'GET') return void response.end(content);
        const hash = createHash('sha256');
        incoming.on('data', (chunk: Buffer) => hash.update(chunk));
        incoming.on('end', () => response.end(hash.digest('hex')));
      }),
    );
    stack = started.use(await Stack.start());
    await registerService(stack.admin, 'files', [origin.address]);
  }, 60_000);
  afterAll(() => started.disposeAsync());

  it('transfers 10 MB up and down completely, with known length and chunked', async () => {
    const up = await fetch(`${stack.proxy.url}/files/1`, { method: 'POST', body: content });
    expect(await up.text()).toBe(digest);
    const chunked = await postChunked(`${stack.proxy.url}/files/1`, content);
    expect(chunked).toEqual({ status: 200, text: digest });
    const down = await fetch(`${stack.proxy.url}/files/1`);
    expect(
      createHash('sha256')
        .update(Buffer.from(await down.arrayBuffer()))
        .digest('hex'),
    ).toBe(digest);
  });

  it('refuses content over the limit, announced or streamed', async () => {
    const announced = await fetch(`${stack.proxy.url}/files/1`, {
      method: 'POST',
      body: Buffer.alloc(size + 1),
    }).catch(() => undefined);
    if (announced !== undefined) expect(announced.status).toBe(413);
    const streamed = await postChunked(`${stack.proxy.url}/files/1`, Buffer.alloc(size + 1));
    expect(streamed.status).toBe(413);
  });

  it('keeps memory bounded while clients read slowly', async () => {
    for (let warm = 0; warm < 5; warm++)
      await (await fetch(`${stack.proxy.url}/files/1`)).arrayBuffer();
    const before = await residentBytes(stack.proxy.process.pid);
    const clients = Array.from({ length: 12 }, () => {
      const socket = connect(stack.proxy.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.pause();
      socket.write('GET /files/1 HTTP/1.1\r\nHost: files\r\n\r\n');
      return socket;
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const during = await residentBytes(stack.proxy.process.pid);
    for (const client of clients) client.destroy();
    // Twelve complete responses would be 120 MB; the proxy may buffer a few socket buffers for
    // each.
    expect(during - before).toBeLessThan(40 * 1024 * 1024);
  }, 30_000);
});

function postChunked(url: string, body: Buffer): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', timeout: 20_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    outgoing.on('error', reject);
    let sent = 0;
    const pump = (): void => {
      while (sent < body.length) {
        const end = Math.min(sent + 65_536, body.length);
        const more = outgoing.write(body.subarray(sent, end));
        sent = end;
        if (!more) return void outgoing.once('drain', pump);
      }
      outgoing.end();
    };
    pump();
  });
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
