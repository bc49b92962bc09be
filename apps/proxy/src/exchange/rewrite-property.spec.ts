import { describe, expect, it } from '@jest/globals';
import { randomRoutes, randomTargets } from './testing/random-routes.ts';
import { seededRandom } from './testing/raw-request.ts';
import { RewriteWitnesses, type RewriteReport } from './testing/rewrite-witnesses.ts';

// The long run, a thousand routes and a thousand targets, is bench/fuzz/rewrites.ts.
describe('random routes and random targets', () => {
  it('upstreams receive paths in normal form, and policies, log and spans agree on them', async () => {
    const random = seededRandom(11);
    const report: RewriteReport = {
      pairs: 0,
      served: 0,
      rewritten: 0,
      refused: new Map(),
      disagreements: [],
    };
    const witnesses = await RewriteWitnesses.start(randomRoutes(60, random));
    try {
      await witnesses.hear(randomTargets(60, random), report);
    } finally {
      await witnesses.stop();
    }
    expect(report.disagreements).toEqual([]);
    expect(report.pairs).toBe(3_600);
    expect(report.served).toBeGreaterThan(300);
    expect(report.rewritten).toBeGreaterThan(100);
    expect(report.refused.get('400 invalid_target')).toBeGreaterThan(100);
  }, 120_000);
});
