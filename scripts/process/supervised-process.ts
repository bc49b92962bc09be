import type { ProcessExit } from './watchdog-protocol.ts';
import type { WatchedProcess } from './watched-process.ts';

/**
 * A server that can be stopped, killed and started again, and that distinguishes an unexpected end
 * from a requested one.
 */
export type SupervisedProcess = {
  /** `undefined` while it is down. */
  readonly pid: number | undefined;
  /** Launches it; stops it first when it runs. Rejects with what the launch rejects with. */
  start(): Promise<void>;
  /** Walks its stop ladder and waits until it is gone. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL and waits until it is gone. */
  kill(): Promise<void>;
};

/**
 * Supervises one server.
 * @param launch starts it and gives it once it is ready to serve
 * @param onCrash called when it ends although it was not stopped
 */
export function supervise(
  launch: () => Promise<WatchedProcess>,
  onCrash: (exit: ProcessExit) => void,
): SupervisedProcess {
  let running: WatchedProcess | undefined;
  let isWanted = false;

  const end = async (how: (process: WatchedProcess) => void): Promise<void> => {
    isWanted = false;
    const ending = running;
    if (ending === undefined) return;
    how(ending);
    await ending.exited;
  };
  const stop = (): Promise<void> => end((process) => void process.stop());

  return {
    get pid() {
      return running?.pid;
    },
    start: async () => {
      await stop();
      const started = await launch();
      running = started;
      isWanted = true;
      void started.exited.then((exit) => {
        if (running !== started) return;
        running = undefined;
        if (isWanted) onCrash(exit);
      });
    },
    stop,
    kill: () =>
      end((process) => {
        process.signal('SIGKILL');
      }),
  };
}
