import { Listener } from '../listener/listener.ts';
import { TimerWheel } from '../net/timer-wheel.ts';

/**
 * Makes sure that nobody else listens on the port. Workers share it by SO_REUSEPORT, and so would a second node that was
 * started on it by mistake: the kernel would give each a part of the connections, and nobody would say a word.
 * @throws Error that says what to set when the port cannot be had
 */
export async function claimPort(port: number, host: string, setting = 'SLUICE_PROXY_PORT'): Promise<void> {
  if (port === 0) return;
  const listener = new Listener({ connection: () => () => undefined, refused: () => '', answered: () => undefined }, new TimerWheel());
  await listener.listen(port, host, { setting });
  await listener.close();
}
