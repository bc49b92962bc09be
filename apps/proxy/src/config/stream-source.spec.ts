import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SetHash } from '@sluice/wire';
import { a, b, c, record, StreamSourceFixture } from './testing/stream-source-fixture.ts';

const fixture = new StreamSourceFixture();
beforeEach(() => fixture.start());
afterEach(() => fixture.stop());

describe('StreamSource', () => {
  it('connects to the addresses of a host name in turn, and reports a name without addresses', async () => {
    const asked: string[] = [];
    let answers: readonly { readonly address: string }[] | undefined = undefined;
    fixture.source = fixture.sourceOf({
      addresses: [{ host: 'control-plane.test', port: fixture.controlPlane.port }],
      security: () => ({ mode: 'plaintext', allowRemote: true }),
      resolve: async (host) => {
        asked.push(host);
        if (answers === undefined) throw new Error('EAI_AGAIN control-plane.test');
        return answers;
      },
    });
    fixture.source.start();
    await fixture.until(() => fixture.state.lastError.includes('EAI_AGAIN'));
    // No process listens on the first address.
    answers = [{ address: '127.0.0.9' }, { address: '127.0.0.1' }];
    await fixture.until(() => fixture.controlPlane.said('hello').length === 1);
    expect(new Set(asked)).toEqual(new Set(['control-plane.test']));
  });

  it('sends hello, receives a snapshot in chunks, and acknowledges it', async () => {
    fixture.source.start();
    await fixture.until(() => fixture.controlPlane.said('hello').length === 1);
    expect(fixture.controlPlane.said('hello')).toMatchObject([
      {
        nodeId: 'node-1',
        gateway: 'default',
        version: '1.2.3',
        policies: ['key-auth'],
        kinds: ['gateway', 'route'],
        schemaLevel: 1,
        epoch: '',
        revision: 0,
        appliedRevision: 0,
      },
    ]);
    expect(fixture.controlPlane.call.metadata.get('authorization')).toEqual(['Bearer a-token']);
    fixture.controlPlane.sendSnapshot(10, [a, b, c], 20);
    await fixture.until(() => fixture.controlPlane.said('ack').length === 1);
    expect(fixture.controlPlane.said('ack')).toMatchObject([{ revision: 10, quarantined: [] }]);
    expect([...fixture.target.resources.keys()]).toEqual(['a', 'b', 'c']);
    expect(fixture.state.describe()).toMatchObject({
      origin: 'stream',
      connected: true,
      epoch: 'e',
      revision: 10,
      connects: 1,
      lastError: '',
    });
  });

  it('applies deltas one after the other', async () => {
    await fixture.connected(a);
    fixture.controlPlane.sendDelta(11, [b], [a, b]);
    fixture.controlPlane.sendDelta(12, [record('a', '')], [b]);
    fixture.controlPlane.sendDelta(13, [c], [b, c]);
    await fixture.until(() => fixture.controlPlane.said('ack').length === 4);
    expect(fixture.controlPlane.said('ack').map(({ revision }) => revision)).toEqual([
      10, 11, 12, 13,
    ]);
    expect([...fixture.target.resources.keys()]).toEqual(['b', 'c']);
  });

  it('reports resource, pointer and reason of a refusal, keeps its configuration, and continues', async () => {
    await fixture.connected(a);
    const broken = record('b', '{"name":"broken"}');
    fixture.controlPlane.sendDelta(11, [broken], [a, broken]);
    await fixture.until(() => fixture.controlPlane.said('nack').length === 1);
    expect(fixture.controlPlane.said('nack')).toMatchObject([
      {
        revision: 11,
        faults: [{ kind: 'route', id: 'b', pointer: '/policies/0/name', code: 'unknown_policy' }],
      },
    ]);
    expect([...fixture.target.resources.keys()]).toEqual(['a']);
    fixture.controlPlane.sendDelta(12, [b], [a, b]);
    await fixture.until(() => fixture.controlPlane.said('ack').length === 2);
    expect(fixture.controlPlane.said('ack').at(-1)).toMatchObject({
      revision: 12,
      quarantined: [],
    });
  });

  it.each<[string, () => void]>([
    [
      'a delta',
      () =>
        fixture.controlPlane.send({
          type: 'delta',
          fromRevision: 10,
          revision: 11,
          changes: [b],
          setHash: Buffer.alloc(32),
          merged: false,
        }),
    ],
    ['a gap between deltas', () => fixture.controlPlane.sendDelta(13, [b], [a, b])],
    [
      'a heartbeat',
      () =>
        fixture.controlPlane.send({ type: 'heartbeat', revision: 11, setHash: Buffer.alloc(32) }),
    ],
  ])('asks for everything when it finds by %s that it has drifted', async (_, send) => {
    await fixture.connected(a);
    send();
    fixture.controlPlane.sendDelta(12, [c], [a, c], 11);
    await fixture.until(() => fixture.controlPlane.said('hello').length === 2);
    expect(fixture.controlPlane.said('hello')[1]).toMatchObject({
      epoch: '',
      revision: 0,
      appliedRevision: 10,
    });
    fixture.controlPlane.sendSnapshot(12, [a, c]);
    await fixture.until(() => fixture.state.revision === 12);
    expect(fixture.state.resyncs).toBe(1);
    expect([...fixture.target.resources.keys()]).toEqual(['a', 'c']);
  });

  it('sends a status every second, and immediately on announce', async () => {
    await fixture.connected(a);
    fixture.controlPlane.send({
      type: 'heartbeat',
      revision: 14,
      setHash: SetHash.of([a]).bytes(),
    });
    await fixture.until(() =>
      fixture.controlPlane.said('status').some(({ appliedRevision }) => appliedRevision === 14),
    );
    expect(fixture.controlPlane.said('status').at(-1)).toMatchObject({
      draining: false,
      targets: [{ service: 's', address: '127.0.0.1:1', healthy: true }],
    });
    fixture.draining = true;
    fixture.source.announce();
    await fixture.until(() => fixture.controlPlane.said('status').at(-1)?.draining === true);
  });
});
