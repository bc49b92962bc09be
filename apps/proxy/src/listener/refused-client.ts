import { catalogue, type ErrorCode } from '@sluice/errors';
import type { Socket } from 'node:net';
import type { ClientConnection, ConnectionOwner } from './client-connection.ts';
import { closeGently } from './gentle-close.ts';
import { refusalResponse } from './refusal.ts';

/** Tells everybody who wants to know that a client of which no request is known was refused; gives the content for it. */
export function noteRefusal({ events }: ConnectionOwner, peerAddress: string, code: ErrorCode, reason: string): string {
  return events.refused({ protocol: '1.1', code, status: catalogue[code].status, reason, peerAddress, method: '', host: '', path: '' });
}

/** A client of which no request is known: it gets an answer that says why it is served no further, and has to go. */
export class RefusedClient implements ClientConnection {
  private readonly socket: Socket;

  /** @param content as {@link noteRefusal} gives it */
  constructor({ wheel, options }: ConnectionOwner, socket: Socket, code: ErrorCode, content: string) {
    this.socket = socket;
    // What broke the connection matters to nobody: 'close' follows.
    socket.on('error', () => undefined);
    socket.write(refusalResponse({ method: '', protocol: '1.1', keepAlive: false }, code, content), 'latin1');
    closeGently(socket, wheel, options, true);
  }

  /** It is leaving already. */
  drain(): void {
    return undefined;
  }

  destroyNow(): void {
    this.socket.destroy();
  }
}
