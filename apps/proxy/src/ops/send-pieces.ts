import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go);
      response.off('close', go);
      resolve();
    };
    response.on('drain', go);
    response.on('close', go);
  });
}

/**
 * Sends content in pieces and ends the response. Yields to the event loop between pieces, so that
 * traffic is served, and generates the next piece only when the client has read the previous one.
 * Stops early when the client disconnects or the server's timeout closes the connection.
 */
export async function sendPieces(
  response: ServerResponse,
  pieces: Iterable<string>,
): Promise<void> {
  for (const piece of pieces) {
    if (response.destroyed) return;
    if (piece === '') await nextTurn();
    else if (response.write(piece)) await nextTurn();
    else await drained(response);
  }
  response.end();
}
