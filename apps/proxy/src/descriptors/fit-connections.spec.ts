import { describe, expect, it } from '@jest/globals';
import { fitConnections } from './fit-connections.ts';

describe('fitConnections', () => {
  it.each([
    [64, 10_000],
    [256, 10_000],
    [1_024, 10_000],
    [4_096, 10_000],
    [65_536, 10_000],
    [1_048_576, 1_000_000],
    [1_024, 1],
  ])('leaves a reserve of %d descriptors when %d clients are allowed', (openFiles, maxClients) => {
    const { clients, upstream, turnedAway, status } = fitConnections(openFiles, maxClients);
    expect(clients).toBeGreaterThanOrEqual(1);
    expect(clients).toBeLessThanOrEqual(maxClients);
    expect(upstream).toBeGreaterThanOrEqual(clients);
    expect(status).toBeGreaterThanOrEqual(1);
    const reserve = openFiles - clients - upstream - turnedAway;
    expect(reserve).toBeGreaterThanOrEqual(Math.min(64, openFiles / 2));
  });

  it('uses the configured number of clients when descriptors suffice or are unlimited', () => {
    expect(fitConnections(65_536, 10_000).clients).toBe(10_000);
    expect(fitConnections(undefined, 10_000)).toMatchObject({ clients: 10_000, turnedAway: 1_000 });
  });

  it.each([
    [1_024, 64],
    [65_536, 1_000],
    [16_000, 1_000],
    [256, 16],
  ])('gives a sixteenth of %d descriptors, at most 1,000, to refused clients', (files, places) => {
    expect(fitConnections(files, 10_000).turnedAway).toBe(places);
  });

  it('gives target connections the descriptors that clients may not use', () => {
    const { clients, upstream } = fitConnections(4_096, 100);
    expect(clients).toBe(100);
    expect(upstream).toBeGreaterThan(3_000);
  });
});
