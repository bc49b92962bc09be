import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { SetupError } from './setup-error.ts';

const host = '127.0.0.1';

/** A port that a program is about to listen on, and the environment variable that moves it. */
export type WantedPort = {
  readonly port: number;
  readonly purpose: string;
  readonly variable: string;
};

/**
 * Below the ephemeral ports (Linux: from 32,768), which an outgoing connection could take at any
 * moment.
 */
const firstFree = 20_000;
const lastFree = 32_000;
const given = new Set<number>();

/**
 * Gives a TCP port on 127.0.0.1 that was free a moment ago, and never the same one twice. Another
 * program may take it first: be ready to try again.
 * @throws SetupError when none is found
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const port = randomInt(firstFree, lastFree + 1);
    if (given.has(port)) continue;
    given.add(port);
    if (await isPortFree(port)) return port;
  }
  throw new SetupError(
    `No free port was found from ${firstFree} to ${lastFree}: stop what listens there.`,
  );
}

/** Whether a TCP port on 127.0.0.1 can be listened on now. */
export async function isPortFree(port: number): Promise<boolean> {
  return await listenOnce(port).then(
    () => true,
    () => false,
  );
}

/**
 * Checks that all the ports are free and different from each other.
 * @throws SetupError naming every port at fault and the variable that chooses another one.
 */
export async function requireFreePorts(wanted: readonly WantedPort[]): Promise<void> {
  const faults: string[] = [];
  for (const [index, { port, purpose, variable }] of wanted.entries()) {
    const twin = wanted.slice(0, index).find((earlier) => earlier.port === port);
    if (twin !== undefined) {
      faults.push(
        `Port ${port} is set twice: by ${twin.purpose} (${twin.variable}) and by ${purpose} (${variable}).`,
      );
    } else if (!(await isPortFree(port))) {
      faults.push(
        `Port ${port} (${purpose}) is taken by another program, perhaps another Sluice. Stop it, or choose another port: ${variable}=<port>.`,
      );
    }
  }
  if (faults.length > 0) throw new SetupError(faults.join('\n'));
}

/**
 * Reads a port from the environment.
 * @throws SetupError when the value is not a port number from 1 to 65535.
 */
export function portFrom(
  env: Readonly<Record<string, string | undefined>>,
  variable: string,
  fallback: number,
): number {
  const text = env[variable];
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new SetupError(`${variable} must be a port number from 1 to 65535, not "${text}".`);
}

function listenOnce(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => {
      server.close(() => {
        resolve();
      });
    });
  });
}
