import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { NodeSession } from './node-session.ts';

const fault = (id: string) => ({
  kind: 'route',
  id,
  name: id,
  pointer: '',
  code: 'broken',
  reason: '',
});

let session: NodeSession;
let news: number;

beforeEach(() => {
  jest.useFakeTimers();
  news = 0;
  session = new NodeSession(
    {
      id: 'n',
      gatewayId: 'g',
      version: '1',
      capabilities: { schemaLevel: 1, kinds: [], mayReceiveSecrets: true },
    },
    () => news++,
    () => undefined,
  );
});

afterEach(() => {
  jest.useRealTimers();
});

describe('NodeSession', () => {
  it('is stale after 5 s of silence, and live again after the next report', () => {
    jest.advanceTimersByTime(4_900);
    expect(session.describe().state).toBe('live');
    jest.advanceTimersByTime(200);
    expect(session.describe().state).toBe('stale');
    session.reported(false, [], 0);
    expect(session.describe().state).toBe('live');
  });

  it('is stale when it does not answer a revision for 5 s, even if it reports', () => {
    session.sent(2, false);
    for (let second = 1; second <= 6; second++) {
      jest.advanceTimersByTime(1_000);
      session.reported(false, [], 1);
      session.sent(2 + second, false);
    }
    expect(session.describe().state).toBe('stale');
    session.acked(8, []);
    expect(session.describe()).toMatchObject({ state: 'live', appliedRevision: 8 });
  });

  it('has more time for a snapshot', () => {
    session.sent(2, true);
    for (let second = 0; second < 25; second++) {
      jest.advanceTimersByTime(1_000);
      session.reported(false, [], 0);
    }
    expect(session.describe().state).toBe('live');
  });

  it('keeps the quarantined resources when a later revision is rejected, until the next ack', () => {
    session.acked(2, [fault('a')]);
    session.nacked(3, [fault('b')]);
    expect(session.describe()).toMatchObject({
      appliedRevision: 2,
      nackedRevision: 3,
      faults: [{ id: 'b' }, { id: 'a' }],
    });
    session.acked(4, [fault('b')]);
    expect(session.describe()).toMatchObject({
      appliedRevision: 4,
      nackedRevision: null,
      faults: [{ id: 'b' }],
    });
  });

  it('resumes from its hello, and discards that state when the database was replaced', () => {
    session.resumed(7, 8, [fault('a')]);
    expect(session.describe()).toMatchObject({
      appliedRevision: 7,
      nackedRevision: 8,
      faults: [{ id: 'a' }],
    });
    session.restarted();
    expect(session.describe()).toMatchObject({
      appliedRevision: 0,
      nackedRevision: null,
      faults: [],
    });
    // The node still reports revisions of the previous database.
    session.reported(false, [], 7);
    expect(session.describe().appliedRevision).toBe(0);
    session.acked(2, []);
    session.reported(false, [], 3);
    expect(session.describe().appliedRevision).toBe(3);
  });

  it('has a bounded number of faults', () => {
    session.nacked(
      3,
      Array.from({ length: 1_000 }, (_, index) => fault(String(index))),
    );
    expect(session.describe().faults).toHaveLength(100);
  });

  it('calls onChange for changes, not for every report', () => {
    const targets = [{ service: 's', address: 'a:1', healthy: true }];
    session.resumed(1, 0, []);
    session.reported(false, targets, 1);
    session.reported(false, [...targets], 1);
    expect(news).toBe(1);
    session.reported(false, [{ service: 's', address: 'a:1', healthy: false }], 1);
    session.reported(true, [{ service: 's', address: 'a:1', healthy: false }], 2);
    expect(news).toBe(3);
    expect(session.describe()).toMatchObject({ state: 'draining', appliedRevision: 2 });
  });
});
