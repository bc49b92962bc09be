import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Resource } from '@sluice/config';
import {
  chunkSnapshot,
  type ConfigFault,
  createConfigStreamServer,
  encodeControlFrame,
  SetHash,
} from '@sluice/wire';
import type {
  ConfigStreamServer,
  ControlFrame,
  Hello,
  NodeCall,
  NodeFrame,
  ResourceRecord,
} from '@sluice/wire';
import { ConfigState } from './config-state.ts';
import { LastGood } from './last-good.ts';
import type { ApplyOutcome, ConfigTarget, ResourceChange } from './source.ts';
import { StreamSource } from './stream-source.ts';
import type { StreamSourceOptions } from './stream-source.ts';

const security = { mode: 'plaintext', allowRemote: false } as const;

/** A control plane that records the nodes' frames and sends the frames of the spec. */
class FakeControlPlane {
  readonly frames: NodeFrame[] = [];
  readonly calls: NodeCall[] = [];
  refuse: { code: status; details: string } | undefined;
  port = 0;
  #server: ConfigStreamServer | undefined;

  async listen(port = 0): Promise<void> {
    this.#server = createConfigStreamServer((call) => this.#accept(call));
    this.port = await this.#server.listen({ host: '127.0.0.1', port }, security);
  }

  async stop(): Promise<void> {
    await this.#server?.close(0);
    this.#server = undefined;
  }

  get call(): NodeCall {
    return this.calls.at(-1) as NodeCall;
  }

  sendSnapshot(revision: number, records: readonly ResourceRecord[], chunkBytes?: number): void {
    for (const frame of chunkSnapshot(
      { epoch: 'e', revision, records, setHash: SetHash.of(records) },
      chunkBytes,
    ))
      this.call.write(frame);
  }

  send(frame: ControlFrame): void {
    this.call.write(encodeControlFrame(frame));
  }

  /** A delta whose result is the set `after`. */
  sendDelta(
    revision: number,
    changes: readonly ResourceRecord[],
    after: readonly ResourceRecord[],
    fromRevision = revision - 1,
  ): void {
    this.send({
      type: 'delta',
      fromRevision,
      revision,
      changes,
      setHash: SetHash.of(after).bytes(),
      merged: false,
    });
  }

  said<Type extends NodeFrame['type']>(type: Type): Extract<NodeFrame, { type: Type }>[] {
    return this.frames.filter(
      (frame): frame is Extract<NodeFrame, { type: Type }> => frame.type === type,
    );
  }

  #accept(call: NodeCall): void {
    call.on('error', () => undefined);
    if (this.refuse !== undefined) {
      call.emit('error', Object.assign(new Error(this.refuse.details), this.refuse));
      return;
    }
    this.calls.push(call);
    call.on('data', (frame: NodeFrame) => this.frames.push(frame));
    call.on('end', () => call.end());
  }
}

/** Refuses resources that are marked as broken. */
class FakeTarget implements ConfigTarget {
  readonly resources = new Map<string, string>();

  applySnapshot(_: number, resources: Iterable<Resource>): ApplyOutcome {
    const list = [...resources];
    this.resources.clear();
    for (const { id, spec } of list) this.resources.set(id, JSON.stringify(spec));
    return { applied: true, faults: [], quarantined: list.flatMap(faultsOf) };
  }

  async applyDelta(_: number, changes: readonly ResourceChange[]): Promise<ApplyOutcome> {
    await sleep(1);
    const faults = changes.flatMap(faultsOf);
    if (faults.length > 0) return { applied: false, faults, quarantined: [] };
    for (const { id, spec } of changes) {
      if (spec === undefined) this.resources.delete(id);
      else this.resources.set(id, JSON.stringify(spec));
    }
    return { applied: true, faults: [], quarantined: [] };
  }
}

function faultsOf({ kind, id, spec }: ResourceChange): ConfigFault[] {
  return JSON.stringify(spec)?.includes('broken')
    ? [
        {
          kind,
          id,
          name: id,
          pointer: '/policies/0/name',
          code: 'unknown_policy',
          reason: 'says so',
        },
      ]
    : [];
}

const record = (id: string, json = `{"name":"${id}"}`): ResourceRecord => ({
  kind: 'route',
  id,
  json,
});
const [a, b, c] = [record('a'), record('b'), record('c')];

let controlPlane: FakeControlPlane;
let target: FakeTarget;
let state: ConfigState;
let source: StreamSource;
let logged: string[];
let draining = false;

function sourceOf(more: Partial<StreamSourceOptions> = {}): StreamSource {
  const note = (_: object, message: string): void => void logged.push(message);
  return new StreamSource({
    addresses: [{ host: '127.0.0.1', port: controlPlane.port }],
    security,
    token: 'a-token',
    nodeId: 'node-1',
    gateway: 'default',
    version: '1.2.3',
    policies: ['key-auth'],
    report: () => ({
      draining,
      targets: [{ service: 's', address: '127.0.0.1:1', healthy: true }],
    }),
    target,
    state,
    lastGood: undefined,
    log: { info: note, warn: note, error: note },
    ...more,
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; !condition(); attempt++) {
    if (attempt === 500)
      throw new Error(`still waiting; the node said ${JSON.stringify(controlPlane.frames)}`);
    await sleep(10);
  }
}

async function connected(...records: ResourceRecord[]): Promise<void> {
  source.start();
  await until(() => controlPlane.said('hello').length === 1);
  controlPlane.sendSnapshot(10, records);
  await until(() => controlPlane.said('ack').length === 1);
}

beforeEach(async () => {
  controlPlane = new FakeControlPlane();
  await controlPlane.listen();
  [target, state, logged, draining] = [new FakeTarget(), new ConfigState(), [], false];
  source = sourceOf();
});

afterEach(async () => {
  await source.stop();
  await controlPlane.stop();
});

describe('StreamSource', () => {
  it('connects to the addresses of a host name in turn, and reports a name without addresses', async () => {
    const asked: string[] = [];
    let answers: readonly { readonly address: string }[] | undefined = undefined;
    source = sourceOf({
      addresses: [{ host: 'control-plane.test', port: controlPlane.port }],
      security: { mode: 'plaintext', allowRemote: true },
      resolve: async (host) => {
        asked.push(host);
        if (answers === undefined) throw new Error('EAI_AGAIN control-plane.test');
        return answers;
      },
    });
    source.start();
    await until(() => state.lastError.includes('EAI_AGAIN'));
    // No process listens on the first address.
    answers = [{ address: '127.0.0.9' }, { address: '127.0.0.1' }];
    await until(() => controlPlane.said('hello').length === 1);
    expect(new Set(asked)).toEqual(new Set(['control-plane.test']));
  });

  it('sends hello, receives a snapshot in chunks, and acknowledges it', async () => {
    source.start();
    await until(() => controlPlane.said('hello').length === 1);
    expect(controlPlane.said('hello')).toMatchObject([
      {
        nodeId: 'node-1',
        gateway: 'default',
        version: '1.2.3',
        policies: ['key-auth'],
        epoch: '',
        revision: 0,
        appliedRevision: 0,
      },
    ]);
    expect(controlPlane.call.metadata.get('authorization')).toEqual(['Bearer a-token']);
    controlPlane.sendSnapshot(10, [a, b, c], 20);
    await until(() => controlPlane.said('ack').length === 1);
    expect(controlPlane.said('ack')).toMatchObject([{ revision: 10, quarantined: [] }]);
    expect([...target.resources.keys()]).toEqual(['a', 'b', 'c']);
    expect(state.describe()).toMatchObject({
      origin: 'stream',
      connected: true,
      epoch: 'e',
      revision: 10,
      connects: 1,
      lastError: '',
    });
  });

  it('applies deltas one after the other', async () => {
    await connected(a);
    controlPlane.sendDelta(11, [b], [a, b]);
    controlPlane.sendDelta(12, [record('a', '')], [b]);
    controlPlane.sendDelta(13, [c], [b, c]);
    await until(() => controlPlane.said('ack').length === 4);
    expect(controlPlane.said('ack').map(({ revision }) => revision)).toEqual([10, 11, 12, 13]);
    expect([...target.resources.keys()]).toEqual(['b', 'c']);
  });

  it('reports resource, pointer and reason of a refusal, keeps its configuration, and continues', async () => {
    await connected(a);
    const broken = record('b', '{"name":"broken"}');
    controlPlane.sendDelta(11, [broken], [a, broken]);
    await until(() => controlPlane.said('nack').length === 1);
    expect(controlPlane.said('nack')).toMatchObject([
      {
        revision: 11,
        faults: [{ kind: 'route', id: 'b', pointer: '/policies/0/name', code: 'unknown_policy' }],
      },
    ]);
    expect([...target.resources.keys()]).toEqual(['a']);
    controlPlane.sendDelta(12, [b], [a, b]);
    await until(() => controlPlane.said('ack').length === 2);
    expect(controlPlane.said('ack').at(-1)).toMatchObject({ revision: 12, quarantined: [] });
  });

  it.each<[string, () => void]>([
    [
      'a delta',
      () =>
        controlPlane.send({
          type: 'delta',
          fromRevision: 10,
          revision: 11,
          changes: [b],
          setHash: Buffer.alloc(32),
          merged: false,
        }),
    ],
    ['a gap between deltas', () => controlPlane.sendDelta(13, [b], [a, b])],
    [
      'a heartbeat',
      () => controlPlane.send({ type: 'heartbeat', revision: 11, setHash: Buffer.alloc(32) }),
    ],
  ])('asks for everything when it finds by %s that it has drifted', async (_, send) => {
    await connected(a);
    send();
    controlPlane.sendDelta(12, [c], [a, c], 11);
    await until(() => controlPlane.said('hello').length === 2);
    expect(controlPlane.said('hello')[1]).toMatchObject({
      epoch: '',
      revision: 0,
      appliedRevision: 10,
    });
    controlPlane.sendSnapshot(12, [a, c]);
    await until(() => state.revision === 12);
    expect(state.resyncs).toBe(1);
    expect([...target.resources.keys()]).toEqual(['a', 'c']);
  });

  it('sends a status every second, and immediately on announce', async () => {
    await connected(a);
    controlPlane.send({ type: 'heartbeat', revision: 14, setHash: SetHash.of([a]).bytes() });
    await until(() =>
      controlPlane.said('status').some(({ appliedRevision }) => appliedRevision === 14),
    );
    expect(controlPlane.said('status').at(-1)).toMatchObject({
      draining: false,
      targets: [{ service: 's', address: '127.0.0.1:1', healthy: true }],
    });
    draining = true;
    source.announce();
    await until(() => controlPlane.said('status').at(-1)?.draining === true);
  });

  it('reconnects after a restart of the control plane with its revision, and serves meanwhile', async () => {
    await connected(a);
    await controlPlane.stop();
    await until(() => !state.connected);
    await sleep(150);
    expect(state.describe()).toMatchObject({
      revision: 10,
      connected: false,
      lastError: expect.stringMatching(/./),
    });
    expect(target.resources.size).toBe(1);
    await controlPlane.listen(controlPlane.port);
    await until(() => controlPlane.said('hello').length === 2);
    expect(controlPlane.said('hello')[1]).toMatchObject({
      epoch: 'e',
      revision: 10,
      setHash: SetHash.of([a]).bytes(),
      appliedRevision: 10,
    });
    controlPlane.sendDelta(11, [b], [a, b]);
    await until(() => state.revision === 11);
    // One line per change of state, independent of the number of attempts.
    expect(logged.filter((line) => line.startsWith('no control plane'))).toEqual([
      'no control plane; still serving revision 10',
    ]);
    expect(logged.filter((line) => line === 'connected to the control plane')).toHaveLength(2);
  });

  it('tries the control planes in turn, and leaves a draining one', async () => {
    const second = new FakeControlPlane();
    await second.listen();
    const unreachable = { host: '127.0.0.1', port: 1 };
    source = sourceOf({
      addresses: [
        unreachable,
        { host: '127.0.0.1', port: second.port },
        { host: '127.0.0.1', port: controlPlane.port },
      ],
    });
    source.start();
    await until(() => controlPlane.calls.length + second.calls.length === 1);
    const [first, other] =
      second.calls.length === 1 ? [second, controlPlane] : [controlPlane, second];
    first.send({ type: 'drain', reason: 'stopping' });
    first.call.end();
    await first.stop();
    await until(() => other.said('hello').length === 1);
    await second.stop();
  });

  it.each<[string, () => void]>([
    [
      'damaged pieces',
      () =>
        controlPlane.send({
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
        controlPlane.send({
          type: 'snapshot',
          epoch: 'e',
          revision: 11,
          chunk: 0,
          chunks: 2,
          data: Buffer.alloc(0),
          checksum: Buffer.alloc(0),
          setHash: Buffer.alloc(0),
        });
        controlPlane.send({ type: 'heartbeat', revision: 11, setHash: SetHash.of([a]).bytes() });
      },
    ],
    ['bytes that are no frame', () => controlPlane.call.write(Buffer.from('no frame'))],
  ])('ends the stream after %s, keeps its configuration, and reconnects', async (_, send) => {
    await connected(a);
    send();
    await until(() => controlPlane.said('hello').length === 2);
    expect(controlPlane.said('hello')[1]).toMatchObject({ epoch: 'e', revision: 10 });
    expect(state.revision).toBe(10);
  });

  it('leaves a control plane that stops sending frames', async () => {
    source = sourceOf({ silentSeconds: 1 });
    await connected(a);
    await until(() => controlPlane.said('hello').length === 2);
    expect(state.revision).toBe(10);
    expect(logged).toContain('no control plane; still serving revision 10');
  });

  it('reports why it is refused', async () => {
    controlPlane.refuse = { code: status.NOT_FOUND, details: 'there is no gateway "default"' };
    source.start();
    await until(() => state.lastError !== '');
    expect(state.lastError).toBe('there is no gateway "default"');
    await sleep(200);
    expect(logged).toEqual(['the control plane refuses this node; there is no configuration yet']);
    expect(state.describe()).toMatchObject({ isRefused: true });
  });

  it('refuses to send its token in plaintext beyond this machine', () => {
    expect(() =>
      sourceOf({ addresses: [{ host: 'control-plane.example', port: 8005 }] }).start(),
    ).toThrow('SLUICE_STREAM_INSECURE=1');
    expect(() => sourceOf({ addresses: [] }).start()).toThrow('SLUICE_CONTROL_PLANE');
  });

  it('sends a last status when it stops, and stops at once without a control plane', async () => {
    await connected(a);
    draining = true;
    const ended = once(controlPlane.call, 'end');
    await source.stop();
    await ended;
    expect(controlPlane.frames.at(-1)).toMatchObject({ type: 'status', draining: true });
    await source.stop();

    const lonely = sourceOf({ addresses: [{ host: '127.0.0.1', port: 1 }] });
    lonely.start();
    await sleep(300);
    const startedAt = performance.now();
    await lonely.stop();
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });
});

describe('StreamSource with a last good configuration', () => {
  let dataDir: string;
  const lastGood = (): LastGood =>
    new LastGood({
      dataDir,
      key: undefined,
      gateway: 'default',
      state,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'sluice-stream-'));
  });

  afterEach(async () => {
    await source.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('starts from disk without a control plane, and resumes from there once one answers', async () => {
    source = sourceOf({ lastGood: lastGood() });
    await connected(a, b);
    await source.stop();
    await controlPlane.stop();

    [target, state] = [new FakeTarget(), new ConfigState()];
    source = sourceOf({ lastGood: lastGood() });
    source.start();
    await until(() => state.revision === 10);
    expect(state.describe()).toMatchObject({ origin: 'last-good', connected: false, epoch: 'e' });
    expect([...target.resources.keys()]).toEqual(['a', 'b']);

    await controlPlane.listen(controlPlane.port);
    await until(() => controlPlane.said('hello').length === 2);
    expect(controlPlane.said('hello')[1] as Hello).toMatchObject({
      epoch: 'e',
      revision: 10,
      setHash: SetHash.of([a, b]).bytes(),
    });
    controlPlane.send({ type: 'heartbeat', revision: 12, setHash: SetHash.of([a, b]).bytes() });
    await until(() => state.revision === 12);
    expect(state.describe()).toMatchObject({ origin: 'stream', connected: true });
  });

  it('restarts with the last good version of what was quarantined', async () => {
    source = sourceOf({ lastGood: lastGood() });
    await connected(a);
    const broken = record('a', '{"name":"broken"}');
    controlPlane.sendDelta(11, [broken], [broken]);
    await until(() => controlPlane.said('nack').length === 1);
    await source.stop();
    const loaded = await lastGood().load();
    expect(loaded?.snapshot.records).toEqual([a]);
  });
});
