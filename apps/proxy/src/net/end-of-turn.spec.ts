import { describe, expect, it } from '@jest/globals';
import { callAtEndOfTurn, writeAtEndOfTurn, type EndOfTurnTask } from './end-of-turn.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the end of a turn', () => {
  const done: string[] = [];
  const task = (name: string, then?: () => void): EndOfTurnTask => ({
    nextAtEnd: undefined,
    endOfTurn() {
      done.push(name);
      then?.();
    },
  });

  it('assigns calls, then writes, each in the order of arrival', async () => {
    writeAtEndOfTurn(task('write 1'));
    callAtEndOfTurn(task('call 1', () => writeAtEndOfTurn(task('write of call 1'))));
    writeAtEndOfTurn(task('write 2'));
    callAtEndOfTurn(task('call 2'));
    expect(done).toEqual([]);
    await nextTurn();
    expect(done.splice(0)).toEqual(['call 1', 'call 2', 'write 1', 'write 2', 'write of call 1']);
  });

  it('runs tasks that are queued meanwhile, including the same task', async () => {
    let rounds = 0;
    const again = task('again', () => void (++rounds < 3 && writeAtEndOfTurn(again)));
    writeAtEndOfTurn(again);
    writeAtEndOfTurn(task('other', () => callAtEndOfTurn(task('late call'))));
    await nextTurn();
    await nextTurn();
    expect(done.splice(0)).toEqual(['again', 'other', 'again', 'again', 'late call']);
  });
});
