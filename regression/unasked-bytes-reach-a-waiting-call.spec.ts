import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { TimerWheel } from '../apps/proxy/src/net/timer-wheel.ts';
import { TargetPool } from '../apps/proxy/src/upstream/target-pool.ts';
import {
  localCertificate,
  testAuthority,
} from '../apps/proxy/src/upstream/testing/certificates.ts';
import { RecordedCall } from '../apps/proxy/src/upstream/testing/recorded-call.ts';

/**
 * A TLS server in a thread. On its first connection it answers a request with two records while the
 * thread of the gateway is blocked, so that one read of the gateway's socket finds both.
 */
const origin = `
const { parentPort, workerData } = require('node:worker_threads');
const { createServer } = require('node:tls');
const stage = new Int32Array(workerData.stage);
const ok = (body) => 'HTTP/1.1 200 OK\\r\\nContent-Length: ' + body.length + '\\r\\n\\r\\n' + body;
let connections = 0;
const server = createServer(workerData.certificate, (socket) => {
  const isFirst = ++connections === 1;
  socket.on('error', () => undefined);
  socket.on('data', () => {
    if (!isFirst) return void socket.write(ok('own'));
    parentPort.postMessage('asked');
    Atomics.wait(stage, 0, 0);
    socket.write(ok('own'), () => socket.write(ok('unasked'), () => {
      Atomics.store(stage, 0, 2);
      Atomics.notify(stage, 0);
    }));
  });
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

/**
 * A call that waited for a connection got one as soon as the previous response had ended. Over TLS
 * one read of the socket may return two records: the unsolicited content of the second one was then
 * taken for the response to the waiting call.
 */
describe('a TLS target that sends unsolicited bytes', () => {
  const stage = new Int32Array(new SharedArrayBuffer(4));
  let wheel: TimerWheel;
  let thread: Worker;
  let pool: TargetPool;

  beforeEach(async () => {
    wheel = new TimerWheel({ tickMs: 10 }).start();
    thread = new Worker(origin, {
      eval: true,
      workerData: { stage: stage.buffer, certificate: localCertificate },
    });
    const [port] = (await once(thread, 'message')) as [number];
    pool = new TargetPool(
      {
        protocol: 'https',
        address: `127.0.0.1:${port}`,
        tls: { verify: true, caCertificates: testAuthority },
      },
      wheel,
      { maxConnections: 1 },
    );
  });
  afterEach(async () => {
    pool.close();
    wheel.stop();
    await thread.terminate();
  });

  it('answers no waiting call with them', async () => {
    thread.once('message', () => {
      Atomics.store(stage, 0, 1);
      Atomics.notify(stage, 0);
      Atomics.wait(stage, 0, 1, 5_000);
      // The bytes pass through the kernel, which may take a moment on a busy machine.
      Atomics.wait(stage, 0, 2, 100);
    });
    const calls = [RecordedCall.send(pool), RecordedCall.send(pool)];
    for (const call of calls)
      expect(await call.over).toMatchObject({
        status: 200,
        body: 'own',
        outcomes: 1,
        failure: undefined,
      });
    expect(Atomics.load(stage, 0)).toBe(2);
  });
});
