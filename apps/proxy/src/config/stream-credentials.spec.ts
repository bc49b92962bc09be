import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CredentialNotes } from '../usage/credential-notes.ts';
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
