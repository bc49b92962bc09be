import { describe, expect, it } from '@jest/globals';
import { fitConnections } from './connection-limits.ts';

describe('the connection limits of the control plane', () => {
  it.each([64, 256, 1_024, 4_096])(
    'leave descriptors for Postgres and files when there are %d',
    (openFiles) => {
      const { admin, stream } = fitConnections(openFiles);
      expect(admin).toBeGreaterThan(0);
      expect(stream).toBeGreaterThan(0);
      expect(openFiles - admin - stream).toBeGreaterThanOrEqual(Math.min(64, openFiles / 2));
    },
  );

  it('have their defaults when there are enough descriptors', () => {
    expect(fitConnections(1_048_576)).toEqual({ admin: 1_000, stream: 20_000 });
    expect(fitConnections(undefined)).toEqual({ admin: 1_000, stream: 20_000 });
  });
});
