import { reportBackgroundFault } from '@sluice/errors';

/**
 * Runs tasks at the end of a turn of the event loop, after every readable socket was read. Two
 * kinds of task wait for it:
 *
 * - assigning calls to idle upstream connections (target-pool.ts explains why), and
 * - writing text to sockets (socket-writer.ts): everything that a connection sends in one turn is
 *   one write, and reading many requests is not interrupted by a system call for each response.
 *
 * Invariants
 * - Calls run first, so that their requests are written in the same turn.
 * - A task that is queued while the tasks run also runs, in the same turn or in the next.
 */

/** A task for the end of the turn. It must be in at most one queue at a time. */
export interface EndOfTurnTask {
  /** The next task in the queue; used by this module only. */
  nextAtEnd: EndOfTurnTask | undefined;
  endOfTurn(): void;
}

/**
 * A queue of tasks, as a linked list of the tasks themselves, so that queueing allocates nothing.
 */
class TaskList {
  private first: EndOfTurnTask | undefined = undefined;
  private last: EndOfTurnTask | undefined = undefined;

  add(task: EndOfTurnTask): void {
    if (this.last === undefined) this.first = task;
    else this.last.nextAtEnd = task;
    this.last = task;
  }

  /** Runs all tasks, including those that are queued meanwhile. */
  run(): void {
    for (let task = this.first; task !== undefined; task = this.first) {
      this.first = task.nextAtEnd;
      if (this.first === undefined) this.last = undefined;
      task.nextAtEnd = undefined;
      try {
        task.endOfTurn();
      } catch (fault) {
        // The tasks after it belong to other connections, so they still run.
        reportBackgroundFault('end_of_turn', fault);
      }
    }
  }
}

// One set of queues per process, because a process has one event loop, whose turns end for all of
// its connections together.
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

/**
 * Queues a task that assigns calls at the end of this turn. The task must not be queued already.
 */
export function callAtEndOfTurn(task: EndOfTurnTask): void {
  calls.add(task);
  schedule();
}

/** Queues a task that writes at the end of this turn. The task must not be queued already. */
export function writeAtEndOfTurn(task: EndOfTurnTask): void {
  writes.add(task);
  schedule();
}
