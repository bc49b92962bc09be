import type { Socket } from 'node:net';
import type { ClientCertificates } from './client-certificates.ts';
import { describeSocketError, TargetConnector } from './connect-target.ts';
import type { TargetSpec } from './target-options.ts';

/** Told once what went wrong; undefined when the connection was opened. */
export type OnConnected = (fault: string | undefined) => void;

/**
 * Opens a connection to a target, TLS handshake included, and closes it: the trial of an ejected target when no request
 * may be one. Calls `onOutcome` once, with what went wrong if something did. Never throws.
 *
 * @param connectMs how long it may take, milliseconds
 */
export function tryConnection(
  spec: TargetSpec,
  certificates: ClientCertificates,
  connectMs: number,
  onOutcome: OnConnected,
): void {
  let socket: Socket | undefined;
  let isOver = false;
  const end = (fault: string | undefined): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    socket?.destroy();
    onOutcome(fault);
  };
  const timer = setTimeout(() => end(`not connected after ${connectMs} ms`), connectMs);
  timer.unref();
  try {
    const connector = new TargetConnector(spec, certificates);
    socket = connector.open();
    // Stays after the outcome: a socket that is being destroyed may still fail.
    socket.on('error', (error) => end(describeSocketError(error)));
    socket.once('close', () => end('the connection was closed'));
    socket.once(connector.readyEvent, () => end(undefined));
    socket.unref();
  } catch (fault) {
    end(fault instanceof Error ? fault.message : String(fault));
  }
}
