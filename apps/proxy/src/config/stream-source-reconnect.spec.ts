import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SetHash } from '@sluice/wire';
import { FakeControlPlane } from './testing/fake-control-plane.ts';
import { a, b, StreamSourceFixture } from './testing/stream-source-fixture.ts';

const fixture = new StreamSourceFixture();
beforeEach(() => fixture.start());
afterEach(() => fixture.stop());

describe('StreamSource', () => {
  it('reconnects after a restart of the control plane with its revision, and serves meanwhile', async () => {
    await fixture.connected(a);
    await fixture.controlPlane.stop();
    await fixture.until(() => !fixture.state.connected);
    await sleep(150);
    expect(fixture.state.describe()).toMatchObject({
      revision: 10,
      connected: false,
      lastError: expect.stringMatching(/./),
    });
    expect(fixture.target.resources.size).toBe(1);
    await fixture.controlPlane.listen(fixture.controlPlane.port);
    await fixture.until(() => fixture.controlPlane.said('hello').length === 2);
    expect(fixture.controlPlane.said('hello')[1]).toMatchObject({
      epoch: 'e',
      revision: 10,
      setHash: SetHash.of([a]).bytes(),
      appliedRevision: 10,
    });
    fixture.controlPlane.sendDelta(11, [b], [a, b]);
    await fixture.until(() => fixture.state.revision === 11);
    // One line per change of fixture.state, independent of the number of attempts.
    expect(fixture.logged.filter((line) => line.startsWith('no control plane'))).toEqual([
      'no control plane; still serving revision 10',
    ]);
    expect(fixture.logged.filter((line) => line === 'connected to the control plane')).toHaveLength(
      2,
    );
  });

  it('tries the control planes in turn, and leaves a draining one', async () => {
    const second = new FakeControlPlane();
    await second.listen();
    const unreachable = { host: '127.0.0.1', port: 1 };
    fixture.source = fixture.sourceOf({
      addresses: [
        unreachable,
        { host: '127.0.0.1', port: second.port },
        { host: '127.0.0.1', port: fixture.controlPlane.port },
      ],
    });
    fixture.source.start();
    await fixture.until(() => fixture.controlPlane.calls.length + second.calls.length === 1);
    const [first, other] =
      second.calls.length === 1 ? [second, fixture.controlPlane] : [fixture.controlPlane, second];
    first.send({ type: 'drain', reason: 'stopping' });
    first.call.end();
    await first.stop();
    await fixture.until(() => other.said('hello').length === 1);
    await second.stop();
  });

  it.each<[string, () => void]>([
    [
      'damaged pieces',
      () =>
        fixture.controlPlane.send({
          type: 'snapshot',
          epoch: 'e',
          revision: 11,
          chunk: 0,
          chunks: 1,
          data: Buffer.from('?'),
          checksum: Buffer.alloc(32),
          setHash: Buffer.alloc(32),
        }),
    ],
    [
      'frames inside a snapshot',
      () => {
        fixture.controlPlane.send({
          type: 'snapshot',
          epoch: 'e',
          revision: 11,
          chunk: 0,
          chunks: 2,
          data: Buffer.alloc(0),
          checksum: Buffer.alloc(0),
          setHash: Buffer.alloc(0),
        });
        fixture.controlPlane.send({
          type: 'heartbeat',
          revision: 11,
          setHash: SetHash.of([a]).bytes(),
        });
      },
    ],
    ['bytes that are no frame', () => fixture.controlPlane.call.write(Buffer.from('no frame'))],
  ])('ends the stream after %s, keeps its configuration, and reconnects', async (_, send) => {
    await fixture.connected(a);
    send();
    await fixture.until(() => fixture.controlPlane.said('hello').length === 2);
    expect(fixture.controlPlane.said('hello')[1]).toMatchObject({ epoch: 'e', revision: 10 });
    expect(fixture.state.revision).toBe(10);
  });

  it('leaves a control plane that stops sending frames', async () => {
    fixture.source = fixture.sourceOf({ silentSeconds: 1 });
    await fixture.connected(a);
    await fixture.until(() => fixture.controlPlane.said('hello').length === 2);
    expect(fixture.state.revision).toBe(10);
    expect(fixture.logged).toContain('no control plane; still serving revision 10');
  });

  it('reports why it is refused', async () => {
    fixture.controlPlane.refuse = {
      code: status.NOT_FOUND,
      details: 'there is no gateway "default"',
    };
    fixture.source.start();
    await fixture.until(() => fixture.state.lastError !== '');
    expect(fixture.state.lastError).toBe('there is no gateway "default"');
    await sleep(200);
    expect(fixture.logged).toEqual([
      'the control plane refuses this node; there is no configuration yet',
    ]);
    expect(fixture.state.describe()).toMatchObject({ isRefused: true });
  });

  it('refuses to send its token in plaintext beyond this machine', () => {
    expect(() =>
      fixture.sourceOf({ addresses: [{ host: 'control-plane.example', port: 8005 }] }).start(),
    ).toThrow('SLUICE_STREAM_INSECURE=1');
    expect(() => fixture.sourceOf({ addresses: [] }).start()).toThrow('SLUICE_CONTROL_PLANE');
  });

  it('sends a last status when it stops, and stops at once without a control plane', async () => {
    await fixture.connected(a);
    fixture.draining = true;
    const ended = once(fixture.controlPlane.call, 'end');
    await fixture.source.stop();
    await ended;
    expect(fixture.controlPlane.frames.at(-1)).toMatchObject({ type: 'status', draining: true });
    await fixture.source.stop();

    const lonely = fixture.sourceOf({ addresses: [{ host: '127.0.0.1', port: 1 }] });
    lonely.start();
    await sleep(300);
    const startedAt = performance.now();
    await lonely.stop();
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });
});
