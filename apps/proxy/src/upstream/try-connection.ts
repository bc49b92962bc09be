import type { Socket } from 'node:net';
import { after, guarded } from '@sluice/errors';
import type { TargetConnector } from './connect-target.ts';
import { isLocalFault } from './local-fault.ts';

/**
 * The outcome of a trial; `unknown` when this machine lacks a descriptor or port, which does not
 * indicate a fault of the target.
 */
export type ConnectionOutcome = 'connected' | 'failed' | 'unknown';

/**
 * Opens a connection to a target, including the TLS handshake, and closes it: the trial of an
 * ejected target when no request is suitable. Calls `onOutcome` once with the outcome. Never
 * throws.
 *
 * @param connectMs timeout, milliseconds
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
    // Not removed after the outcome, because a destroyed socket can still emit an error.
    socket.on(
      'error',
      guarded('connection', (error: Error) => end(isLocalFault(error) ? 'unknown' : 'failed')),
    );
    socket.once(
      'close',
      guarded('connection', () => end('failed')),
    );
    socket.once(
      connector.readyEvent,
      guarded('connection', () => end('connected')),
    );
    socket.unref();
  } catch (fault) {
    end(isLocalFault(fault as Error) ? 'unknown' : 'failed');
  }
}
