import { reportBackgroundFault } from '@sluice/errors';

/** The socket, stream or session that is destroyed when one of its event listeners throws. */
interface Destroyable {
  destroy(): unknown;
}

/**
 * Wraps an event listener of a connection. When it throws, the error is counted and the connection
 * is destroyed, because its state is unknown. The process and the other connections continue.
 */
export function guardedBy<Argument>(
  connection: Destroyable,
  act: (argument: Argument) => void,
): (argument: Argument) => void {
  return (argument) => {
    try {
      act(argument);
    } catch (fault) {
      connectionFailed(connection, fault);
    }
  };
}

/** Counts the error of an event listener and destroys its connection. Never throws. */
export function connectionFailed(connection: Destroyable, fault: unknown): void {
  reportBackgroundFault('connection', fault);
  try {
    connection.destroy();
  } catch (another) {
    reportBackgroundFault('connection', another);
  }
}
