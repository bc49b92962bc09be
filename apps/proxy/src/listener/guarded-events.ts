import { reportBackgroundFault } from '@sluice/errors';

/** What is ended when one of its listeners fails: a socket, a stream or a session. */
interface Destroyable {
  destroy(): unknown;
}

/**
 * Wraps a listener of a connection's event. When it throws, the fault is counted, and that connection is destroyed: what state
 * it was left in is not known. The process and the other connections go on.
 */
export function guardedBy<Argument>(connection: Destroyable, act: (argument: Argument) => void): (argument: Argument) => void {
  return (argument) => {
    try {
      act(argument);
    } catch (fault) {
      connectionFailed(connection, fault);
    }
  };
}

/** Counts the fault of a listener and destroys the connection that it belongs to. Never throws. */
export function connectionFailed(connection: Destroyable, fault: unknown): void {
  reportBackgroundFault('connection', fault);
  try {
    connection.destroy();
  } catch (another) {
    reportBackgroundFault('connection', another);
  }
}
