import type { Socket } from 'node:net';
import { after, guarded } from '@sluice/errors';
import type { TargetConnector } from './connect-target.ts';
import { isLocalFault } from './local-fault.ts';

/** What came of the trial; `unknown` when this machine has no descriptor or port left, which is no fault of the target. */
export type ConnectionOutcome = 'connected' | 'failed' | 'unknown';

/**
 * Opens a connection to a target, TLS handshake included, and closes it: the trial of an ejected target when no request
 * may be one. Calls `onOutcome` once, with what came of it. Never throws.
 *
 * @param connectMs how long it may take, milliseconds
 */
export function tryConnection(
  connector: TargetConnector,
  connectMs: number,
  onOutcome: (outcome: ConnectionOutcome) => void,
): void {
  let socket: Socket | undefined;
  let isOver = false;
  const end = (outcome: ConnectionOutcome): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    socket?.destroy();
    onOutcome(outcome);
  };
  const timer = after('timer', connectMs, () => end('failed'));
  timer.unref();
  try {
    socket = connector.open();
    // Stays after the outcome: a socket that is being destroyed may still fail.
    socket.on('error', guarded('connection', (error: Error) => end(isLocalFault(error) ? 'unknown' : 'failed')));
    socket.once('close', guarded('connection', () => end('failed')));
    socket.once(connector.readyEvent, guarded('connection', () => end('connected')));
    socket.unref();
  } catch (fault) {
    end(isLocalFault(fault as Error) ? 'unknown' : 'failed');
  }
}
