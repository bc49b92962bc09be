import type { Arm } from './arm.ts';
import { saturate, type SaturatingLoad } from './load.ts';
import { cpuNanoseconds } from './process-cpu.ts';
import { RunningProgram } from './running-program.ts';

const proxyCore = '0';
/** The core of everything but the proxies. */
export const otherCore = '1';
/** Long enough for compiling to be over, seconds. */
const warmUpSeconds = 6;

type RequestsOfLoad = Pick<SaturatingLoad, 'headers' | 'script'>;

export interface SideBySideOptions {
  readonly folder: string;
  readonly rounds: number;
  /** Duration of a round. */
  readonly seconds: number;
  /** What each proxy is sent, by its index where they differ. */
  readonly load: RequestsOfLoad | ((arm: Arm, index: number) => RequestsOfLoad);
}

/**
 * Starts proxies on one core and loads all of them at the same time, so that the scheduler gives
 * them turns of a few milliseconds: the speed of a machine that changes from second to second is
 * the same for each. Returns for each round the CPU time per request of each, in nanoseconds.
 * Throws an Error when a request fails.
 */
export async function costsSideBySide(
  arms: readonly Arm[],
  { folder, rounds, seconds, load }: SideBySideOptions,
): Promise<number[][]> {
  const requestsOf = async (arm: Arm, index: number, duration: number): Promise<number> => {
    const { requests, failed } = await saturate({
      url: `http://127.0.0.1:${arm.port}/orders/17`,
      seconds: duration,
      cores: otherCore,
      connections: 32,
      ...(typeof load === 'function' ? load(arm, index) : load),
    });
    if (failed > 0) throw new Error(`${arm.name}: ${failed} requests failed`);
    return requests;
  };
  const running: RunningProgram[] = [];
  try {
    for (const arm of arms) running.push(await RunningProgram.start(arm, proxyCore, folder));
    await Promise.all(arms.map((arm, index) => requestsOf(arm, index, warmUpSeconds)));
    const measured: number[][] = [];
    for (let round = 0; round < rounds; round++)
      measured.push(
        await Promise.all(
          arms.map(async (arm, index) => {
            const pid = running[index]?.pid ?? 0;
            const before = cpuNanoseconds(pid);
            const requests = await requestsOf(arm, index, seconds);
            return (cpuNanoseconds(pid) - before) / requests;
          }),
        ),
      );
    return measured;
  } finally {
    for (const program of running) await program.stop();
  }
}
