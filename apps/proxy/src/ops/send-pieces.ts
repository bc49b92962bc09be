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
 * Sends content piece by piece and ends the response. Between pieces the event loop turns, so that traffic goes on, and
 * the next piece is made only when the client has taken the last. A client that has left, or that the server's time limit
 * has cut off, ends it early.
 */
export async function sendPieces(response: ServerResponse, pieces: Iterable<string>): Promise<void> {
  for (const piece of pieces) {
    if (response.destroyed) return;
    if (piece === '') await nextTurn();
    else if (response.write(piece)) await nextTurn();
    else await drained(response);
  }
  response.end();
}
