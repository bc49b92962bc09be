import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { NodeSession } from './node-session.ts';

const fault = (id: string) => ({ kind: 'route', id, name: id, pointer: '', code: 'broken', reason: '' });

let session: NodeSession;
let news: number;

beforeEach(() => {
  jest.useFakeTimers();
  news = 0;
  session = new NodeSession({ id: 'n', gatewayId: 'g', version: '1' }, () => news++, () => undefined);
});

afterEach(() => {
  jest.useRealTimers();
});

describe('NodeSession', () => {
  it('is stale after 5 s of silence, and live again with the next sign of life', () => {
    jest.advanceTimersByTime(4_900);
    expect(session.describe().state).toBe('live');
    jest.advanceTimersByTime(200);
    expect(session.describe().state).toBe('stale');
    session.reported(false, [], 0);
    expect(session.describe().state).toBe('live');
  });

  it('is stale when it leaves a revision without an answer for 5 s, however lively it is', () => {
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

  it('keeps what is quarantined when a later revision is refused, until an ack says otherwise', () => {
    session.acked(2, [fault('a')]);
    session.nacked(3, [fault('b')]);
    expect(session.describe()).toMatchObject({ appliedRevision: 2, nackedRevision: 3, faults: [{ id: 'b' }, { id: 'a' }] });
    session.acked(4, [fault('b')]);
    expect(session.describe()).toMatchObject({ appliedRevision: 4, nackedRevision: null, faults: [{ id: 'b' }] });
  });

  it('goes on from what it says in its hello, and forgets it when the database is another one', () => {
    session.resumed(7, 8, [fault('a')]);
    expect(session.describe()).toMatchObject({ appliedRevision: 7, nackedRevision: 8, faults: [{ id: 'a' }] });
    session.restarted();
    expect(session.describe()).toMatchObject({ appliedRevision: 0, nackedRevision: null, faults: [] });
    // It does not know yet, and speaks of revisions of the other one.
    session.reported(false, [], 7);
    expect(session.describe().appliedRevision).toBe(0);
    session.acked(2, []);
    session.reported(false, [], 3);
    expect(session.describe().appliedRevision).toBe(3);
  });

  it('has a bounded number of faults', () => {
    session.nacked(3, Array.from({ length: 1_000 }, (_, index) => fault(String(index))));
    expect(session.describe().faults).toHaveLength(100);
  });

  it('is news when something changes, not with every sign of life', () => {
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
