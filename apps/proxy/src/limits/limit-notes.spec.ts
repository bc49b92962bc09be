import { describe, expect, it } from '@jest/globals';
import type { RedisDurability } from '@sluice/ratelimit';
import { LimitNotes } from './limit-notes.ts';

type Line = readonly [level: string, fields: object, message: string];

function setUp() {
  const clock = { nowMs: 0 };
  const lines: Line[] = [];
  const at = (level: string) => (fields: object, message?: string) =>
    void lines.push([level, fields, message ?? '']);
  const notes = new LimitNotes(
    { info: at('info'), warn: at('warn'), error: at('error') } as never,
    () => clock.nowMs,
  );
  return { clock, lines, notes };
}

describe('log lines about limits', () => {
  it('name the limit with the most keys once per minute, and how many new keys did not fit', () => {
    const { clock, lines, notes } = setUp();
    for (let nth = 0; nth < 1_000; nth++)
      notes.full({ limit: 'route:a/rate-limit', size: 100_000 });
    clock.nowMs = 60_000;
    notes.full({ limit: 'route:b/rate-limit', size: 100_000 });
    expect(lines.map(([level, fields]) => [level, fields])).toEqual([
      ['warn', { limit: 'route:a/rate-limit', keys: 100_000, newKeys: 1 }],
      ['warn', { limit: 'route:b/rate-limit', keys: 100_000, newKeys: 1_000 }],
    ]);
  });

  it.each([
    [{ persistence: 'append-only', evictionPolicy: undefined }, []],
    [{ persistence: 'none', evictionPolicy: undefined }, ['warn']],
    [{ persistence: 'snapshots', evictionPolicy: undefined }, ['info']],
    [{ persistence: 'unknown', evictionPolicy: undefined }, ['info']],
    [{ persistence: 'append-only', evictionPolicy: 'allkeys-lru' }, ['warn']],
    [{ persistence: 'none', evictionPolicy: 'volatile-ttl' }, ['warn', 'warn']],
  ] as const)('warns when Redis may lose limits: %j', (durability: RedisDurability, levels) => {
    const { lines, notes } = setUp();
    notes.durability(durability);
    expect(lines.map(([level]) => level)).toEqual(levels);
  });
});
