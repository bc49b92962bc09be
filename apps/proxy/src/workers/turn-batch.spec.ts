import { describe, expect, it } from '@jest/globals';
import { TurnBatch } from './turn-batch.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('TurnBatch', () => {
  it('sends the messages of one turn together, in their order, and nothing when there are none', async () => {
    const sent: (readonly number[])[] = [];
    const batch = new TurnBatch<number>((messages) => sent.push(messages));
    batch.add(1);
    batch.add(2);
    expect(sent).toEqual([]);
    await turn();
    expect(sent).toEqual([[1, 2]]);
    await turn();
    batch.add(3);
    await turn();
    expect(sent).toEqual([[1, 2], [3]]);
  });

  it('a message added while sending belongs to the next turn', async () => {
    const sent: (readonly string[])[] = [];
    const batch: TurnBatch<string> = new TurnBatch((messages) => {
      sent.push(messages);
      if (sent.length === 1) batch.add('of sending');
    });
    batch.add('first');
    await turn();
    expect(sent).toEqual([['first']]);
    await turn();
    expect(sent).toEqual([['first'], ['of sending']]);
  });
});
