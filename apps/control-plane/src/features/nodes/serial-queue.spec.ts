import { describe, expect, it } from '@jest/globals';
import { SerialQueue } from './serial-queue.ts';

describe('SerialQueue', () => {
  it('runs functions one after the other', async () => {
    const line = new SerialQueue();
    const said: string[] = [];
    const work =
      (name: string): (() => Promise<void>) =>
      async () => {
        said.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        said.push(`${name} ends`);
      };
    line.add(work('first'));
    line.add(work('second'));
    await line.done;
    expect(said).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  });

  it('does not add a waiting function again, but adds a running one again', async () => {
    const line = new SerialQueue();
    const slow = Promise.withResolvers<void>();
    let runs = 0;
    const work = async (): Promise<void> => {
      runs++;
      await slow.promise;
    };
    line.add(work);
    await Promise.resolve();
    expect(runs).toBe(1);
    for (let time = 0; time < 1_000; time++) line.add(work);
    slow.resolve();
    await line.done;
    expect(runs).toBe(2);
  });
});
