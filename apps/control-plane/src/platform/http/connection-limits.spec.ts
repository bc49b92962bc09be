import { describe, expect, it } from '@jest/globals';
import { fitConnections } from './connection-limits.ts';

describe('the connections of the control plane', () => {
  it.each([64, 256, 1_024, 4_096])('leave descriptors for Postgres and files, of %d', (openFiles) => {
    const { admin, stream } = fitConnections(openFiles);
    expect(admin).toBeGreaterThan(0);
    expect(stream).toBeGreaterThan(0);
    expect(openFiles - admin - stream).toBeGreaterThanOrEqual(Math.min(64, openFiles / 2));
  });

  it('are what they were when there are descriptors enough', () => {
    expect(fitConnections(1_048_576)).toEqual({ admin: 1_000, stream: 20_000 });
    expect(fitConnections(undefined)).toEqual({ admin: 1_000, stream: 20_000 });
  });
});
