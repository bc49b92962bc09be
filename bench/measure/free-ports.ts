import { isPortFree } from '../../scripts/process/ports.ts';

const first = 18_200;
const last = 18_600;

/**
 * Free ports of 127.0.0.1, below the ephemeral ports.
 * @throws Error when there are not enough
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let port = first; port <= last && ports.length < count; port++)
    if (await isPortFree(port)) ports.push(port);
  if (ports.length < count)
    throw new Error(`fewer than ${count} ports from ${first} to ${last} are free`);
  return ports;
}
