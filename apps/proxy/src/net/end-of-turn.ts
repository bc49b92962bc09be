import { reportBackgroundFault } from '@sluice/errors';

/**
 * The end of a turn of the event loop, when every socket that was readable has been read. Two things are put off to it:
 *
 * - putting calls on idle upstream connections (target-pool.ts says why), and
 * - handing texts to sockets (socket-writer.ts): what a connection sends in one turn leaves in one write, and reading sixty
 *   requests is not interrupted by sixty passes through the sending side of the kernel.
 *
 * Invariants
 * - Calls come first, so that their requests leave in the same turn.
 * - A task that puts itself off again while the tasks are done is done, in the same turn or in the next.
 */

/** Somebody who has put something off. Waits in one place at a time. */
export interface EndOfTurnTask {
  /** The one that waits behind it; for this module only. */
  nextAtEnd: EndOfTurnTask | undefined;
  endOfTurn(): void;
}

/** Tasks in the order in which they came; linked through themselves, so that waiting allocates nothing. */
class TaskList {
  private first: EndOfTurnTask | undefined = undefined;
  private last: EndOfTurnTask | undefined = undefined;

  add(task: EndOfTurnTask): void {
    if (this.last === undefined) this.first = task;
    else this.last.nextAtEnd = task;
    this.last = task;
  }

  /** Does all of them, those that come meanwhile included. */
  run(): void {
    for (let task = this.first; task !== undefined; task = this.first) {
      this.first = task.nextAtEnd;
      if (this.first === undefined) this.last = undefined;
      task.nextAtEnd = undefined;
      try {
        task.endOfTurn();
      } catch (fault) {
        // The tasks behind it belong to other connections.
        reportBackgroundFault('end_of_turn', fault);
      }
    }
  }
}

const calls = new TaskList();
const writes = new TaskList();
let isScheduled = false;

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(endTurn);
}

function endTurn(): void {
  isScheduled = false;
  calls.run();
  writes.run();
}

/** Lets the task put its calls on connections at the end of this turn. It must not wait already. */
export function callAtEndOfTurn(task: EndOfTurnTask): void {
  calls.add(task);
  schedule();
}

/** Lets the task write at the end of this turn. It must not wait already. */
export function writeAtEndOfTurn(task: EndOfTurnTask): void {
  writes.add(task);
  schedule();
}
