import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SetHash } from '@sluice/wire';
import { CredentialNotes, type CredentialReport } from '../usage/credential-notes.ts';
import { a, StreamSourceFixture } from './testing/stream-source-fixture.ts';

const fixture = new StreamSourceFixture();
beforeEach(() => fixture.start());
afterEach(() => fixture.stop());

describe('what a node reports about credentials', () => {
  let notes: CredentialNotes;
  beforeEach(() => {
    notes = new CredentialNotes();
  });
  const takeCredentialReport = () => notes.take();
  const rehash = { id: 'b', replaced: new Uint8Array(32), hash: '$argon2id$' };
  const reports = () => fixture.controlPlane.said('credentialReport');

  it('is sent with ages, as the clocks of both may differ, and only once', async () => {
    fixture.source = fixture.sourceOf({ takeCredentialReport });
    await fixture.connected(a);
    notes.used('a', Date.now() - 7_000);
    notes.rehashed(rehash);
    await fixture.until(() => reports().length === 1);
    expect(reports()).toMatchObject([
      {
        uses: [{ credentialId: 'a', secondsAgo: expect.any(Number) }],
        rehashes: [{ credentialId: 'b', hash: '$argon2id$' }],
      },
    ]);
    expect(reports()[0]?.uses[0]?.secondsAgo).toBeGreaterThanOrEqual(7);
    notes.used('c', Date.now());
    await fixture.until(() => reports().length === 2);
    expect(reports()[1]).toMatchObject({ uses: [{ credentialId: 'c' }], rehashes: [] });
  });

  it('waits for a control plane, and is sent again when a stream ends before it has arrived', async () => {
    const giveBackCredentialReport = (report: CredentialReport) => notes.giveBack(report);
    fixture.source = fixture.sourceOf({ takeCredentialReport, giveBackCredentialReport });
    notes.used('before-the-first-stream', Date.now());
    await fixture.connected(a);
    await fixture.until(() => reports().length === 1);
    // Confirms the first report.
    const heartbeat = {
      type: 'heartbeat',
      revision: 10,
      setHash: SetHash.of([a]).bytes(),
    } as const;
    for (let index = 0; index < 3; index++) fixture.controlPlane.send(heartbeat);
    const statuses = fixture.controlPlane.said('status').length;
    await fixture.until(() => fixture.controlPlane.said('status').length >= statuses + 2);
    notes.used('unconfirmed', Date.now());
    notes.rehashed(rehash);
    await fixture.until(() => reports().length === 2);
    await fixture.controlPlane.stop();
    await fixture.until(() => !fixture.state.connected);
    notes.used('without-a-stream', Date.now());
    await fixture.controlPlane.listen(fixture.controlPlane.port);
    await fixture.until(() => fixture.controlPlane.said('hello').length === 2);
    fixture.controlPlane.send(heartbeat);
    await fixture.until(() => reports().length === 3);
    const sent = reports()[2];
    expect(sent?.uses.map(({ credentialId }) => credentialId).sort()).toEqual([
      'unconfirmed',
      'without-a-stream',
    ]);
    expect(sent?.rehashes.map(({ credentialId }) => credentialId)).toEqual(['b']);
  }, 60_000);

  it('has no hashes on a stream that others on the network could read', async () => {
    const host = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
    // A machine without a network has no such stream.
    if (host === undefined) return;
    await fixture.controlPlane.stop();
    await fixture.controlPlane.listen(0, host);
    fixture.source = fixture.sourceOf({
      takeCredentialReport,
      addresses: [{ host, port: fixture.controlPlane.port }],
      security: () => ({ mode: 'plaintext', allowRemote: true }),
    });
    await fixture.connected(a);
    notes.used('a', Date.now());
    notes.rehashed(rehash);
    await fixture.until(() => reports().length === 1);
    expect(reports()).toMatchObject([{ uses: [{ credentialId: 'a' }], rehashes: [] }]);
  });
});
