import { Listener } from '../listener/listener.ts';
import { TimerWheel } from '../net/timer-wheel.ts';

/**
 * Checks that no other process listens on the port. Workers share it with SO_REUSEPORT, and a
 * second node started on it by mistake would silently share it as well: the kernel would distribute
 * the connections over both.
 * @throws Error that names the setting when the port is not available
 */
export async function claimPort(
  port: number,
  host: string,
  setting = 'SLUICE_PROXY_PORT',
): Promise<void> {
  if (port === 0) return;
  const listener = new Listener(
    { connection: () => () => undefined, refused: () => '', answered: () => undefined },
    new TimerWheel(),
  );
  await listener.listen(port, host, { setting });
  await listener.close();
}
