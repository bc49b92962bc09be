import { describe, expect, it } from '@jest/globals';
import { seededRandom } from './testing/raw-request.ts';
import { TargetWitnesses, type IdentityReport } from './testing/target-witnesses.ts';

// The long run is bench/fuzz/target-identity.ts.
describe('the target of a request', () => {
  it('is one string for the router, every policy, the log and the upstream, or the request is refused', async () => {
    const witnesses = await TargetWitnesses.start();
    const report: IdentityReport = {
      cases: 0,
      served: 0,
      encodedSlashes: 0,
      refused: new Map(),
      disagreements: [],
    };
    try {
      await witnesses.hear(2_000, seededRandom(20_260), report);
    } finally {
      await witnesses.stop();
    }
    expect(report.disagreements).toEqual([]);
    expect(report.cases).toBe(2_000);
    expect(report.served).toBeGreaterThan(1_000);
    expect(report.refused.get(400)).toBeGreaterThan(200);
    expect(report.encodedSlashes).toBeGreaterThan(20);
  });
});
