import { Socket, type Server, type SocketConstructorOpts } from 'node:net';
import { connectionFailed } from '../net/guarded-events.ts';
import { readArea, sharedReadBuffer, viewOfRead } from '../net/shared-read-buffer.ts';

/**
 * The parts of node:net's handle of an accepted connection that the listener uses before it creates
 * a socket. None of this is documented (docs/adr/0012-pending-connections-without-sockets.md);
 * {@link takeHandles} throws when a part is missing.
 */
export interface ConnectionHandle {
  /** Whether reading was started; node:net reads this. */
  reading?: boolean;
  /** Bytes read since the connection was accepted. */
  readonly bytesRead: number;
  /**
   * Called after each read into the user buffer and at the end of the connection. Must return
   * undefined.
   */
  onread: (this: ConnectionHandle) => void;
  /** The current reader; `onread` is one function for all handles. */
  reader?: HandleReader | undefined;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  setNoDelay(noDelay: boolean): number;
  /** Returns 0, or an error number when the client has disconnected. */
  getpeername(into: { address?: string }): number;
  /**
   * Sends text of one byte per character. Returns 0 when the kernel has accepted all of it, an
   * error number when the client has disconnected, or an object for bytes that the kernel has not
   * accepted yet.
   */
  writeLatin1String(request: null, text: string): number | object;
  /**
   * Ends the server's side after the written bytes. Returns 0, or an error number when the client
   * has disconnected.
   */
  shutdown(request: ShutdownRequest): number;
  close(): void;
}

/** The request object that `shutdown` takes. node:net does not export its class. */
interface ShutdownRequest {
  /** Called when the server's side has ended or has failed to end. */
  oncomplete: (status: number) => void;
}

/** Reads from a handle. */
export interface HandleReader {
  /** Called after each read and at the end of the connection. */
  read(): void;
  /** Called when `read` threw; closes the connection. */
  failed(): void;
}

/**
 * A node:net server with its undocumented handle, which calls `onconnection` for each accepted
 * connection.
 */
interface WithHandle {
  readonly _handle?:
    | (Partial<ConnectionHandle> & {
        onconnection?: (error: number, handle: ConnectionHandle | undefined) => void;
      })
    | null;
}

const HANDLE_PARTS = [
  'bytesRead',
  'onread',
  'useUserBuffer',
  'readStart',
  'setNoDelay',
  'getpeername',
  'writeLatin1String',
  'shutdown',
  'close',
] as const satisfies (keyof ConnectionHandle)[];

/** Finds the class of the shutdown request by ending a socket over a fake handle. */
function kindOfShutdownRequest(): (new () => ShutdownRequest) | undefined {
  let kind: (new () => ShutdownRequest) | undefined;
  const handle = {
    shutdown: (request: ShutdownRequest): number => {
      kind = request.constructor as new () => ShutdownRequest;
      // 1 means that the shutdown is complete and `oncomplete` is not called.
      return 1;
    },
    close: (closed: () => void): void => closed(),
  };
  new Socket({ handle, manualStart: true } as unknown as SocketConstructorOpts).end().destroy();
  return kind;
}

const ShutdownRequestOfNode = kindOfShutdownRequest();

/**
 * Passes accepted connections of a listening server to `accept` as handles. The server creates no
 * sockets for them.
 * @param notAccepted called with the system's error number when a connection could not be accepted
 * @throws Error when this version of Node has different handles
 */
export function takeHandles(
  server: Server,
  accept: (handle: ConnectionHandle) => void,
  notAccepted: (error: number) => void,
): void {
  const handle = (server as unknown as WithHandle)._handle;
  // The handle of a server has the same class as the handles it accepts.
  if (
    typeof handle?.onconnection !== 'function' ||
    HANDLE_PARTS.some((name) => !(name in handle)) ||
    ShutdownRequestOfNode === undefined
  ) {
    throw new Error(
      `Node ${process.version} has different connection handles than Sluice expects: use the version that package.json names`,
    );
  }
  handle.onconnection = (error, accepted) => {
    try {
      if (accepted === undefined) notAccepted(error);
      else accept(accepted);
    } catch (fault) {
      connectionFailed({ destroy: () => accepted?.close() }, fault);
    }
  };
}

/**
 * Reads from a handle into `readArea`, for the reader given last. Returns false when the client has
 * disconnected.
 */
export function readHandle(handle: ConnectionHandle, reader: HandleReader): boolean {
  handle.reader = reader;
  if (handle.reading === true) return true;
  handle.useUserBuffer(readArea);
  handle.onread = onRead;
  handle.reading = true;
  return handle.readStart() === 0;
}

function onRead(this: ConnectionHandle): void {
  const { reader } = this;
  try {
    reader?.read();
  } catch (fault) {
    connectionFailed({ destroy: () => reader?.failed() }, fault);
  }
}

/**
 * Sends a last text of one byte per character and ends the server's side. Returns false when the
 * client has disconnected.
 * @param ended called when the server's side has ended or has failed to end
 */
export function endHandle(handle: ConnectionHandle, text: string, ended: () => void): boolean {
  const written = handle.writeLatin1String(null, text);
  if (typeof written === 'number' && written !== 0) return false;
  // takeHandles has checked that the class is known.
  const request = new (ShutdownRequestOfNode as new () => ShutdownRequest)();
  request.oncomplete = ended;
  return handle.shutdown(request) === 0;
}

/**
 * Creates a socket over the handle. Its 'data' events carry views of the shared read buffer that
 * are valid only until the listener returns (shared-read-buffer.ts). An ordinary socket allocates
 * 64 KiB for every read and passes it through the stream implementation, which costs a tenth of a
 * request (docs/adr/0008-reads-into-one-buffer.md).
 */
export function socketOver(handle: ConnectionHandle, highWaterMark: number): Socket {
  handle.reader = undefined;
  const options = {
    handle,
    allowHalfOpen: true,
    highWaterMark,
    onread: {
      buffer: sharedReadBuffer,
      callback: (length: number): boolean => {
        socket.emit('data', viewOfRead(length));
        return true;
      },
    },
  };
  const socket: Socket = new Socket(options as unknown as SocketConstructorOpts);
  return socket;
}
