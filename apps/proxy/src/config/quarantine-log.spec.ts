import { describe, expect, it } from '@jest/globals';
import type { ConfigFault } from '@sluice/wire';
import { countResources, logQuarantine } from './quarantine-log.ts';

const fault = (name: string, reason = 'unknown property', pointer = '/x'): ConfigFault => ({
  kind: 'route',
  id: `id-${name}`,
  name,
  pointer,
  code: 'invalid_resource',
  reason,
});

function lines(before: readonly ConfigFault[], after: readonly ConfigFault[]): [object, string][] {
  const logged: [object, string][] = [];
  const note = (fields: object, message: string): void => void logged.push([fields, message]);
  logQuarantine({ info: note, warn: note, error: note }, 7, before, after);
  return logged;
}

describe('logQuarantine', () => {
  it('names what a revision quarantines, with the reason, and what it makes usable again', () => {
    expect(lines([fault('old')], [fault('new')])).toEqual([
      [
        {
          revision: 7,
          count: 1,
          resources: [{ kind: 'route', name: 'new', pointer: '/x', reason: 'unknown property' }],
        },
        expect.stringContaining('quarantined'),
      ],
      [
        { revision: 7, count: 1, resources: [{ kind: 'route', name: 'old' }] },
        'resources are no longer quarantined',
      ],
    ]);
  });

  it('logs nothing for a revision that changes neither', () => {
    expect(lines([], [])).toEqual([]);
    expect(lines([fault('a'), fault('b')], [fault('b'), fault('a')])).toEqual([]);
  });

  it('logs a resource again when the reason is another one', () => {
    expect(lines([fault('a')], [fault('a', 'unknown policy')])).toHaveLength(1);
  });

  it('names ten of many resources, and counts all', () => {
    const many = Array.from({ length: 5_000 }, (_, index) => fault(`r-${index}`));
    const [[fields] = [{}]] = lines([], many);
    expect(fields).toMatchObject({ count: 5_000, resources: { length: 10 } });
  });

  it('counts a resource with several faults once', () => {
    expect(countResources([fault('a'), fault('a', 'other', '/y'), fault('b')])).toBe(2);
    expect(countResources([])).toBe(0);
  });
});
