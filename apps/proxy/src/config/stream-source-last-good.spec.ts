import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SetHash, type Hello } from '@sluice/wire';
import { LastGood } from './last-good.ts';
import { a, b, record, StreamSourceFixture } from './testing/stream-source-fixture.ts';

const fixture = new StreamSourceFixture();
beforeEach(() => fixture.start());
afterEach(() => fixture.stop());

describe('StreamSource with a last good configuration', () => {
  let dataDir: string;
  const lastGood = (): LastGood =>
    new LastGood({
      dataDir,
      key: undefined,
      gateway: 'default',
      state: fixture.state,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'sluice-stream-'));
  });

  afterEach(async () => {
    await fixture.source.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('starts from disk without a control plane, and resumes from there once one answers', async () => {
    fixture.source = fixture.sourceOf({ lastGood: lastGood() });
    await fixture.connected(a, b);
    await fixture.source.stop();
    await fixture.controlPlane.stop();

    fixture.forget();
    fixture.source = fixture.sourceOf({ lastGood: lastGood() });
    fixture.source.start();
    await fixture.until(() => fixture.state.revision === 10);
    expect(fixture.state.describe()).toMatchObject({
      origin: 'last-good',
      connected: false,
      epoch: 'e',
    });
    expect([...fixture.target.resources.keys()]).toEqual(['a', 'b']);

    await fixture.controlPlane.listen(fixture.controlPlane.port);
    await fixture.until(() => fixture.controlPlane.said('hello').length === 2);
    expect(fixture.controlPlane.said('hello')[1] as Hello).toMatchObject({
      epoch: 'e',
      revision: 10,
      setHash: SetHash.of([a, b]).bytes(),
    });
    fixture.controlPlane.send({
      type: 'heartbeat',
      revision: 12,
      setHash: SetHash.of([a, b]).bytes(),
    });
    await fixture.until(() => fixture.state.revision === 12);
    expect(fixture.state.describe()).toMatchObject({ origin: 'stream', connected: true });
  });

  it('restarts with the last good version of what was quarantined', async () => {
    fixture.source = fixture.sourceOf({ lastGood: lastGood() });
    await fixture.connected(a);
    const broken = record('a', '{"name":"broken"}');
    fixture.controlPlane.sendDelta(11, [broken], [broken]);
    await fixture.until(() => fixture.controlPlane.said('nack').length === 1);
    await fixture.source.stop();
    const loaded = await lastGood().load();
    expect([...(loaded?.snapshot.records ?? [])]).toEqual([a]);
  });
});
